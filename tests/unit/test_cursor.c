/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every read at the first byte, at the last, and one past it: past what was captured, and past what was declared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"

static const uint8_t bytes[] = {0x81, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0x88};

/* One reading operation: its width, and what it reads of the first bytes and of the last. */
struct reading {
	size_t width;
	uint32_t (*read)(struct cursor *cursor);
	uint32_t first, last;
};

static uint32_t read_u8(struct cursor *cursor)
{
	return cursor_u8(cursor);
}

static uint32_t read_be16(struct cursor *cursor)
{
	return cursor_be16(cursor);
}

static uint32_t read_be32(struct cursor *cursor)
{
	return cursor_be32(cursor);
}

static uint32_t read_le16(struct cursor *cursor)
{
	return cursor_le16(cursor);
}

static uint32_t read_le32(struct cursor *cursor)
{
	return cursor_le32(cursor);
}

static uint32_t read_u16_little(struct cursor *cursor)
{
	return cursor_u16(cursor, false);
}

static uint32_t read_u32_big(struct cursor *cursor)
{
	return cursor_u32(cursor, true);
}

static const struct reading readings[] = {
    {1, read_u8, 0x81, 0x88},
    {2, read_be16, 0x8102, 0x0788},
    {4, read_be32, 0x81020384, 0x05060788},
    {2, read_le16, 0x0281, 0x8807},
    {4, read_le32, 0x84030281, 0x88070605},
    {2, read_u16_little, 0x0281, 0x8807},
    {4, read_u32_big, 0x81020384, 0x05060788},
};

/* A copy as large as the input, so that a sanitizer sees a byte read past it. */
static uint8_t *exact(size_t length)
{
	uint8_t *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

static void reads_reach_the_last_byte_and_not_past_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
		const struct reading *reading = &readings[i];
		uint8_t *copy = exact(sizeof bytes);
		struct cursor cursor = cursor_over(copy, sizeof bytes);
		assert_int_equal(reading->read(&cursor), reading->first);
		assert_int_equal(cursor.position, reading->width);
		cursor.position = sizeof bytes - reading->width;
		assert_int_equal(reading->read(&cursor), reading->last);
		assert_true(cursor_good(&cursor));
		assert_int_equal(cursor_left(&cursor), 0);
		cursor.position = sizeof bytes - reading->width + 1;
		assert_int_equal(reading->read(&cursor), 0);
		assert_int_equal(cursor.error, CURSOR_MALFORMED);
		assert_int_equal(cursor.position, sizeof bytes - reading->width + 1);
		free(copy);
	}
}

static void what_was_not_captured_is_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
		const struct reading *reading = &readings[i];
		uint8_t *copy = exact(reading->width - 1);
		struct cursor cursor = cursor_cut(copy, reading->width - 1, reading->width);
		assert_int_equal(reading->read(&cursor), 0);
		assert_int_equal(cursor.error, CURSOR_TRUNCATED);
		assert_int_equal(cursor_left(&cursor), 0);
		assert_int_equal(cursor_readable(&cursor), 0);
		free(copy);
	}
}

/* After the first error nothing moves and nothing is read, and it stays the first. */
static void the_first_error_sticks(void **state)
{
	struct cursor cursor = cursor_over(bytes, sizeof bytes);

	(void)state;
	cursor_skip(&cursor, 6);
	assert_int_equal(cursor_be32(&cursor), 0);
	assert_int_equal(cursor.error, CURSOR_MALFORMED);
	assert_int_equal(cursor_u8(&cursor), 0);
	assert_null(cursor_take(&cursor, 1));
	cursor_skip(&cursor, 1);
	cursor_fail(&cursor, CURSOR_TRUNCATED);
	struct cursor sub = cursor_sub(&cursor, 1);
	assert_int_equal(sub.error, CURSOR_MALFORMED);
	assert_int_equal(cursor.error, CURSOR_MALFORMED);
	assert_int_equal(cursor.position, 6);
	assert_int_equal(cursor_peek(&cursor), 0);
}

static void skipping_needs_no_capture(void **state)
{
	struct cursor cursor = cursor_cut(bytes, 2, 8);

	(void)state;
	cursor_skip(&cursor, 8);
	assert_true(cursor_good(&cursor));
	assert_int_equal(cursor_left(&cursor), 0);
	cursor_skip(&cursor, 1);
	assert_int_equal(cursor.error, CURSOR_MALFORMED);
}

