/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/ber.h"
#include "dissectors/pdu.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_short_long_and_indefinite_lengths(void **state)
{
	(void)state;
	struct hex bytes = hex("020105 0482000161 3080 020107 3080 0000 0000 0500");
	struct ber ber = ber_over(hex_cursor(&bytes));
	struct ber_element element;
	int32_t value = 0;

	assert_true(ber_next(&ber, &element));
	assert_true(ber_is(&element, BER_UNIVERSAL, BER_INTEGER) && ber_integer(&element, &value));
	assert_int_equal(value, 5);
	assert_true(ber_next(&ber, &element));
	assert_int_equal(cursor_left(&element.content), 1);
	assert_true(ber_next(&ber, &element));
	assert_true(element.indefinite);
	assert_int_equal(cursor_left(&element.content), 7);
	struct ber inside = ber_inside(&element);
	assert_true(ber_next(&inside, &element) && ber_integer(&element, &value));
	assert_int_equal(value, 7);
	assert_true(ber_next(&inside, &element));
	assert_int_equal(cursor_left(&element.content), 0);
	assert_false(ber_next(&inside, &element));
	assert_true(ber_next(&ber, &element) && ber_is(&element, BER_UNIVERSAL, BER_NULL));
	assert_false(ber_next(&ber, &element));
	assert_int_equal(ber.remarks, 0);
}

static void reads_tags_of_many_bytes(void **state)
{
	(void)state;
	struct hex good = hex("7f8148 00");
	struct hex endless = hex("bfffffffffffff7f00");
	struct ber ber = ber_over(hex_cursor(&good));
	struct ber_element element;

	assert_true(ber_next(&ber, &element));
	assert_true(ber_is(&element, BER_APPLICATION, 200));
	ber = ber_over(hex_cursor(&endless));
	assert_false(ber_next(&ber, &element));
	assert_int_equal(ber.remarks, remark_bit(REMARK_BER_MALFORMED));
}

static void reads_signed_integers(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		int32_t value;
	} rows[] = {{"00ff", 255}, {"ff", -1}, {"80", -128}, {"80000000", INT32_MIN}, {"7fffffff", INT32_MAX}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct hex bytes = hex(rows[i].bytes);
		struct ber_element element = {.content = hex_cursor(&bytes)};
		int32_t value = 0;
		assert_true(ber_integer(&element, &value));
		assert_int_equal(value, rows[i].value);
	}
	struct hex nothing = hex("");
	struct hex five = hex("0100000000");
	struct ber_element element = {.content = hex_cursor(&nothing)};
	int32_t value = 42;
	assert_false(ber_integer(&element, &value));
	element.content = hex_cursor(&five);
	assert_false(ber_integer(&element, &value));
	assert_int_equal(value, 42);
}

static void an_element_past_its_parent_is_malformed(void **state)
{
	(void)state;
	struct hex bytes = hex("3003 020501");
	struct hex primitive = hex("0480 0000");
	struct ber ber = ber_over(hex_cursor(&bytes));
	struct ber_element element;

	assert_true(ber_next(&ber, &element));
	struct ber inside = ber_inside(&element);
	assert_false(ber_next(&inside, &element));
	assert_int_equal(inside.remarks, remark_bit(REMARK_BER_MALFORMED));
	ber = ber_over(hex_cursor(&primitive));
	assert_false(ber_next(&ber, &element));
	assert_int_equal(ber.remarks, remark_bit(REMARK_BER_MALFORMED));
}

static void what_was_not_captured_is_no_malformation(void **state)
{
	(void)state;
	struct hex bytes = hex("3080 020107 0404 6162");
	struct ber ber = ber_over(cursor_cut(bytes.bytes, bytes.length, 200));
	struct ber_element element;
	char text[8];

	assert_true(ber_next(&ber, &element));
	struct ber inside = ber_inside(&element);
	assert_true(ber_next(&inside, &element));
	assert_true(ber_next(&inside, &element));
	assert_int_equal(cursor_left(&element.content), 4);
	assert_int_equal(ber_text(&element, text, sizeof text), 2);
	assert_string_equal(text, "ab");
	assert_false(ber_next(&inside, &element));
	assert_int_equal(ber.remarks | inside.remarks, 0);
}

