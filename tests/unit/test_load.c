/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/load.h"
#include "prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { VALUES = 2000 };

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a;
	int64_t right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

/* Nearest rank, the plain way. */
static int64_t ranked(const int64_t *sorted, size_t count, size_t percent)
{
	size_t rank = (count * percent + 99) / 100;

	return sorted[rank == 0 ? 0 : rank - 1];
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
	uint64_t prng = 7;

	(void)state;
	for (size_t count = 1; count < VALUES; count += 1 + count / 3) {
		struct load *load = load_new();
		int64_t values[VALUES];
		for (size_t i = 0; i < count; i++) {
			/* Few different values now and then: equal ones are where selecting goes wrong. */
			values[i] = (int64_t)prng_below(&prng, count % 2 == 0 ? 5 : 1000000);
			load_ok(load, (time_ns)i * NS_PER_S / 10, values[i]);
		}
		qsort(values, count, sizeof values[0], compare);
		struct load_figures figures = load_between(load, TIME_NONE, TIME_NONE);
		assert_int_equal(figures.ok_count, count);
		assert_int_equal(figures.ok_us_p50, ranked(values, count, 50));
		assert_int_equal(figures.ok_us_p90, ranked(values, count, 90));
		assert_int_equal(figures.ok_us_p99, ranked(values, count, 99));
		assert_int_equal(figures.ok_us_max, values[count - 1]);
		load_free(load);
	}
}

static void what_was_not_measured_is_negative(void **state)
{
	struct load *load = load_new();

	(void)state;
	load_ok(load, 100 * NS_PER_S, 5);
	struct load_figures figures = load_between(load, 200 * NS_PER_S, 300 * NS_PER_S);
	assert_int_equal(figures.ok_count, 0);
	assert_int_equal(figures.ok_us_p50, -1);
	assert_int_equal(figures.ok_us_max, -1);
	load_free(load);
}

static void those_who_wait_are_counted_at_their_most(void **state)
{
	struct load *load = load_new();

	(void)state;
	for (int i = 0; i < 5; i++) {
		load_arrival(load, 10 * NS_PER_S + i);
		load_waiting(load, 10 * NS_PER_S + i, 1);
	}
	for (int i = 0; i < 5; i++)
		load_waiting(load, 12 * NS_PER_S, -1);
	struct load_figures figures = load_between(load, TIME_NONE, TIME_NONE);
	assert_int_equal(figures.open_waiting_peak, 5);
	assert_true(figures.arrivals_per_s_peak > 0.49 && figures.arrivals_per_s_peak < 0.51);
	load_free(load);
}

static void stretches_hold_what_seconds_held(void **state)
{
	struct load *load = load_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		load_arrival(load, (100 + i) * NS_PER_S);
		load_waiting(load, (100 + i) * NS_PER_S, 1);
	}
	load_ok(load, 107 * NS_PER_S, 2000000);
	load_waiting(load, 107 * NS_PER_S, -1);
	/* Ten seconds in at most five stretches: two seconds each. */
	struct load_series series = load_series_make(load, 100 * NS_PER_S, 109 * NS_PER_S, 5);
	assert_int_equal(series.first_second, 100);
	assert_int_equal(series.step_s, 2);
	assert_int_equal(series.count, 5);
	static const uint32_t arrivals[] = {2, 1, 0, 0, 0};
	static const uint32_t waiting[] = {2, 3, 3, 3, 2};
	assert_memory_equal(series.arrivals, arrivals, sizeof arrivals);
	assert_memory_equal(series.waiting_peak, waiting, sizeof waiting);
	/* 2 s are 10^6.301 us. */
	assert_int_equal(series.ok_levels[3 * LEVELS_COARSE * LEVEL_DECADES + 63], 1);
	assert_int_equal(series.ok_total[252], 1);
	load_series_free(&series);
	load_free(load);
}

static void no_time_has_no_stretches(void **state)
{
	struct load *load = load_new();
	struct load_series series = load_series_make(load, TIME_NONE, TIME_NONE, 100);

	(void)state;
	assert_int_equal(series.count, 0);
	load_series_free(&series);
	/* A clock that runs from one end of time to the other makes long stretches, not many. */
	load_arrival(load, INT64_MIN + NS_PER_S);
	load_arrival(load, INT64_MAX);
	series = load_series_make(load, INT64_MIN + NS_PER_S, INT64_MAX, 100);
	assert_true(series.count <= 100);
	assert_int_equal(series.arrivals[0], 1);
	assert_int_equal(series.arrivals[series.count - 1], 1);
	load_series_free(&series);
	load_free(load);
}

static void levels_are_logarithmic(void **state)
{
	(void)state;
	assert_int_equal(load_level(-1, LEVELS_FINE), 0);
	assert_int_equal(load_level(0, LEVELS_FINE), 0);
	assert_int_equal(load_level(1, LEVELS_FINE), 0);
	assert_int_equal(load_level(1000, LEVELS_FINE), 3 * LEVELS_FINE);
	assert_int_equal(load_level(999, LEVELS_FINE), 3 * LEVELS_FINE - 1);
	assert_int_equal(load_level(INT64_MAX, LEVELS_FINE), LEVELS_FINE * LEVEL_DECADES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
	    cmocka_unit_test(what_was_not_measured_is_negative),
	    cmocka_unit_test(those_who_wait_are_counted_at_their_most),
	    cmocka_unit_test(stretches_hold_what_seconds_held),
	    cmocka_unit_test(no_time_has_no_stretches),
	    cmocka_unit_test(levels_are_logarithmic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
