/* SPDX-License-Identifier: GPL-2.0-or-later */
/* align on cases made by hand: what must match, what must not, and what cannot be told. */
#include "align/align.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIRST_S INT64_C(1014750000)
#define FIRST   (FIRST_S * NS_PER_S + 250 * NS_PER_MS)

enum { MOST = 400 };

struct table {
	struct align_connection connections[MOST];
	struct incident incidents[MOST];
	struct match matches[MOST];
	size_t connection_count, incident_count;
	struct align_options options;
	struct clock_estimate clock;
};

static void table_init(struct table *table, double span)
{
	memset(table, 0, sizeof(*table));
	table->options.capture_first = FIRST;
	table->options.capture_last = FIRST + (time_ns)(span * 1e9);
}

static void add_close(struct table *table, double start, double close)
{
	size_t i = table->connection_count++;

	table->connections[i] = (struct align_connection){.id = (uint32_t)i + 1,
							  .start = FIRST + (time_ns)(start * 1e9),
							  .close = FIRST + (time_ns)(close * 1e9),
							  .weight = 1};
}

/* time is on the capture's clock; the event's second is that of time + offset, cut off. */
static void add_incident(struct table *table, double time, double offset, uint32_t index)
{
	size_t i = table->incident_count++;

	table->incidents[i] = (struct incident){.id = (uint32_t)i + 1,
						.lpi = {1, 15, index},
						.cb = 12,
						.t_local = FIRST_S + (int64_t)floor(time + 0.25 + offset)};
}

static void run(struct table *table)
{
	align(table->connections, table->connection_count, table->incidents, table->incident_count, &table->options,
	      &table->clock, table->matches, NULL, 0);
}

/* Places that repeat nowhere: multiples of the golden section. */
static double scattered(unsigned i, double span)
{
	return fmod((i + 1) * 0.6180339887498949, 1) * span;
}

static void scatter(struct table *table, unsigned count, double span, double offset, double drift)
{
	for (unsigned i = 0; i < count; i++) {
		/* The golden section is too even to be true: squares break its own repeats. */
		double close = span * pow(scattered(i, 1), 1.5);
		add_close(table, close - 20, close);
		add_incident(table, close + 0.05 + close * drift, offset, i % 250 + 1);
	}
}

static void expect_none(const struct table *table)
{
	assert_int_equal(table->clock.method, CLOCK_NOTHING);
	assert_int_equal(table->clock.matched, 0);
	for (size_t i = 0; i < table->incident_count; i++) {
		assert_int_equal(table->matches[i].confidence, MATCH_NONE);
		assert_int_equal(table->matches[i].connection, 0);
		assert_true(table->matches[i].time == TIME_NONE);
		assert_true(isnan(table->matches[i].lag_s));
	}
}

static void expect_named(const struct table *table)
{
	for (size_t i = 0; i < table->incident_count; i++) {
		assert_true(table->matches[i].confidence >= MATCH_PROBABLE);
		assert_int_equal(table->matches[i].connection, i + 1);
		assert_int_equal(table->matches[i].candidates[0], i + 1);
	}
	assert_int_equal(table->clock.matched, table->incident_count);
}

static void test_nothing(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 100);
	run(&table);
	expect_none(&table);
	add_incident(&table, 10, 0, 1);
	run(&table);
	expect_none(&table);
	table_init(&table, 100);
	add_close(&table, 10, 20);
	run(&table);
	expect_none(&table);
	/* An event without a time. */
	add_incident(&table, 20, 0, 1);
	table.incidents[0].t_local = INT64_MIN;
	run(&table);
	expect_none(&table);
	table.incidents[0].t_local = INT64_MAX;
	run(&table);
	expect_none(&table);
}

static void test_single_pair_needs_the_zone(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 600);
	add_close(&table, 270, 300);
	add_incident(&table, 300.1, -18000, 12);
	run(&table);
	expect_none(&table);
	table.options.has_zone = true;
	table.options.zone_s = -18000;
	run(&table);
	assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
	expect_named(&table);
	assert_true(fabs(table.clock.offset_s + 18000) < 1.5);
	assert_true(fabs(table.matches[0].lag_s) < 1.5);
}

