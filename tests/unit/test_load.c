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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
	    cmocka_unit_test(what_was_not_measured_is_negative),
	    cmocka_unit_test(those_who_wait_are_counted_at_their_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
