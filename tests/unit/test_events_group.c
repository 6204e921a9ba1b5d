/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events into incidents. */
#include "events_log.h"

#include <stdio.h>
#include <time.h>

enum { TEXT_SIZE = 4096 };

struct script {
	char text[TEXT_SIZE];
	size_t length;
};

static void close_request(struct script *script, unsigned index, unsigned second)
{
	script->length += (size_t)snprintf(script->text + script->length, TEXT_SIZE - script->length,
					   "message NMI4258: Interface Event, severity 8\n"
					   "(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:%02upm\n"
					   "Message received at NSI:\ncb %u\nLPI 1-15-%u\nMessage type Close Request\n",
					   second, index, index);
}

static void bad_lpi(struct script *script, unsigned index, unsigned second, unsigned error)
{
	script->length += (size_t)snprintf(script->text + script->length, TEXT_SIZE - script->length,
					   "message NMI4283: Interface Event, severity 14\n"
					   "(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:%02upm\n"
					   "Bad LPIs in message\nBad LPI 1-15-%u\nError code = %u\n",
					   second, index, error);
}

static struct event_log grouped(const struct script *script)
{
	struct event_log log = log_of(script->text);

	assert_int_equal(log.problem_count, 0);
	event_log_group(&log);
	return log;
}

static void assert_incident(const struct event_log *log, size_t at, uint32_t index, const uint32_t *events,
			    uint32_t count)
{
	assert_true(at < log->incident_count);
	const struct incident *incident = &log->incidents[at];
	assert_int_equal(incident->id, at + 1);
	assert_int_equal(incident->lpi.index, index);
	assert_int_equal(incident->event_count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(incident->events[i], events[i]);
	assert_true(incident->t_local == log->events[events[0] - 1].t_local);
}

#define ASSERT_INCIDENT(log, at, index, ...)                                                                           \
	assert_incident((log), (at), (index), (const uint32_t[]){__VA_ARGS__},                                         \
			sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void test_without_close(void **state)
{
	struct script script = {0};
	(void)state;

	bad_lpi(&script, 9, 20, 8464);
	bad_lpi(&script, 8, 10, 8465);
	bad_lpi(&script, 7, 10, 8465);
	struct event_log log = grouped(&script);
	assert_int_equal(log.incident_count, 3);
	ASSERT_INCIDENT(&log, 0, 8, 2);
	ASSERT_INCIDENT(&log, 1, 7, 3);
	ASSERT_INCIDENT(&log, 2, 9, 1);
	assert_int_equal(log.incidents[0].cb, EVENT_LACKS);
	event_log_free(&log);
}

static void test_close_alone(void **state)
{
	struct script script = {0};
	(void)state;

	close_request(&script, 9, 20);
	close_request(&script, 8, 20);
	bad_lpi(&script, 7, 20, 8464);
	struct event_log log = grouped(&script);
	assert_int_equal(log.incident_count, 1);
	ASSERT_INCIDENT(&log, 0, 7, 3);
	event_log_free(&log);
}

static void test_nearest_close(void **state)
{
	struct script script = {0};
	(void)state;

	close_request(&script, 9, 10);
	close_request(&script, 9, 14);
	bad_lpi(&script, 9, 15, 8464);
	bad_lpi(&script, 9, 20, 8464);
	bad_lpi(&script, 9, 21, 8464);
	struct event_log log = grouped(&script);
	assert_int_equal(log.incident_count, 3);
	ASSERT_INCIDENT(&log, 0, 9, 1, 4);
	ASSERT_INCIDENT(&log, 1, 9, 2, 3);
	ASSERT_INCIDENT(&log, 2, 9, 5);
	assert_int_equal(log.incidents[1].cb, 9);
	event_log_free(&log);
}

static void test_close_too_early(void **state)
{
	struct script script = {0};
	(void)state;

	close_request(&script, 9, 10);
	bad_lpi(&script, 9, 21, 8464);
	close_request(&script, 8, 10);
	bad_lpi(&script, 8, 20, 8464);
	struct event_log log = grouped(&script);
	assert_int_equal(log.incident_count, 2);
	ASSERT_INCIDENT(&log, 0, 8, 3, 4);
	ASSERT_INCIDENT(&log, 1, 9, 2);
	event_log_free(&log);
}

/* The Close Request written after its failure: in the same second, or as the very next record. */
static void test_close_after(void **state)
{
	struct script script = {0};
	(void)state;

	bad_lpi(&script, 9, 20, 8464);
	close_request(&script, 9, 20);
	bad_lpi(&script, 8, 20, 8464);
	close_request(&script, 8, 21);
	bad_lpi(&script, 7, 20, 8464);
	bad_lpi(&script, 6, 30, 8464);
	close_request(&script, 7, 21);
	struct event_log log = grouped(&script);
	assert_int_equal(log.incident_count, 4);
	ASSERT_INCIDENT(&log, 0, 9, 1, 2);
	ASSERT_INCIDENT(&log, 1, 8, 3, 4);
	ASSERT_INCIDENT(&log, 2, 7, 5);
	event_log_free(&log);
}

static void test_same_second(void **state)
{
	struct script script = {0};
	(void)state;

	close_request(&script, 9, 20);
	bad_lpi(&script, 9, 20, 8464);
	bad_lpi(&script, 9, 20, 8465);
	bad_lpi(&script, 9, 20, 8465);
	bad_lpi(&script, 9, 20, 8465);
	bad_lpi(&script, 9, 22, 8465);
	struct event_log log = grouped(&script);
	assert_int_equal(log.duplicate_count, 0);
	assert_int_equal(log.incident_count, 2);
	ASSERT_INCIDENT(&log, 0, 9, 1, 2, 3, 4);
	ASSERT_INCIDENT(&log, 1, 9, 6);
	event_log_free(&log);
}

/* A copy of a log, and one that goes on where it overlaps. */
static void test_copies(void **state)
{
	struct script script = {0};
	struct script more = {0};
	(void)state;

	close_request(&script, 9, 20);
	bad_lpi(&script, 9, 20, 8464);
	more = script;
	bad_lpi(&more, 9, 40, 8464);
	struct event_log log = log_of(script.text);
	read_string(&log, "copy", script.text);
	read_string(&log, "ev1.log", more.text);
	event_log_group(&log);
	assert_int_equal(log.event_count, 7);
	assert_int_equal(log.duplicate_count, 4);
	assert_int_equal(log.events[2].duplicate_of, 1);
	assert_int_equal(log.events[5].duplicate_of, 2);
	assert_int_equal(log.incident_count, 2);
	ASSERT_INCIDENT(&log, 0, 9, 1, 2);
	ASSERT_INCIDENT(&log, 1, 9, 7);
	event_log_free(&log);
}

/* What one log has twice, the other has once and a third three times: three. */
static void test_copies_of_repeats(void **state)
{
	struct script one = {0};
	struct script two = {0};
	struct script three = {0};
	(void)state;

	bad_lpi(&one, 9, 20, 8464);
	two = one;
	bad_lpi(&two, 9, 20, 8464);
	three = two;
	bad_lpi(&three, 9, 20, 8464);
	struct event_log log = log_of(two.text);
	read_string(&log, "one", one.text);
	read_string(&log, "three", three.text);
	event_log_group(&log);
	assert_int_equal(log.duplicate_count, 3);
	assert_int_equal(log.events[2].duplicate_of, 1);
	assert_int_equal(log.events[3].duplicate_of, 1);
	assert_int_equal(log.events[4].duplicate_of, 2);
	assert_int_equal(log.events[5].duplicate_of, 0);
	event_log_free(&log);
}

static void test_two_servers(void **state)
{
	struct script one = {0};
	struct script two = {0};
	(void)state;

	close_request(&one, 9, 20);
	bad_lpi(&two, 9, 20, 8464);
	struct event_log log = log_of(one.text);
	read_string(&log, "other", two.text);
	event_log_group(&log);
	assert_int_equal(log.incident_count, 1);
	assert_int_equal(log.incidents[0].source, 1);
	assert_int_equal(log.incidents[0].event_count, 1);
	event_log_free(&log);
}

static void test_empty(void **state)
{
	struct event_log log;
	(void)state;

	event_log_init(&log);
	event_log_group(&log);
	assert_int_equal(log.incident_count, 0);
	event_log_free(&log);
	event_log_free(&log);
}

/* A hundred thousand failures, and as many closes of one single LPI: the time is that of a sort. */
static void test_many(void **state)
{
	enum { COUNT = 100000 };
	struct event_log log;
	char *text = malloc((size_t)COUNT * 160);
	size_t length = 0;
	(void)state;

	assert_non_null(text);
	for (int i = 0; i < COUNT; i++)
		length += (size_t)sprintf(text + length,
					  "message NMI4283: Interface Event, severity 14\n"
					  "(POP4 POP4 UP(7) Proc 228) 02-%02d-02 %02d:%02d:%02d\n"
					  "Bad LPIs in message\nBad LPI 1-15-12\nError code = 8464\n",
					  1 + i / 86400, i / 3600 % 24, i / 60 % 60, i % 60);
	event_log_init(&log);
	assert_true(event_log_read(&log, "ev0.log", (const uint8_t *)text, length));
	assert_int_equal(log.event_count, COUNT);
	clock_t before = clock();
	event_log_group(&log);
	double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
	assert_int_equal(log.incident_count, COUNT);
	print_message("%d incidents grouped in %.3f s\n", COUNT, seconds);
	/* Sanitizers and a loaded machine are allowed for; what is quadratic takes minutes. */
	assert_true(seconds < 10);
	event_log_free(&log);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without_close), cmocka_unit_test(test_close_alone),
	    cmocka_unit_test(test_nearest_close), cmocka_unit_test(test_close_too_early),
	    cmocka_unit_test(test_close_after),   cmocka_unit_test(test_same_second),
	    cmocka_unit_test(test_copies),        cmocka_unit_test(test_copies_of_repeats),
	    cmocka_unit_test(test_two_servers),   cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
