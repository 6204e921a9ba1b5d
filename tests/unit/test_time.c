/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times, dates, durations and zones, as they are written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/duration.h"
#include "base/moment.h"
#include "base/progress.h"
#include "base/zone.h"

static void assert_time(time_ns time, unsigned digits, const char *expected)
{
	char text[TIME_TEXT_SIZE];

	assert_int_equal(time_format(time, digits, text), strlen(expected));
	assert_string_equal(text, expected);
}

static void times_are_written_in_utc(void **state)
{
	(void)state;
	assert_time(0, 0, "1970-01-01T00:00:00Z");
	assert_time(INT64_C(1014752599) * NS_PER_S + 100200300, 9, "2002-02-26T19:43:19.100200300Z");
	assert_time(INT64_C(1014752599) * NS_PER_S + 100200300, 6, "2002-02-26T19:43:19.100200Z");
	assert_time(INT64_C(1014752599) * NS_PER_S + 100200300, 0, "2002-02-26T19:43:19Z");
	assert_time(INT64_C(951782400) * NS_PER_S, 0, "2000-02-29T00:00:00Z");
	assert_time(INT64_C(4107542400) * NS_PER_S, 0, "2100-03-01T00:00:00Z");
	assert_time(INT64_C(1078012800) * NS_PER_S - 1, 9, "2004-02-28T23:59:59.999999999Z");
}

/* Cut, never rounded: a time must not move to the next second. */
static void digits_are_cut_and_not_rounded(void **state)
{
	(void)state;
	assert_time(999999999, 6, "1970-01-01T00:00:00.999999Z");
	assert_time(999999999, 0, "1970-01-01T00:00:00Z");
}

static void times_before_1970_count_down(void **state)
{
	(void)state;
	assert_time(-1, 9, "1969-12-31T23:59:59.999999999Z");
	assert_time(-NS_PER_S, 6, "1969-12-31T23:59:59.000000Z");
	assert_time(-NS_PER_S - 1, 9, "1969-12-31T23:59:58.999999999Z");
	assert_time(INT64_MIN + 1, 9, "1677-09-21T00:12:43.145224193Z");
	assert_time(INT64_MAX, 9, "2262-04-11T23:47:16.854775807Z");
}

/* Every day of eight centuries, against the C library. */
static void dates_agree_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t day = -106000; day <= 106000; day++) {
		char expected[TIME_TEXT_SIZE];
		time_t seconds = (time_t)(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
		struct tm date;
		assert_non_null(gmtime_r(&seconds, &date));
		strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &date);
		assert_time((time_ns)seconds * NS_PER_S, 0, expected);
		assert_int_equal(civil_seconds(date.tm_year + 1900, (unsigned)date.tm_mon + 1, (unsigned)date.tm_mday,
					       (unsigned)date.tm_hour, (unsigned)date.tm_min, (unsigned)date.tm_sec),
				 seconds);
	}
}

static void assert_duration(int64_t us, const char *expected)
{
	char text[DURATION_TEXT_SIZE];

	duration_format(us, text);
	assert_string_equal(text, expected);
}

static void assert_progress(uint64_t bytes, uint64_t whole, int64_t elapsed, const char *expected)
{
	char text[PROGRESS_TEXT_SIZE];

	progress_format(bytes, whole, elapsed, text);
	assert_string_equal(text, expected);
}

