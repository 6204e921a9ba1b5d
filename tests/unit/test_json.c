/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever goes in, one line of valid JSON comes out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/json.h"

struct page {
	FILE *out;
	char *text;
	size_t length;
	struct json json;
};

static struct page *page_new(void)
{
	struct page *page = calloc(1, sizeof *page);

	assert_non_null(page);
	page->out = open_memstream(&page->text, &page->length);
	assert_non_null(page->out);
	json_init(&page->json, page->out);
	json_object(&page->json, NULL);
	return page;
}

/* Ends the object, holds the line against expected, and frees the page. */
static void page_is(struct page *page, const char *expected)
{
	json_object_end(&page->json);
	json_line(&page->json);
	json_flush(&page->json);
	fclose(page->out);
	assert_false(page->json.failed);
	assert_string_equal(page->text, expected);
	json_free(&page->json);
	free(page->text);
	free(page);
}

static void an_empty_object_is_one_line(void **state)
{
	(void)state;
	page_is(page_new(), "{}\n");
}

static void members_and_elements_are_parted_by_commas(void **state)
{
	struct page *page = page_new();

	(void)state;
	json_integer(&page->json, "a", 1);
	json_array(&page->json, "b");
	json_integer(&page->json, NULL, 2);
	json_object(&page->json, NULL);
	json_bool(&page->json, "c", true);
	json_bool(&page->json, "d", false);
	json_object_end(&page->json);
	json_array(&page->json, NULL);
	json_array_end(&page->json);
	json_array_end(&page->json);
	json_null(&page->json, "e");
	page_is(page, "{\"a\":1,\"b\":[2,{\"c\":true,\"d\":false},[]],\"e\":null}\n");
}

static void texts_are_escaped(void **state)
{
	struct page *page = page_new();

	(void)state;
	json_text(&page->json, "t", "a\"b\\c\n\t\x01\x1f\x7f/");
	json_text(&page->json, "n", NULL);
	page_is(page, "{\"t\":\"a\\\"b\\\\c\\u000a\\u0009\\u0001\\u001f\\u007f/\",\"n\":null}\n");
}

