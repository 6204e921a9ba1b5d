/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of file the first bytes say it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/format.h"
#include "hex.h"

/* What the bytes are taken for: by a reader, or by nobody (readable is false), with an advice. */
struct format {
	const char *name;
	bool readable;
	const char *advice;
};

/* Through a copy that is as large as the input, so that a sanitizer sees a byte read past it. */
static struct format format_of(const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	if (length > 0)
		memcpy(copy, data, length);
	const struct capture_reader *reader = capture_reader_of(copy, length);
	struct capture_foreign foreign = capture_foreign_of(copy, length);
	free(copy);
	if (reader != NULL)
		return (struct format){reader->name, true, NULL};
	return (struct format){foreign.name, false, foreign.advice};
}

static struct format format_of_hex(const char *text)
{
	struct hex bytes = hex(text);

	return format_of(bytes.bytes, bytes.length);
}

static void every_magic_is_known(void **state)
{
	static const struct {
		const char *bytes, *name;
		bool readable;
	} rows[] = {
	    {"a1b2c3d4 00020004", "pcap", true},
	    {"d4c3b2a1 02000400", "pcap", true},
	    {"a1b23c4d 00020004", "pcap", true},
	    {"4d3cb2a1 02000400", "pcap", true},
	    {"a1b2cd34 00020004", "pcap", true},
	    {"34cdb2a1 02000400", "pcap", true},
	    {"0a0d0d0a 1c000000 4d3c2b1a", "pcapng", true},
	    {"52545353 0101", "netmon", true},
	    {"474d4255 0002", "netmon", true},
	    {"736e6f6f70000000 00000002", "snoop", true},
	    {"5452534e4946462064617461 1a", "Sniffer for DOS", false},
	    {"697074726163652032 2e30", "iptrace", false},
	    {"1f8b0800", "gzip in gzip", false},
	    {"28b52ffd", "zstd in another", false},
	    {"504b0304", "zip archive", false},
	    {"300000004c664c65", "Windows .evt event log", false},
	    {"456c6646696c6500", "Windows .evtx event log", false},
	    {"30322f32362f3032", "text", false},
	    {"0102030405060708", "no known format", false},
	    {"", "an empty file", false},
	    {"d4c3", "the very beginning of a file", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct format format = format_of_hex(rows[i].bytes);
		assert_string_equal(format.name, rows[i].name);
		assert_int_equal(format.readable, rows[i].readable);
		/* What cannot be read comes with what to do about it. */
		assert_int_equal(format.advice != NULL, !rows[i].readable);
	}
}

/* A magic that is not whole is none. */
static void half_a_magic_is_none(void **state)
{
	(void)state;
	assert_string_equal(format_of_hex("736e6f6f7000").name, "no known format");
	assert_string_equal(format_of_hex("300000004c664c").name, "no known format");
	assert_string_equal(format_of_hex("697074726163").name, "text");
}

/* However a pcapng file's beginning is cut, it is one, and no byte is read past the end. */
static void a_cut_pcapng_is_one(void **state)
{
	struct hex whole = hex("0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000");

	(void)state;
	for (size_t length = 4; length <= whole.length; length++)
		assert_string_equal(format_of(whole.bytes, length).name, "pcapng");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_magic_is_known),
	    cmocka_unit_test(half_a_magic_is_none),
	    cmocka_unit_test(a_cut_pcapng_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
