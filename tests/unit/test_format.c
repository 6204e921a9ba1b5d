/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of file the first bytes say it is, and how fine its times are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/format.h"
#include "hex.h"

/* Through a copy that is as large as the input, so that a sanitizer sees a byte read past it. */
static struct capture_format format_of(const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	if (length > 0)
		memcpy(copy, data, length);
	struct capture_format format = capture_format_of(copy, length);
	free(copy);
	return format;
}

static struct capture_format format_of_hex(const char *text)
{
	struct hex bytes = hex(text);

	return format_of(bytes.bytes, bytes.length);
}

static void every_magic_is_known(void **state)
{
	static const struct {
		const char *bytes, *name;
		bool readable;
		unsigned digits;
	} rows[] = {
	    {"a1b2c3d4 00020004", "pcap", true, 6},
	    {"d4c3b2a1 02000400", "pcap", true, 6},
	    {"a1b23c4d 00020004", "pcap", true, 9},
	    {"4d3cb2a1 02000400", "pcap", true, 9},
	    {"a1b2cd34 00020004", "pcap (modified)", true, 6},
	    {"34cdb2a1 02000400", "pcap (modified)", true, 6},
	    {"0a0d0d0a 1c000000 4d3c2b1a", "pcapng", true, 6},
	    {"52545353 0101", "Network Monitor 1.x", false, 0},
	    {"474d4255 0002", "Network Monitor 2.x", false, 0},
	    {"736e6f6f70000000 00000002", "snoop", false, 0},
	    {"5452534e4946462064617461 1a", "Sniffer", false, 0},
	    {"697074726163652032 2e30", "iptrace", false, 0},
	    {"1f8b0800", "gzip", false, 0},
	    {"28b52ffd", "zstd", false, 0},
	    {"504b0304", "zip archive", false, 0},
	    {"300000004c664c65", "Windows .evt event log", false, 0},
	    {"456c6646696c6500", "Windows .evtx event log", false, 0},
	    {"30322f32362f3032", "text", false, 0},
	    {"0102030405060708", "no known format", false, 0},
	    {"", "an empty file", false, 0},
	    {"d4c3", "the very beginning of a file", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct capture_format format = format_of_hex(rows[i].bytes);
		assert_string_equal(format.name, rows[i].name);
		assert_int_equal(format.readable, rows[i].readable);
		assert_int_equal(format.digits, rows[i].digits);
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

/* if_tsresol of the first interface, wherever it stands among the options, in both byte orders. */
static void the_digits_of_pcapng_are_its_interfaces(void **state)
{
	static const struct {
		const char *bytes;
		unsigned digits;
	} rows[] = {
	    {"0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
	     "01000000 14000000 01000000 00000000 14000000",
	     6},
	    {"0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
	     "01000000 20000000 01000000 00000000 0900 0100 09000000 00000000 20000000",
	     9},
	    {"0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
	     "01000000 28000000 01000000 00000000 0200 0300 65746800 0900 0100 06000000 00000000 28000000",
	     6},
	    {"0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
	     "01000000 28000000 01000000 00000000 0200 0300 65746800 0900 0100 09000000 00000000 28000000",
	     9},
	    /* A power of two: finer than a microsecond from 2^-20 on. */
	    {"0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
	     "01000000 20000000 01000000 00000000 0900 0100 9e000000 00000000 20000000",
	     9},
	    {"0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
	     "01000000 20000000 01000000 00000000 0900 0100 8a000000 00000000 20000000",
	     6},
	    {"0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c"
	     "00000001 00000020 00010000 00000000 0009 0001 09000000 00000000 00000020",
	     9},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(format_of_hex(rows[i].bytes).digits, rows[i].digits);
}

/* However it is cut, and whatever length it claims: six digits, and no byte read past the end. */
static void a_damaged_pcapng_has_six_digits(void **state)
{
	struct hex whole = hex("0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
			       "01000000 20000000 01000000 00000000 0900 0100 09000000 00000000 20000000");

	(void)state;
	for (size_t length = 4; length < whole.length; length++) {
		struct capture_format format = format_of(whole.bytes, length);
		assert_string_equal(format.name, "pcapng");
		assert_int_equal(format.digits, 6);
	}
	for (unsigned value = 0; value < 256; value++) {
		whole.bytes[4] = (uint8_t)value;
		unsigned digits = format_of(whole.bytes, whole.length).digits;
		assert_true(digits == 6 || digits == 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_magic_is_known),
	    cmocka_unit_test(half_a_magic_is_none),
	    cmocka_unit_test(the_digits_of_pcapng_are_its_interfaces),
	    cmocka_unit_test(a_damaged_pcapng_has_six_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