/* A length from the wire may be anything. */
static void lengths_do_not_wrap(void **state)
{
	struct cursor cursor = cursor_over(bytes, sizeof bytes);

	(void)state;
	cursor_skip(&cursor, 2);
	assert_null(cursor_take(&cursor, SIZE_MAX));
	cursor = cursor_over(bytes, sizeof bytes);
	cursor_skip(&cursor, 2);
	cursor_skip(&cursor, SIZE_MAX - 1);
	assert_int_equal(cursor.error, CURSOR_MALFORMED);
	cursor = cursor_over(bytes, sizeof bytes);
	cursor_skip(&cursor, 2);
	assert_int_equal(cursor_sub(&cursor, SIZE_MAX).error, CURSOR_MALFORMED);
}

static void taking_nothing_is_no_error(void **state)
{
	struct cursor cursor = cursor_over(NULL, 0);

	(void)state;
	cursor_take(&cursor, 0);
	cursor_skip(&cursor, 0);
	assert_true(cursor_good(&cursor));
	assert_int_equal(cursor_peek(&cursor), 0);
	assert_true(cursor_good(&cursor));
	assert_null(cursor_take(&cursor, 1));
	assert_int_equal(cursor.error, CURSOR_MALFORMED);
}

static void peeking_moves_nothing(void **state)
{
	struct cursor cursor = cursor_cut(bytes, 1, 2);

	(void)state;
	assert_int_equal(cursor_peek(&cursor), 0x81);
	assert_int_equal(cursor_u8(&cursor), 0x81);
	assert_int_equal(cursor_peek(&cursor), 0);
	assert_true(cursor_good(&cursor));
	assert_int_equal(cursor_u8(&cursor), 0);
	assert_int_equal(cursor.error, CURSOR_TRUNCATED);
}

/* A part may be captured as a whole, up to its middle, or not at all. */
static void a_part_knows_what_of_it_was_captured(void **state)
{
	(void)state;
	for (size_t captured = 0; captured <= 8; captured++) {
		uint8_t *copy = exact(captured);
		struct cursor cursor = cursor_cut(copy, captured, 8);
		cursor_skip(&cursor, 2);
		struct cursor sub = cursor_sub(&cursor, 4);
		size_t of_sub = captured < 2 ? 0 : captured > 6 ? 4 : captured - 2;
		assert_true(cursor_good(&sub));
		assert_int_equal(cursor_left(&sub), 4);
		assert_int_equal(cursor_readable(&sub), of_sub);
		assert_int_equal(cursor.position, 6);
		for (size_t i = 0; i < of_sub; i++)
			assert_int_equal(cursor_u8(&sub), bytes[2 + i]);
		cursor_u8(&sub);
		assert_int_equal(sub.error, of_sub == 4 ? CURSOR_MALFORMED : CURSOR_TRUNCATED);
		assert_true(cursor_good(&cursor));
		free(copy);
	}
}

static void a_part_that_reaches_too_far_fails_both(void **state)
{
	struct cursor cursor = cursor_cut(bytes, 4, 8);
	struct cursor sub;

	(void)state;
	cursor_skip(&cursor, 1);
	sub = cursor_sub(&cursor, 7);
	assert_true(cursor_good(&sub));
	cursor = cursor_cut(bytes, 4, 8);
	cursor_skip(&cursor, 1);
	sub = cursor_sub(&cursor, 8);
	assert_int_equal(sub.error, CURSOR_MALFORMED);
	assert_int_equal(cursor.error, CURSOR_MALFORMED);
}

static void a_declared_length_cuts_what_was_captured(void **state)
{
	struct cursor cursor = cursor_cut(bytes, 8, 3);

	(void)state;
	assert_int_equal(cursor_readable(&cursor), 3);
	cursor_skip(&cursor, 3);
	assert_int_equal(cursor_u8(&cursor), 0);
	assert_int_equal(cursor.error, CURSOR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_reach_the_last_byte_and_not_past_it),
	    cmocka_unit_test(what_was_not_captured_is_truncation),
	    cmocka_unit_test(the_first_error_sticks),
	    cmocka_unit_test(skipping_needs_no_capture),
	    cmocka_unit_test(lengths_do_not_wrap),
	    cmocka_unit_test(taking_nothing_is_no_error),
	    cmocka_unit_test(peeking_moves_nothing),
	    cmocka_unit_test(a_part_knows_what_of_it_was_captured),
	    cmocka_unit_test(a_part_that_reaches_too_far_fails_both),
	    cmocka_unit_test(a_declared_length_cuts_what_was_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