static void test_few_pairs_without_zone(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 3600);
	scatter(&table, 5, 3600, -17963, 0);
	for (unsigned i = 20; i < 35; i++)
		add_close(&table, scattered(i, 3600) - 30, scattered(i, 3600));
	run(&table);
	assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
	expect_named(&table);
	assert_true(fabs(table.clock.offset_s + 17963) < 0.7);
	assert_true(table.clock.p_chance < 1e-3);
}

static void test_other_day(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 3600);
	scatter(&table, 60, 3600, 86400.0 * 3, 0);
	run(&table);
	expect_none(&table);
}

static void test_offset_given(void **state)
{
	struct table table;

	(void)state;
	/* Even far beyond any zone. */
	table_init(&table, 3600);
	scatter(&table, 12, 3600, 86400.0 * 3 + 0.4, 0);
	table.options.has_offset = true;
	table.options.offset_s = 86400.0 * 3 + 0.4;
	run(&table);
	assert_int_equal(table.clock.method, CLOCK_GIVEN);
	assert_true(table.clock.offset_s == table.options.offset_s);
	assert_true(isnan(table.clock.p_chance));
	expect_named(&table);
	/* With the wrong one nothing matches, but the clock stays given. */
	table.options.offset_s = 86400.0 * 2;
	run(&table);
	assert_int_equal(table.clock.method, CLOCK_GIVEN);
	for (size_t i = 0; i < table.incident_count; i++)
		assert_int_equal(table.matches[i].confidence, MATCH_NONE);
}

static void test_zones(void **state)
{
	static const double offsets[] = {19800 + 41.3, 20700 - 12, -12600, 50400 + 600, -43200 - 1000, 0.2};
	struct table table;

	(void)state;
	for (size_t k = 0; k < sizeof(offsets) / sizeof(offsets[0]); k++) {
		table_init(&table, 7200);
		scatter(&table, 40, 7200, offsets[k], 0);
		run(&table);
		assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
		assert_true(fabs(table.clock.offset_s - offsets[k]) < 0.5);
		expect_named(&table);
	}
}

static void test_drift_over_a_day(void **state)
{
	struct table table;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		table_init(&table, 86400);
		scatter(&table, 120, 86400, 3600 + 25, sign * 200e-6);
		run(&table);
		assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
		assert_true(fabs(table.clock.drift_ppm - sign * 200) < 10);
		assert_true(fabs(table.clock.offset_s - 3625) < 1);
		expect_named(&table);
	}
}

static void test_burst(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 3600);
	scatter(&table, 12, 3600, 3600, 0);
	for (unsigned i = 0; i < 8; i++) {
		add_close(&table, 1900, 2000.3 + i * 0.02);
		add_incident(&table, 2000.6, 3600, 100 + i);
	}
	run(&table);
	for (size_t i = 12; i < 20; i++) {
		uint32_t seen = 0;
		assert_int_equal(table.matches[i].confidence, MATCH_AMBIGUOUS);
		assert_int_equal(table.matches[i].candidate_count, 8);
		for (uint32_t k = 0; k < 8; k++)
			seen |= UINT32_C(1) << (table.matches[i].candidates[k] - 13);
		assert_int_equal(seen, 0xff);
	}
}

/* Two incidents of one LPI and three closes: the first two overlap, so that one incident has the third. */
static void test_lpi_excludes(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 3600);
	scatter(&table, 30, 3600, 3600, 0);
	for (int same = 0; same < 2; same++) {
		table.connection_count = table.incident_count = 30;
		add_close(&table, 1990, 2000.00);
		add_close(&table, 2000.01, 2000.40);
		add_close(&table, 1985, 2000.05);
		add_incident(&table, 2000.1, 3600, 200);
		add_incident(&table, 2000.5, 3600, same ? 200 : 201);
		run(&table);
		assert_int_equal(table.matches[30].confidence, MATCH_AMBIGUOUS);
		if (same) {
			/* 31 and 32 touch; 33 overlaps both, and so is out for either. */
			assert_true(table.matches[30].connection != 33);
			assert_true(table.matches[31].connection != 33);
		}
	}
}

