#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts the instructions that mtascope takes on small captures, which no load of the machine changes.

usage: instructions.py [--renew] BUILD

Compares with instructions.tsv beside this file: more than 5 % above is a failure. --renew writes the counts there.
Counts are those of GCC's RelWithDebInfo: other builds do not compare.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

KEPT = pathlib.Path(__file__).with_name("instructions.tsv")
CAPTURES = {"mta-mix": 200, "needle": 12, "syn-heavy": 2000}
ALLOWED = 1.05


def count(build, kind, folder):
    prefix = folder / kind
    subprocess.run([build / "tests/bench/bench-captures", kind, str(CAPTURES[kind]), "1", prefix], check=True,
                   stderr=subprocess.DEVNULL)
    program = [build / "mtascope", "analyze", "-q", "--json", "/dev/null", prefix.with_suffix(".pcap")]
    # A confined program lets valgrind do nothing that it needs.
    environment = os.environ | {"LD_PRELOAD": str((build / "tests/bench/libbench-unconfined.so").resolve())}
    told = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *program], check=True,
                          env=environment, stderr=subprocess.PIPE, text=True).stderr
    return int(re.search(r"Collected : (\d+)", told)[1])


def main():
    renew = "--renew" in sys.argv
    names = [name for name in sys.argv[1:] if name != "--renew"]
    if len(names) != 1:
        sys.exit(__doc__)
    build = pathlib.Path(names[0])
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    if "CMAKE_BUILD_TYPE:STRING=RelWithDebInfo" not in cache or "MTASCOPE_SANITIZE:BOOL=ON" in cache:
        sys.exit(f"instructions.py: {build} is no RelWithDebInfo build, or one with sanitizers: counts do not compare")
    with tempfile.TemporaryDirectory() as folder:
        counts = {kind: count(build, kind, pathlib.Path(folder)) for kind in CAPTURES}
    if renew:
        KEPT.write_text("".join(f"{kind}\t{number}\n" for kind, number in counts.items()), encoding="ascii")
        print(f"written to {KEPT}")
        return 0
    kept = dict(line.split("\t") for line in KEPT.read_text(encoding="ascii").splitlines())
    good = True
    for kind, number in counts.items():
        ratio = number / int(kept[kind])
        print(f"{kind}: {number} instructions, {100 * (ratio - 1):+.1f} %")
        good = good and ratio <= ALLOWED
    if not good:
        print("More than 5 % above tests/bench/instructions.tsv. Where they go: perf record, or callgrind_annotate.\n"
              "If they are worth it: make instructions-renew", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FileNotFoundError as error:
        sys.exit(f"instructions.py: {error.filename} is not there; valgrind and a build are needed")