/* RFC 3629: bytes that are no UTF-8 become U+FFFD, one each; what is stays. */
static void what_is_no_utf8_is_replaced(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"\xc3\xa9", "\xc3\xa9"},
	    {"\xe2\x82\xac", "\xe2\x82\xac"},
	    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	    {"\xff", "\xef\xbf\xbd"},
	    {"\x80", "\xef\xbf\xbd"},
	    {"\xc3", "\xef\xbf\xbd"},
	    {"\xc3(", "\xef\xbf\xbd("},
	    {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                 /* overlong */
	    {"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                 /* a surrogate */
	    {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* past the last */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char expected[80];
		struct page *page = page_new();
		/* As large as the text, so that a sanitizer sees a byte read past its end. */
		char *copy = strdup(rows[i].in);
		json_text(&page->json, "t", copy);
		free(copy);
		snprintf(expected, sizeof expected, "{\"t\":\"%s\"}\n", rows[i].out);
		page_is(page, expected);
	}
}

static void integers_reach_their_limits(void **state)
{
	struct page *page = page_new();

	(void)state;
	json_integer(&page->json, "a", INT64_MAX);
	json_integer(&page->json, "b", INT64_MIN);
	json_integer(&page->json, "c", 0);
	json_count_or_null(&page->json, "d", -1);
	json_count_or_null(&page->json, "e", 0);
	page_is(page, "{\"a\":9223372036854775807,\"b\":-9223372036854775808,\"c\":0,\"d\":null,\"e\":0}\n");
}

/* JSON has neither infinity nor NaN. */
static void numbers_are_finite(void **state)
{
	struct page *page = page_new();

	(void)state;
	json_decimal(&page->json, "a", -17963.0, 1);
	json_decimal(&page->json, "b", 0.125, 2);
	json_decimal(&page->json, "c", NAN, 2);
	json_decimal(&page->json, "d", -INFINITY, 2);
	json_decimal(&page->json, "e", 1e15, 0);
	json_probability(&page->json, "f", 1e-9);
	json_probability(&page->json, "g", NAN);
	page_is(page,
		"{\"a\":-17963.0,\"b\":0.12,\"c\":null,\"d\":null,\"e\":1000000000000000,\"f\":1e-09,\"g\":null}\n");
}

/* The longest number that there is has room. */
static void the_largest_number_fits(void **state)
{
	struct page *page = page_new();
	char expected[500];

	(void)state;
	json_decimal(&page->json, "e", -1.7e308, 6);
	snprintf(expected, sizeof expected, "{\"e\":%.6f}\n", -1.7e308);
	page_is(page, expected);
}

static void times_have_their_digits(void **state)
{
	struct page *page = page_new();

	(void)state;
	json_time(&page->json, "a", 1500, 6);
	json_time(&page->json, "b", 1500, 9);
	json_time(&page->json, "c", TIME_NONE, 9);
	page_is(page, "{\"a\":\"1970-01-01T00:00:00.000001Z\",\"b\":\"1970-01-01T00:00:00.000001500Z\",\"c\":null}\n");
}

static void a_long_text_is_whole(void **state)
{
	enum { LONG = 100000 };
	struct page *page = page_new();
	char *text = malloc(LONG + 1);
	char *expected = malloc(LONG + 20);

	(void)state;
	assert_non_null(text);
	assert_non_null(expected);
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	json_text(&page->json, "t", text);
	snprintf(expected, LONG + 20, "{\"t\":\"%s\"}\n", text);
	page_is(page, expected);
	free(text);
	free(expected);
}

/* A full disk is noticed. */
/* Text is looked at by eight bytes at once: wherever a byte stands that needs an escape, it gets one. */
static void an_escape_is_found_at_any_place(void **state)
{
	static const struct {
		char byte;
		const char *written;
	} rows[] = {{'"', "\\\""},
		    {'\\', "\\\\"},
		    {'\n', "\\u000a"},
		    {'\x01', "\\u0001"},
		    {'\x1f', "\\u001f"},
		    {'\x7f', "\\u007f"},
		    {'\x80', "\xef\xbf\xbd"},
		    {'\xff', "\xef\xbf\xbd"},
		    {' ', " "},
		    {'~', "~"},
		    {'!', "!"},
		    {'#', "#"}};
	enum { LONGEST = 40 };
	char text[LONGEST + 1], expected[LONGEST * 2 + 32];

	(void)state;
	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
		for (size_t length = 1; length <= LONGEST; length++)
			for (size_t place = 0; place < length; place++) {
				struct page *page = page_new();
				memset(text, 'x', length);
				text[length] = '\0';
				text[place] = '\0';
				snprintf(expected, sizeof expected, "{\"t\":\"%s%s%s\"}\n", text, rows[row].written,
					 text + place + 1);
				text[place] = rows[row].byte;
				json_text(&page->json, "t", text);
				page_is(page, expected);
			}
}

static void a_failed_write_is_remembered(void **state)
{
	struct json json;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (full == NULL)
		skip();
	setvbuf(full, NULL, _IONBF, 0);
	json_init(&json, full);
	json_object(&json, NULL);
	json_object_end(&json);
	json_line(&json);
	json_flush(&json);
	assert_true(json.failed);
	json_free(&json);
	fclose(full);
}

/* The short ways to a decimal and to a time write what the long ones would. */
static void short_ways_lead_to_the_same(void **state)
{
	char text[128];
	char expected[256];

	(void)state;
	for (unsigned i = 0; i <= 9100; i++) {
		double value = (double)(float)i / 1000;
		struct page *page = page_new();
		json_decimal(&page->json, "v", value, 2);
		snprintf(expected, sizeof expected, "{\"v\":%.2f}\n", value);
		page_is(page, expected);
	}
	static const time_ns times[] = {
	    0, 1, NS_PER_S - 1, NS_PER_S, 1014752400 * NS_PER_S + 5, 1014752401 * NS_PER_S - 1, -1, -NS_PER_S};
	for (unsigned digits = 6; digits <= 9; digits += 3) {
		struct page *page = page_new();
		size_t length = (size_t)snprintf(expected, sizeof expected, "{");
		for (size_t i = 0; i < 4; i++) {
			json_time(&page->json, "t", times[i * 2 + digits % 2], digits);
			time_format(times[i * 2 + digits % 2], digits, text);
			length += (size_t)snprintf(expected + length, sizeof expected - length, "%s\"t\":\"%s\"",
						   i == 0 ? "" : ",", text);
		}
		snprintf(expected + length, sizeof expected - length, "}\n");
		page_is(page, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_object_is_one_line), cmocka_unit_test(members_and_elements_are_parted_by_commas),
	    cmocka_unit_test(texts_are_escaped),           cmocka_unit_test(what_is_no_utf8_is_replaced),
	    cmocka_unit_test(integers_reach_their_limits), cmocka_unit_test(numbers_are_finite),
	    cmocka_unit_test(the_largest_number_fits),     cmocka_unit_test(times_have_their_digits),
	    cmocka_unit_test(a_long_text_is_whole),        cmocka_unit_test(a_failed_write_is_remembered),
	    cmocka_unit_test(short_ways_lead_to_the_same), cmocka_unit_test(an_escape_is_found_at_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