static void test_periodic_trap(void **state)
{
	struct table table;

	(void)state;
	/* One client, one try a minute, to the millisecond, and a log that goes on before and after. */
	table_init(&table, 3600);
	for (unsigned i = 0; i < 60; i++)
		add_close(&table, i * 60 - 15, 15 + i * 60);
	for (unsigned i = 0; i < 300; i++)
		add_incident(&table, 15.05 + i * 60.0 - 7200, 7200 + 25, 1);
	run(&table);
	assert_true(table.clock.method == CLOCK_NOTHING || fabs(table.clock.offset_s - 7225) < 1);
	for (size_t i = 0; i < table.incident_count; i++)
		assert_true(table.matches[i].confidence != MATCH_CERTAIN);
}

static void test_order_of_input(void **state)
{
	struct table table, turned;

	(void)state;
	table_init(&table, 3600);
	scatter(&table, 60, 3600, -7200 + 12.5, 20e-6);
	for (unsigned i = 0; i < 30; i++)
		add_close(&table, scattered(i + 70, 3600) - 30, scattered(i + 70, 3600));
	turned = table;
	for (size_t i = 0; i < table.connection_count; i++)
		turned.connections[i] = table.connections[table.connection_count - 1 - i];
	run(&table);
	run(&turned);
	assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
	assert_memory_equal(&table.clock, &turned.clock, sizeof(table.clock));
	assert_memory_equal(table.matches, turned.matches, sizeof(table.matches));
	for (size_t i = 0; i < table.incident_count; i++)
		turned.incidents[i] = table.incidents[table.incident_count - 1 - i];
	run(&turned);
	for (size_t i = 0; i < table.incident_count; i++)
		assert_memory_equal(&table.matches[i], &turned.matches[table.incident_count - 1 - i],
				    sizeof(table.matches[0]));
}

static void test_same_again(void **state)
{
	struct table table, again;

	(void)state;
	table_init(&table, 3600);
	scatter(&table, 100, 3600, 3600, 0);
	again = table;
	run(&table);
	run(&again);
	assert_memory_equal(&table, &again, sizeof(table));
}

static void test_two_sources(void **state)
{
	struct table table;

	(void)state;
	/* One log in local time, one in UTC. */
	table_init(&table, 7200);
	scatter(&table, 60, 7200, -18000 + 3, 0);
	for (size_t i = 1; i < 60; i += 2) {
		table.incidents[i].source = 1;
		table.incidents[i].t_local += 18000;
	}
	run(&table);
	assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(table.matches[i].connection, i + 1);
}

static void test_times(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 7200);
	scatter(&table, 200, 7200, 3600 + 7.25, 0);
	run(&table);
	for (size_t i = 0; i < table.incident_count; i++) {
		double middle = (double)(table.incidents[i].t_local - FIRST_S) + 0.5 - 0.25 - 3607.25;
		assert_true(fabs((double)(table.matches[i].time - FIRST) / 1e9 - middle) < 0.3);
		assert_true(fabs(table.matches[i].lag_s -
				 (double)(table.matches[i].time - table.connections[i].close) / 1e9) < 1e-5);
		assert_true(table.matches[i].score > 0.9 && table.matches[i].score <= 1);
	}
}