static void an_unterminated_length_is_remarked_on_and_read(void **state)
{
	(void)state;
	struct hex bytes = hex("3080 020107");
	struct ber ber = ber_over(hex_cursor(&bytes));
	struct ber_element element;
	int32_t value = 0;

	assert_true(ber_next(&ber, &element));
	struct ber inside = ber_inside(&element);
	assert_true(ber_next(&inside, &element) && ber_integer(&element, &value));
	assert_int_equal(value, 7);
	assert_int_equal(ber.remarks, remark_bit(REMARK_BER_UNTERMINATED));
}

static void nesting_ends_at_the_limit(void **state)
{
	(void)state;
	uint8_t bytes[400];
	struct ber_element element;
	unsigned levels = 0;

	for (size_t i = 0; i < sizeof bytes; i += 2) {
		bytes[i] = 0x30;
		bytes[i + 1] = 0x80;
	}
	struct ber ber = ber_over(cursor_over(bytes, sizeof bytes));
	assert_true(ber_next(&ber, &element));
	assert_true((ber.remarks & remark_bit(REMARK_BER_TOO_DEEP)) != 0);
	do {
		ber = ber_inside(&element);
		levels++;
	} while (ber_next(&ber, &element));
	assert_int_equal(levels, BER_DEPTH + 1);
	assert_true((ber.remarks & remark_bit(REMARK_BER_TOO_DEEP)) != 0);
}

static const char *format(const char *content, char *text, size_t size)
{
	struct hex bytes = hex(content);
	struct ber_element element = {.content = hex_cursor(&bytes)};
	struct ber_oid oid;

	ber_oid(&element, &oid);
	size_t length = ber_oid_format(&oid, text, size);
	assert_int_equal(length, strlen(text));
	return text;
}

static void formats_object_identifiers(void **state)
{
	(void)state;
	char text[BER_OID_TEXT_SIZE];
	char small[8];

	assert_string_equal(format("56000106", text, sizeof text), "2.6.0.1.6");
	assert_string_equal(format("52010001", text, sizeof text), "2.2.1.0.1");
	assert_string_equal(format("28ca220203", text, sizeof text), "1.0.9506.2.3");
	assert_string_equal(format("883703", text, sizeof text), "2.999.3");
	assert_string_equal(format("5600ff", text, sizeof text), "2.6.0...");
	assert_string_equal(format("", text, sizeof text), "");
	assert_string_equal(format("56000106", small, sizeof small), "2.6...");
}

static void compares_object_identifiers(void **state)
{
	(void)state;
	struct ber_oid oid = {.length = 3, .bytes = {0x28, 0xca, 0x22}};

	assert_true(ber_oid_starts(&oid, "\x28", 1));
	assert_false(ber_oid_starts(&oid, "\x28\xca", 2));
	assert_true(ber_oid_starts(&oid, "\x28\xca\x22", 3));
	assert_false(ber_oid_starts(&oid, "\x28\xca\x22\x01", 4));
	assert_false(ber_oid_starts(&oid, "", 0));
}

static void copies_text_in_segments(void **state)
{
	(void)state;
	struct hex bytes = hex("a009 0402 4d54 0403 410a41");
	struct ber ber = ber_over(hex_cursor(&bytes));
	struct ber_element element;
	char text[16];
	char small[3];

	assert_true(ber_next(&ber, &element));
	ber_text(&element, text, sizeof text);
	assert_string_equal(text, "MTA?A");
	assert_int_equal(ber_text(&element, small, sizeof small), 2);
	assert_string_equal(small, "MT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_short_long_and_indefinite_lengths),
	    cmocka_unit_test(reads_tags_of_many_bytes),
	    cmocka_unit_test(reads_signed_integers),
	    cmocka_unit_test(an_element_past_its_parent_is_malformed),
	    cmocka_unit_test(what_was_not_captured_is_no_malformation),
	    cmocka_unit_test(an_unterminated_length_is_remarked_on_and_read),
	    cmocka_unit_test(nesting_ends_at_the_limit),
	    cmocka_unit_test(formats_object_identifiers),
	    cmocka_unit_test(compares_object_identifiers),
	    cmocka_unit_test(copies_text_in_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
