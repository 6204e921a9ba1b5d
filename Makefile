# SPDX-License-Identifier: GPL-2.0-or-later
# The front door: each target is a few commands that can be typed by hand. PRESET is one of CMakePresets.json.
PRESET  ?= dev
BUILD   := $(if $(filter dev,$(PRESET)),build,build-$(PRESET))
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
SECONDS ?= 60
SEED    ?= 0
RUNS    ?= 5
SCALE   ?= 1
BENCH_DIR ?= $(BUILD)/bench
DESTDIR ?=
PREFIX  ?= /usr/local

.PHONY: all configure demo test study sanitize fuzz bench instructions instructions-renew format format-check lint \
	install package package-check clean help

all: configure
	cmake --build $(BUILD) -j $(JOBS)

configure:
	@cmake --preset $(PRESET) >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

help:
	@echo 'make            build into build/ (PRESET=… for another of CMakePresets.json)'
	@echo 'make demo       install what is missing, build, and analyse a real-life overload of an MTA'
	@echo 'make test       build and run every test; tells which were skipped, and why'
	@echo 'make study      how often log and capture are lined up right: docs/study.md'
	@echo 'make sanitize   the tests under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make fuzz       every fuzz target for SECONDS=$(SECONDS) each (SEED=1 for the same inputs each time)'
	@echo 'make bench      speed and memory beside other programs (SCALE=1/8 for smaller captures, BENCH_DIR for their place)'
	@echo 'make instructions  whether small captures take more instructions than before (-renew: they may)'
	@echo 'make format     clang-format in place;  make lint  what .ci/run asks of the sources'
	@echo 'make package    a Debian package;  make package-check  the same, and run in a clean Debian (as root)'
	@echo 'make install    into PREFIX=$(PREFIX);   make clean'

demo:
	@.ci/install build
	@$(MAKE) --no-print-directory configure
	@cmake --build $(BUILD) -j $(JOBS) --target mtascope >$(BUILD)/demo.log || { cat $(BUILD)/demo.log; exit 1; }
	@echo '$$ $(BUILD)/mtascope analyze -e captures/overloaded-mta.log captures/overloaded-mta.pcap'
	@$(BUILD)/mtascope analyze -e captures/overloaded-mta.log captures/overloaded-mta.pcap

# CTest tells that a test was skipped, its log why, and what tests left out that were not skipped as a whole. One more at
# once than there are processors: those of live capture wait for most of their time.
test: all
	@ctest --test-dir $(BUILD) --output-on-failure -j $$(($(JOBS) + 1)); status=$$?; \
	awk -f tests/skips.awk $(BUILD)/Testing/Temporary/LastTest.log; exit $$status

# Minutes on two cores. Writes docs/study.md and docs/study-calibration.svg.
study: all
	@tests/study/study.py $(BUILD)/tests/study/mtascope-study docs

sanitize:
	@$(MAKE) --no-print-directory test PRESET=asan-ubsan

fuzz:
	@$(MAKE) --no-print-directory configure PRESET=fuzz
	@cmake --build build-fuzz -j $(JOBS) --target fuzz-targets
	@tests/fuzz/run build-fuzz $(SECONDS) $(SEED) $(JOBS)

# Makes captures of SCALE gigabytes, three of them, and keeps them.
bench:
	@$(MAKE) --no-print-directory all
	@tests/bench/run.py -n $(RUNS) -s $(SCALE) -d $(BENCH_DIR) $(BUILD)

# Instruction counts against those in tests/bench/instructions.tsv; instructions-renew writes them there.
instructions: all
	@tests/bench/instructions.py $(BUILD)

instructions-renew: all
	@tests/bench/instructions.py --renew $(BUILD)

SOURCES = $(shell git ls-files '*.c' '*.h')

format:
	clang-format -i $(SOURCES)

format-check:
	clang-format --dry-run -Werror $(SOURCES)

lint: format-check configure
	.ci/lint $(BUILD)

install: all
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

# A Debian package in BUILD; package-check installs and runs it in a clean Debian of its own (as root, from the archive).
package: all
	cd $(BUILD) && cpack -G DEB

package-check: all
	tests/package/run $(BUILD)

clean:
	rm -rf build build-*/