/* Two incidents alone do not tell an offset of odd minutes; callers and refusals at the same one do. */
static void test_anchors(void **state)
{
	struct align_anchor anchors[12];
	struct align_mark marks[12];
	struct table table;

	(void)state;
	table_init(&table, 7200);
	for (unsigned i = 0; i < 40; i++)
		add_close(&table, scattered(i, 7000), scattered(i, 7000) + 20);
	add_incident(&table, scattered(3, 7000) + 20.05, 3847, 1);
	add_incident(&table, scattered(8, 7000) + 20.05, 3847, 2);
	run(&table);
	expect_none(&table);
	for (unsigned i = 0; i < 12; i++) {
		double time = 7000 * pow(scattered(i + 90, 1), 1.5);
		enum anchor_kind kind = i % 2 == 0 ? ANCHOR_CALLER : ANCHOR_CONNECT;
		uint32_t party = i % 2 == 0 ? i : 10061;
		anchors[i] = (struct align_anchor){
		    .kind = kind, .party = party, .t_local = FIRST_S + (int64_t)floor(time + 0.05 + 0.25 + 3847)};
		marks[i] = (struct align_mark){kind, party, FIRST + (time_ns)(time * 1e9)};
	}
	table.options.anchors = anchors;
	table.options.marks = marks;
	table.options.anchor_count = table.options.mark_count = 12;
	run(&table);
	assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
	assert_true(fabs(table.clock.offset_s - 3847) < 1);
	assert_int_equal(table.clock.anchors[ANCHOR_INCIDENT], 2);
	assert_int_equal(table.clock.anchors[ANCHOR_CALLER], 6);
	assert_int_equal(table.clock.anchors[ANCHOR_CONNECT], 6);
	assert_int_equal(table.matches[0].connection, 4);
	assert_int_equal(table.matches[1].connection, 9);
	/* Another caller's connections are no marks of this one. */
	for (unsigned i = 0; i < 12; i++)
		anchors[i].party += 1000;
	run(&table);
	expect_none(&table);
}

/* The true offset lies in the interval, which is a second or two wide at most. */
static void test_interval(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, 7200);
	scatter(&table, 60, 7200, 3600 + 7.25, 0);
	run(&table);
	assert_true(table.clock.offset_low_s < 3607.25 && table.clock.offset_high_s > 3607.25);
	assert_true(table.clock.offset_high_s - table.clock.offset_low_s < 2);
	assert_true(table.clock.offset_low_s <= table.clock.offset_s &&
		    table.clock.offset_s <= table.clock.offset_high_s);
}

/* Clocks put back by an hour in the middle: the log's order of writing tells the hour that comes twice apart. */
static void test_step(void **state)
{
	struct table table;
	double close[120];
	uint32_t first_after = 0;

	(void)state;
	table_init(&table, 14400);
	for (unsigned i = 0; i < 120; i++)
		close[i] = 14400 * pow(scattered(i, 1), 1.5);
	for (unsigned i = 0; i < 120; i++) {
		bool after = close[i] > 7000;
		add_close(&table, close[i] - 5, close[i]);
		add_incident(&table, close[i] + 0.05, after ? -3600 : 0, i + 1);
		/* Its place in the order of writing. */
		table.incidents[i].event_count = 1;
		for (unsigned k = 0; k < 120; k++)
			table.incidents[i].events[0] += close[k] <= close[i];
		if (after && (first_after == 0 || close[i] < close[first_after - 1]))
			first_after = i + 1;
	}
	run(&table);
	assert_int_equal(table.clock.method, CLOCK_ESTIMATED);
	assert_int_equal(table.clock.step_count, 1);
	assert_true(fabs(table.clock.steps[0].by_s + 3600) < 1);
	assert_int_equal(table.clock.steps[0].incident, first_after);
	assert_true(fabs(table.clock.offset_s) < 1);
	for (size_t i = 0; i < table.incident_count; i++)
		assert_int_equal(table.matches[i].connection, i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_single_pair_needs_the_zone),
	    cmocka_unit_test(test_few_pairs_without_zone),
	    cmocka_unit_test(test_other_day),
	    cmocka_unit_test(test_offset_given),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_drift_over_a_day),
	    cmocka_unit_test(test_burst),
	    cmocka_unit_test(test_lpi_excludes),
	    cmocka_unit_test(test_periodic_trap),
	    cmocka_unit_test(test_order_of_input),
	    cmocka_unit_test(test_same_again),
	    cmocka_unit_test(test_two_sources),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_anchors),
	    cmocka_unit_test(test_interval),
	    cmocka_unit_test(test_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
