/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the live view is made of: figures of the last minutes, and a picture that fits and harms no terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"

#include <math.h>
#include <stdio.h>

#define START (INT64_C(1014752600) * NS_PER_S)

static const struct endpoint client = {.ip = {.family = 4, .bytes = {10, 20, 1, 9}}, .port = 1042};
static const struct endpoint server = {.ip = {.family = 4, .bytes = {10, 20, 0, 1}}, .port = 102};

static void reach(struct recent *recent, uint32_t id, time_ns syn, enum milestone milestone, time_ns at)
{
	struct live live = {.id = id,
			    .client = &client,
			    .server = &server,
			    .syn = moment_at(syn, 1, 1),
			    .synack = moment_at(syn, 2, 1),
			    .established = moment_at(syn, 3, 1),
			    .request = moment_at(syn, 4, 1),
			    .ok = MOMENT_NONE,
			    .close = MOMENT_NONE};
	struct moment moment = moment_at(at, 5, 1);

	recent_reached(recent, &live, milestone, &moment);
}

static void judge_one(struct recent *recent, uint32_t id, time_ns at, enum outcome outcome)
{
	struct connection connection = {.id = id,
					.client = client,
					.server = server,
					.first = moment_at(at, 1, 1),
					.last = moment_at(at, 5, 1),
					.wait_us = CONNECTION_NONE_US,
					.outcome = outcome,
					.origin = ORIGIN_SERVER_TCP,
					.confidence = 0.9F};

	for (unsigned i = 0; i < MILESTONES; i++)
		connection.milestones[i] = MOMENT_NONE;
	recent_judged(recent, &connection);
}

static void figures_are_those_of_the_last_minutes(void **state)
{
	struct recent *recent = recent_new();
	struct recent_figures figures = recent_figures(recent, START);

	(void)state;
	assert_int_equal(figures.ok_count, 0);
	assert_int_equal(figures.ok_us_p50, -1);
	assert_int_equal(recent_step(recent, START, 0).ok_us_max, -1);
	/* One that is too old by now, and a hundred of 1 to 100 ms. */
	reach(recent, 1, START - 301 * NS_PER_S, MILESTONE_OK, START - 300 * NS_PER_S);
	for (int64_t i = 1; i <= 100; i++) {
		reach(recent, 1, START - 20 * NS_PER_S, MILESTONE_SYN, START - 5 * NS_PER_S);
		reach(recent, 1, START - 5 * NS_PER_S, MILESTONE_OK, START - 5 * NS_PER_S + i * NS_PER_MS);
	}
	figures = recent_figures(recent, START);
	assert_int_equal(figures.ok_count, 100);
	assert_int_equal(figures.ok_us_p50, 50000);
	assert_int_equal(figures.ok_us_p95, 95000);
	assert_int_equal(figures.ok_us_max, 100000);
	assert_true(fabs(figures.arrivals_per_s - 10.0) < 1e-9);
	struct recent_step step = recent_step(recent, START, 1);
	assert_int_equal(step.arrivals, 100);
	assert_int_equal(step.ok_us_max, 100000);
	assert_int_equal(recent_step(recent, START, 0).arrivals, 0);
	assert_int_equal(recent_step(recent, START + 3600 * NS_PER_S, 1).arrivals, 0);
	recent_free(recent);
}

static void failures_stand_by_their_times(void **state)
{
	struct recent *recent = recent_new();

	(void)state;
	reach(recent, 7, START, MILESTONE_CLOSE, START + 5 * NS_PER_S);
	assert_false(recent_failure(recent, 0)->judged);
	assert_int_equal(recent_failure(recent, 0)->wait_us, 5000000);
	/* What is judged later failed before; what did not fail is no failure. */
	judge_one(recent, 3, START + NS_PER_S, OUTCOME_SYN_REFUSED);
	judge_one(recent, 4, START + 2 * NS_PER_S, OUTCOME_OK);
	judge_one(recent, 5, START + 2 * NS_PER_S, OUTCOME_PENDING);
	assert_int_equal(recent_failure(recent, 0)->id, 7);
	assert_int_equal(recent_failure(recent, 1)->id, 3);
	assert_null(recent_failure(recent, 2));
	judge_one(recent, 7, START + 5 * NS_PER_S, OUTCOME_NO_OK);
	assert_true(recent_failure(recent, 0)->judged);
	assert_int_equal(recent_step(recent, START + 6 * NS_PER_S, 0).failures, 2);
	for (uint32_t i = 0; i < 200; i++)
		judge_one(recent, 100 + i, START + (time_ns)(i % 2 ? 300 - i : i) * NS_PER_S, OUTCOME_NO_OK);
	for (size_t i = 1; i < RECENT_FAILURES; i++)
		assert_true(recent_failure(recent, i)->time <= recent_failure(recent, i - 1)->time);
	assert_null(recent_failure(recent, RECENT_FAILURES));
	recent_free(recent);
}