static void progress_tells_share_rate_and_what_is_left(void **state)
{
	const uint64_t mb = 1000 * 1000;

	(void)state;
	assert_progress(300 * mb, 1200 * mb, 2 * NS_PER_S, "25 %, 150 MB/s, 6 s left");
	assert_progress(300 * mb, 400000 * mb, 2 * NS_PER_S, "0 %, 150 MB/s, 44 min left");
	assert_progress(300 * mb, 4000000 * mb, 2 * NS_PER_S, "0 %, 150 MB/s, 7.4 h left");
	assert_progress(1200 * mb, 1200 * mb, 2 * NS_PER_S, "100 %, 600 MB/s");
	/* A file that grows, or is read more often than was expected. */
	assert_progress(1300 * mb, 1200 * mb, 2 * NS_PER_S, "100 %, 650 MB/s");
	assert_progress(41 * mb, 0, 10 * NS_PER_S, "41 MB read, 4.1 MB/s");
	assert_progress(0, 0, 0, "0.0 MB read, 0.0 MB/s");
	assert_progress(0, 100 * mb, NS_PER_S, "0 %, 0.0 MB/s");
	assert_progress(UINT64_MAX, 0, 1, "18446744073.7 GB read, 0.0 MB/s");
}

static void durations_have_a_unit_that_suits_them(void **state)
{
	(void)state;
	assert_duration(0, "0 µs");
	assert_duration(999, "999 µs");
	assert_duration(1000, "1.0 ms");
	assert_duration(41200, "41.2 ms");
	assert_duration(1000000, "1.000 s");
	assert_duration(30002000, "30.002 s");
	assert_duration(599999000, "599.999 s");
	assert_duration(INT64_C(725000000), "12 min 5 s");
}

/* The largest and the smallest fit where they are written to. */
static void any_duration_fits(void **state)
{
	char text[DURATION_TEXT_SIZE];

	(void)state;
	duration_format(INT64_MAX, text);
	assert_true(strlen(text) < DURATION_TEXT_SIZE - 1);
	duration_format(INT64_MIN, text);
	assert_true(strlen(text) < DURATION_TEXT_SIZE - 1);
}

static void assert_zone(const char *zone, int64_t at, int32_t expected)
{
	int32_t seconds = -1;

	assert_true(zone_offset(zone, at * NS_PER_S, &seconds));
	assert_int_equal(seconds, expected);
}

static void offsets_are_zones(void **state)
{
	(void)state;
	assert_zone("UTC", 0, 0);
	assert_zone("Z", 0, 0);
	assert_zone("-5", 0, -18000);
	assert_zone("+05:30", 0, 19800);
	assert_zone("-0500", 0, -18000);
	assert_zone("+530", 0, 19800);
	assert_zone("+14", 0, 50400);
}

static void names_follow_daylight_saving_time(void **state)
{
	(void)state;
	assert_zone("America/New_York", 1014752599, -18000);
	assert_zone("America/New_York", 1027000000, -14400);
	assert_zone("Asia/Kathmandu", 1014752599, 20700);
}

static void what_is_no_zone_is_refused(void **state)
{
	static const char *const wrong[] = {"",          "+",           "-",      "5",
					    "+15",       "+5:60",       "+05:3x", "+123456",
					    "Mars/Base", "/etc/passwd", "../UTC", "America/../../x"};
	int32_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (zone_offset(wrong[i], 0, &seconds))
			fail_msg("'%s' was taken for a zone", wrong[i]);
}

/* A zone that has been asked for is known from then on, whatever the process's own was, until another is. */
static void zones_are_asked_for_in_turn(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	assert_zone("America/New_York", 1014752599, -18000);
	assert_zone("Asia/Tokyo", 1014752599, 32400);
	assert_zone("America/New_York", 1014752599, -18000);
	assert_zone("-3", 1014752599, -10800);
	assert_zone("America/New_York", 1027000000, -14400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_written_in_utc),
	    cmocka_unit_test(digits_are_cut_and_not_rounded),
	    cmocka_unit_test(times_before_1970_count_down),
	    cmocka_unit_test(dates_agree_with_the_c_library),
	    cmocka_unit_test(progress_tells_share_rate_and_what_is_left),
	    cmocka_unit_test(durations_have_a_unit_that_suits_them),
	    cmocka_unit_test(any_duration_fits),
	    cmocka_unit_test(offsets_are_zones),
	    cmocka_unit_test(names_follow_daylight_saving_time),
	    cmocka_unit_test(what_is_no_zone_is_refused),
	    cmocka_unit_test(zones_are_asked_for_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
