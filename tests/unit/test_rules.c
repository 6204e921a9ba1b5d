/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule engine: what is shown, what may be, what does not hold, and on which signs. */
#include "origin/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS = 6 };

/* A log of up to EVENTS events, and the capture's clock for it. */
struct logged {
	struct event events[EVENTS];
	time_ns times[EVENTS];
	const char *sources[1];
	struct clock_estimate clock;
	struct event_log log;
};

static const struct address caller = {.family = 4, .bytes = {10, 20, 1, 7}};

static void log_begin(struct logged *logged)
{
	*logged = (struct logged){.sources = {"ev0.log"}, .clock = {.method = CLOCK_ESTIMATED, .offset_s = -17963}};
	logged->log = (struct event_log){.sources = logged->sources, .source_count = 1, .events = logged->events};
}

static struct event *log_event(struct logged *logged, int32_t number, time_ns time)
{
	size_t i = logged->log.event_count++;

	logged->times[i] = time;
	logged->events[i] = (struct event){.id = (uint32_t)i + 1,
					   .number = number,
					   .cb = EVENT_LACKS,
					   .error_code = EVENT_LACKS,
					   .socket_error = EVENT_LACKS};
	return &logged->events[i];
}

/* Connections that the server closed soon, n of them, at second 100 and each a minute after the one before. */
static void closed_soon(struct subject *subjects, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		time_ns first = (100 + 60 * (time_ns)i) * NS_PER_S;
		subjects[i] = (struct subject){.id = (uint32_t)i + 1,
					       .client = caller,
					       .first = first,
					       .last = first + NS_PER_S,
					       .signs = sign_bit(SIGN_CLOSED_SOON) | sign_bit(SIGN_TURNED_AWAY) |
							sign_bit(SIGN_NO_OK) | sign_bit(SIGN_REQUEST_ACKED)};
	}
}

static struct citations apply(const struct logged *logged, const struct subject *subjects, size_t count)
{
	struct log_sights sights = log_sights_make(&logged->log, logged->times, &logged->clock);
	struct citations citations = rules_apply(CAUSE_OF_FAILURES, "slow-answer", subjects, count, &sights);

	log_sights_free(&sights);
	return citations;
}

static const struct citation *of(const struct citations *citations, const char *name)
{
	for (size_t i = 0; i < citations->count; i++)
		if (strcmp(citations->list[i].cause->name, name) == 0)
			return &citations->list[i];
	return NULL;
}

static void test_shown_for_the_connection_beside_the_event(void **state)
{
	struct logged logged;
	struct subject subjects[2];

	(void)state;
	log_begin(&logged);
	log_event(&logged, 9301, 160 * NS_PER_S)->peer = caller;
	closed_soon(subjects, 2);
	struct citations citations = apply(&logged, subjects, 2);
	const struct citation *citation = of(&citations, "caller-unknown");
	assert_non_null(citation);
	assert_true(citation->shown);
	assert_int_equal(citation->count, 1);
	assert_int_equal(citation->ids[0], 2);
	assert_int_equal(citation->seen, sign_bit(SIGN_CLOSED_SOON) | sign_bit(SIGN_EVENT_CALLER));
	assert_int_equal(citation->unseen, 0);
	/* The narrower one first, then what the origin's rule says of both. */
	assert_ptr_equal(citation, &citations.list[0]);
	assert_int_equal(of(&citations, "slow-answer")->count, 2);
	/* 9301 rules it out for the one; for the other its own event is missing. */
	assert_null(of(&citations, "selector-mismatch"));
	citations_free(&citations);
}

static void test_another_callers_event_counts_for_nothing(void **state)
{
	struct logged logged;
	struct subject subject;

	(void)state;
	log_begin(&logged);
	log_event(&logged, 9301, 100 * NS_PER_S)->peer = (struct address){.family = 4, .bytes = {10, 20, 1, 8}};
	closed_soon(&subject, 1);
	struct citations citations = apply(&logged, &subject, 1);
	assert_null(of(&citations, "caller-unknown"));
	citations_free(&citations);
}