/* More than the list holds fail before the first of them is judged. */
static void a_failure_counts_once(void **state)
{
	struct recent *recent = recent_new();

	(void)state;
	for (uint32_t i = 0; i < 2 * RECENT_FAILURES; i++)
		reach(recent, 1 + i, START, MILESTONE_CLOSE, START + i * NS_PER_MS);
	for (uint32_t i = 0; i < 2 * RECENT_FAILURES; i++) {
		struct connection connection = {.id = 1 + i, .outcome = OUTCOME_NO_OK};
		for (unsigned k = 0; k < MILESTONES; k++)
			connection.milestones[k] = MOMENT_NONE;
		connection.milestones[MILESTONE_ESTABLISHED] = moment_at(START, 3, 1);
		connection.milestones[MILESTONE_CLOSE] = moment_at(START + i * NS_PER_MS, 5, 1);
		recent_judged(recent, &connection);
	}
	assert_int_equal(recent_step(recent, START, 0).failures, 2 * RECENT_FAILURES);
	recent_free(recent);
}

/* Whatever the size, and whatever stands in names and warnings. */
static void a_picture_fits_and_is_harmless(void **state)
{
	static const unsigned sizes[][2] = {{80, 24}, {40, 5}, {55, 14}, {160, 60}, {100, 20}};
	static const char hostile[] = "\033]0;x\007\n\r\t\xff\xfe \u202e\xc2\x9b"
				      "31m \xc3";
	struct recent *recent = recent_new();
	struct let_go let_go = {.half_open = UINT64_MAX, .services = 3};
	uint64_t origins[ORIGINS];
	struct warning warnings[40] = {0};

	(void)state;
	for (unsigned i = 0; i < ORIGINS; i++)
		origins[i] = UINT64_MAX / 100;
	for (uint32_t i = 0; i < 100; i++)
		judge_one(recent, i + 1, START + (time_ns)i * NS_PER_S, OUTCOME_NO_OK);
	for (unsigned i = 0; i < 40; i++) {
		warnings[i] = (struct warning){.kind = (enum warning_kind)(i % WARNING_KINDS), .time = START};
		snprintf(warnings[i].says, sizeof warnings[i].says, "%s%0200u", hostile, i);
	}
	struct board board = {.now = START + 100 * NS_PER_S,
			      .since = START - 40 * 86400 * NS_PER_S,
			      .interfaces = hostile,
			      .packets = UINT64_MAX,
			      .waiting = 12,
			      .longest = 3 * NS_PER_S,
			      .origins = origins,
			      .recent = recent,
			      .let_go = &let_go,
			      .ring_folder = hostile,
			      .has_log = true,
			      .clock_offset_s = NAN,
			      .incident_warnings = warnings,
			      .warnings = warnings,
			      .incident_warning_count = 40,
			      .warning_count = 40};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char *picture = NULL;
		size_t length = 0, lines = 0, column = 0;
		FILE *out = open_memstream(&picture, &length);
		struct text_form form = {.width = sizes[i][0]};
		struct text text;
		assert_non_null(out);
		text_init(&text, out, &form);
		board_draw(&text, &board, sizes[i][1]);
		text_free(&text);
		fclose(out);
		for (size_t k = 0; k < length; k++) {
			if (picture[k] == '\n') {
				lines++;
				column = 0;
				continue;
			}
			assert_in_range((unsigned char)picture[k], 0x20, 0x7e);
			assert_true(++column <= sizes[i][0]);
		}
		assert_int_equal(column, 0);
		/* Of a window that is not even high enough for the figures only the first lines are seen. */
		if (sizes[i][1] >= 20)
			assert_int_equal(lines, sizes[i][1]);
		assert_non_null(strstr(picture, "wait for the OK   12"));
		free(picture);
	}
	recent_free(recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(figures_are_those_of_the_last_minutes),
	    cmocka_unit_test(failures_stand_by_their_times),
	    cmocka_unit_test(a_failure_counts_once),
	    cmocka_unit_test(a_picture_fits_and_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