static void test_the_time_around_a_connection(void **state)
{
	/* Its first packet is at 100 s, its last at 101 s. */
	static const struct {
		time_ns ms;
		bool near;
	} cases[] = {{96999, false}, {97000, true}, {111000, true}, {111001, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct logged logged;
		struct subject subject;
		log_begin(&logged);
		log_event(&logged, 4293, cases[i].ms * NS_PER_MS);
		closed_soon(&subject, 1);
		struct citations citations = apply(&logged, &subject, 1);
		assert_int_equal(of(&citations, "selector-mismatch") != NULL, cases[i].near);
		citations_free(&citations);
	}
}

static void test_without_a_log_it_may_be(void **state)
{
	struct logged logged;
	struct subject subject;

	(void)state;
	log_begin(&logged);
	logged.log.source_count = 0;
	closed_soon(&subject, 1);
	struct citations citations = apply(&logged, &subject, 1);
	const struct citation *citation = of(&citations, "caller-unknown");
	assert_non_null(citation);
	assert_false(citation->shown);
	assert_int_equal(citation->unseen, sign_bit(SIGN_EVENT_CALLER) | sign_bit(SIGN_EVENT_ACCEPT));
	/* What is shown goes first. */
	assert_string_equal(citations.list[0].cause->name, "slow-answer");
	/* One that would fit any slow answer is not told of as possible. */
	assert_null(of(&citations, "control-blocks-exhausted"));
	citations_free(&citations);
}

static void test_a_log_without_a_clock_is_none(void **state)
{
	struct logged logged;
	struct subject subject;

	(void)state;
	log_begin(&logged);
	log_event(&logged, 9301, TIME_NONE)->peer = caller;
	logged.clock.method = CLOCK_NOTHING;
	closed_soon(&subject, 1);
	struct citations citations = apply(&logged, &subject, 1);
	assert_non_null(of(&citations, "caller-unknown"));
	assert_false(of(&citations, "caller-unknown")->shown);
	citations_free(&citations);
}

static void test_what_rules_out(void **state)
{
	struct logged logged;
	struct subject subject;

	(void)state;
	log_begin(&logged);
	log_event(&logged, 4293, 100 * NS_PER_S);
	closed_soon(&subject, 1);
	struct citations citations = apply(&logged, &subject, 1);
	assert_true(of(&citations, "selector-mismatch")->shown);
	citations_free(&citations);
	log_event(&logged, 9301, 101 * NS_PER_S)->peer = caller;
	citations = apply(&logged, &subject, 1);
	assert_null(of(&citations, "selector-mismatch"));
	citations_free(&citations);
}

static void test_the_least_number(void **state)
{
	(void)state;
	for (size_t count = 2; count <= 3; count++) {
		struct logged logged;
		struct subject subjects[3];
		log_begin(&logged);
		for (size_t i = 0; i < 3; i++)
			log_event(&logged, 9156, (100 + 60 * (time_ns)i) * NS_PER_S)->text = "network type 1";
		closed_soon(subjects, count);
		struct citations citations = apply(&logged, subjects, count);
		assert_int_equal(of(&citations, "control-blocks-exhausted") != NULL, count == 3);
		citations_free(&citations);
	}
}

static void test_network_types(void **state)
{
	static const struct {
		const char *text;
		bool tcp;
	} cases[] = {{"no free control blocks for network type 1. The configured count is 20", true},
		     {"1, 20, BASE IL, TCP/IP DRVR, 8, 256", true},
		     {"network type 5. The configured count is 1", false},
		     {"network type 10", false},
		     {"", false},
		     {NULL, false}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct logged logged;
		struct subject subject;
		log_begin(&logged);
		log_event(&logged, 9156, 100 * NS_PER_S)->text = cases[i].text;
		closed_soon(&subject, 1);
		struct log_sights sights = log_sights_make(&logged.log, logged.times, &logged.clock);
		assert_int_equal(sign_look(SIGN_EVENT_BLOCKS, &subject, &sights),
				 cases[i].tcp ? SIGHT_SEEN : SIGHT_ABSENT);
		log_sights_free(&sights);
	}
}

static void test_zones(void **state)
{
	static const struct {
		double offset_s;
		bool utc;
		enum sight sight;
	} cases[] = {{19800, false, SIGHT_SEEN},    {-12600 + 37, false, SIGHT_SEEN}, {18000, false, SIGHT_ABSENT},
		     {-17963, false, SIGHT_ABSENT}, {20700, false, SIGHT_ABSENT},     {1800, true, SIGHT_HIDDEN}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct logged logged;
		log_begin(&logged);
		log_event(&logged, 4282, 100 * NS_PER_S)->utc = cases[i].utc;
		logged.clock.offset_s = cases[i].offset_s;
		struct log_sights sights = log_sights_make(&logged.log, logged.times, &logged.clock);
		assert_int_equal(sign_look(SIGN_HALF_HOUR, &(struct subject){0}, &sights), cases[i].sight);
		log_sights_free(&sights);
	}
}

static void test_an_event_given_twice_is_one(void **state)
{
	struct logged logged;
	struct subject subject;

	(void)state;
	log_begin(&logged);
	log_event(&logged, 4293, 500 * NS_PER_S);
	/* The copy's time is that of another clock: it must not count. */
	log_event(&logged, 4293, 100 * NS_PER_S)->duplicate_of = 1;
	closed_soon(&subject, 1);
	struct citations citations = apply(&logged, &subject, 1);
	assert_null(of(&citations, "selector-mismatch"));
	citations_free(&citations);
}

/* Every entry has a rule, and every sign that one names has words. */
static void test_the_catalogue_is_whole(void **state)
{
	const struct cause *cause;

	(void)state;
	for (size_t i = 0; (cause = catalogue_at(i)) != NULL; i++) {
		assert_int_not_equal(cause->needs[0], SIGN_NONE);
		assert_int_equal(cause->named, cause->needs[0] == SIGN_JUDGED);
		for (size_t k = 0; k < CAUSE_SIGNS && cause->needs[k] != SIGN_NONE; k++)
			assert_non_null(sign_words(cause->needs[k]));
	}
	assert_null(sign_words(SIGN_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shown_for_the_connection_beside_the_event),
	    cmocka_unit_test(test_another_callers_event_counts_for_nothing),
	    cmocka_unit_test(test_the_time_around_a_connection),
	    cmocka_unit_test(test_without_a_log_it_may_be),
	    cmocka_unit_test(test_a_log_without_a_clock_is_none),
	    cmocka_unit_test(test_what_rules_out),
	    cmocka_unit_test(test_the_least_number),
	    cmocka_unit_test(test_network_types),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_an_event_given_twice_is_one),
	    cmocka_unit_test(test_the_catalogue_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
