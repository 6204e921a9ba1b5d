/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict says what is true of each case, and no more. */
#include "made_analysis.h"

#include "report/verdict.h"

#include <stdlib.h>
#include <unistd.h>

#define NBSP "\u00a0"

static struct verdict verdict_of(struct made *made)
{
	struct verdict verdict;
	struct view view;

	view_make(&view, &made->analysis);
	verdict_make(&verdict, &view);
	view_free(&view);
	return verdict;
}

static struct made *overloaded(unsigned failures)
{
	struct made *made = made_new("none.pcap");

	for (unsigned i = 0; i < failures; i++)
		made_failure(made, 1000 * i, 30000);
	return made;
}

static void test_lines_up(void **state)
{
	(void)state;
	struct made *made = overloaded(23);

	for (uint32_t i = 1; i <= 21; i++)
		made_incident(made, i, i <= 20 ? MATCH_PROBABLE : MATCH_AMBIGUOUS);
	for (unsigned i = 0; i < 4; i++)
		made_incident(made, 0, MATCH_NONE);
	made_clock(made);
	made_sum_up(made, 120);
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_FAILURES);
	assert_string_equal(
	    verdict.sentence.text,
	    "23 of 143 connections were closed without an OK response although the server's TCP had "
	    "acknowledged the requests: the MTA process on 10.20.0.1 did not answer within the clients' "
	    "30.0" NBSP "s.");
	assert_string_equal(verdict.log.text, "21 of the log's 25 events 4283 line up with them, 1 of them ambiguous.");
	assert_string_equal(verdict.origin.text, "Origin: server-application, confidence 0.96.");
	assert_non_null(strstr(verdict.next.text, "Q319936"));
	made_free(made);
}

static void test_no_log(void **state)
{
	(void)state;
	struct made *made = overloaded(1);

	made_sum_up(made, 9);
	struct verdict verdict = verdict_of(made);
	assert_string_equal(verdict.sentence.text,
			    "1 of 10 connections was closed without an OK response although the server's TCP had "
			    "acknowledged the request: the MTA process on 10.20.0.1 did not answer within the "
			    "30.0" NBSP "s that the client waited.");
	assert_string_equal(verdict.log.text,
			    "No event log was given, so no event 4283 stands beside them: add -e EV0.LOG.");
	made_free(made);
}

static void test_nothing_lines_up(void **state)
{
	(void)state;
	struct made *made = overloaded(3);

	made_incident(made, 0, MATCH_NONE);
	made_incident(made, 0, MATCH_NONE);
	made->analysis.clock.p_chance = 0.4;
	made_sum_up(made, 9);
	struct verdict verdict = verdict_of(made);
	assert_string_equal(verdict.log.text,
			    "None of the 2 events 4283 of the log lines up with the capture (the best line-up is one "
			    "that chance would bring: p" NBSP "=" NBSP
			    "0.4), so whether they tell of these failures is not known.");
	made_free(made);
}

static void test_log_without_4283(void **state)
{
	(void)state;
	struct made *made = overloaded(3);

	made->source = "EV0.LOG";
	made->log.sources = &made->source;
	made->log.source_count = 1;
	made_sum_up(made, 9);
	struct verdict verdict = verdict_of(made);
	assert_string_equal(verdict.log.text, "The event log holds no event 4283.");
	made_free(made);
}

/* A log that could not be read is no log that holds nothing, and none that is still to be given. */
static void test_unread_log(void **state)
{
	(void)state;
	struct event_log log;
	struct made *made = overloaded(3);

	made_sum_up(made, 9);
	event_log_init(&log);
	event_log_unread(&log, "ev0.log", "No such file or directory");
	made->analysis.log = &log;
	struct verdict verdict = verdict_of(made);
	assert_string_equal(
	    verdict.log.text,
	    "Nothing could be read from the event log given, so whether it holds events 4283 is not known.");
	assert_string_equal(log.unread[0], "ev0.log: cannot be read: No such file or directory");

	assert_false(event_log_read(&log, "trace.pcap", (const uint8_t[]){0xd4, 0xc3, 0xb2, 0xa1}, 4));
	verdict = verdict_of(made);
	assert_string_equal(
	    verdict.log.text,
	    "Nothing could be read from the event logs given, so whether they hold events 4283 is not known.");

	event_log_add_source(&log, "ev1.log");
	event_log_add(&log, &(struct event){.number = 57, .source = 1});
	verdict = verdict_of(made);
	assert_string_equal(verdict.log.text, "What could be read of the event logs holds no event 4283.");
	event_log_free(&log);
	made_free(made);
}

static void test_lines_up_elsewhere(void **state)
{
	(void)state;
	struct made *made = overloaded(30);

	for (unsigned i = 0; i < 2; i++) {
		made->connections[i].cause = "never-asked";
		made->connections[i].origin = ORIGIN_CLIENT;
	}
	made_incident(made, 1, MATCH_AMBIGUOUS);
	made_clock(made);
	made_sum_up(made, 9);
	struct verdict verdict = verdict_of(made);
	assert_string_equal(verdict.log.text,
			    "The log's one event 4283 does not line up with them; 1 with other failures.");
	assert_non_null(strstr(verdict.origin.text, "2 failures have other reasons"));
	made_free(made);
}

static void test_two_outcomes_of_one_cause(void **state)
{
	(void)state;
	struct made *made = overloaded(6);

	for (unsigned i = 0; i < 2; i++)
		made->connections[i].outcome = OUTCOME_LATE_OK;
	made_sum_up(made, 4);
	struct verdict verdict = verdict_of(made);
	assert_string_equal(verdict.sentence.text,
			    "6 of 10 connections failed (2 got their OK response only after the close had begun and 4 "
			    "were closed without an OK response) although the server's TCP had acknowledged the "
			    "requests: the MTA process on 10.20.0.1 did not answer within the 30.0" NBSP
			    "s that the clients waited (4 of them 30.0" NBSP "s: a timer).");
	made_free(made);
}

static void test_tie(void **state)
{
	(void)state;
	struct made *made = overloaded(10);

	for (unsigned i = 0; i < 5; i++) {
		made->connections[i].outcome = OUTCOME_OK_LOST;
		made->connections[i].cause = "answer-lost";
		made->connections[i].origin = ORIGIN_PATH_TO_CLIENT;
		made->connections[i].wait_us = CONNECTION_NONE_US;
	}
	made_sum_up(made, 0);
	struct verdict verdict = verdict_of(made);
	assert_int_equal(strncmp(verdict.sentence.text, "No one cause stands out. 5 of 10 ", 33), 0);
	assert_non_null(strstr(verdict.sentence.text, " 5 others "));
	assert_string_equal(verdict.origin.text,
			    "Origin: path-to-client, confidence 0.96; of the second: server-application, confidence "
			    "0.96.");
	made_free(made);
}

static void test_undetermined(void **state)
{
	(void)state;
	struct made *made = overloaded(2);

	for (unsigned i = 0; i < 2; i++) {
		made->connections[i].outcome = OUTCOME_SYN_UNANSWERED;
		made->connections[i].cause = "peer-or-path-down";
		made->connections[i].origin = ORIGIN_UNDETERMINED;
		made->connections[i].wait_us = CONNECTION_NONE_US;
	}
	made->analysis.summary.tap = TAP_CLIENT;
	made_sum_up(made, 8);
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_UNDECIDED);
	assert_non_null(strstr(verdict.origin.text, "Origin: undetermined"));
	assert_non_null(strstr(verdict.origin.text, "what would: a capture beside the server, at the same time."));
	made->analysis.summary.tap = TAP_SERVER;
	verdict = verdict_of(made);
	assert_non_null(strstr(verdict.origin.text, "a capture on the server itself"));
	for (unsigned i = 0; i < 2; i++)
		made->connections[i].cause = NULL;
	made->analysis.findings.findings[0].cause = NULL;
	verdict = verdict_of(made);
	assert_non_null(strstr(verdict.origin.text, "a capture that runs on until"));
	made->connections[0].facts.missing_acked[FROM_SERVER] = 100;
	verdict = verdict_of(made);
	assert_non_null(strstr(verdict.origin.text, "a capture that loses no packets"));
	made_free(made);
}

static void test_healthy(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made->analysis.summary.outcomes[OUTCOME_PENDING] = 1;
	made_sum_up(made, 9);
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_HEALTHY);
	assert_string_equal(verdict.sentence.text, "9 of 10 connections got their OK response in time, half of them "
						   "within 20" NBSP "ms, the slowest after 20" NBSP
						   "ms. 1 still waited when the capture ended.");
	assert_int_equal(verdict.log.length, 0);
	assert_int_equal(verdict.origin.length, 0);
	made_free(made);
}

static void test_cut_short(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made->analysis.transfer_total = 5;
	made->analysis.in_flight_total = 1;
	made_sum_up(made, 3);
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_CUT_SHORT);
	assert_string_equal(verdict_word(verdict.kind), "CUT SHORT");
	assert_non_null(strstr(verdict.sentence.text,
			       " Yet 1 of 5 messages had not been acknowledged when its connection ended: it will be "
			       "sent again."));
	made_free(made);
}

static void test_healthy_with_events(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made_incident(made, 0, MATCH_NONE);
	made_sum_up(made, 9);
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_HEALTHY);
	assert_string_equal(verdict.log.text,
			    "Yet the event log has 1 event 4283: this capture shows no network cause for it.");
	made_free(made);
}

static void test_nothing_decided(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made->analysis.summary.outcomes[OUTCOME_PARTIAL] = 3;
	made->analysis.summary.outcomes[OUTCOME_PENDING] = 1;
	made_sum_up(made, 0);
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_UNSEEN);
	assert_string_equal(verdict.sentence.text,
			    "Of no connection both start and answer are in the capture: 3 began before it did, 1 still "
			    "waited when it ended. Whether they got their OK response in time cannot be told.");
	made_free(made);
}

/* Whose beginning is in the capture did not begin before it: it is the other direction that is missing. */
static void test_one_direction(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");
	struct summary *summary = &made->analysis.summary;

	summary->outcomes[OUTCOME_PARTIAL] = 3;
	summary->one_sided = 3;
	made_sum_up(made, 0);
	struct verdict verdict = verdict_of(made);
	assert_string_equal(verdict.sentence.text,
			    "Of no connection both start and answer are in the capture: of 3 it has one direction "
			    "only. Whether they got their OK response in time cannot be told.");
	assert_string_equal(verdict.next.text,
			    "capture both directions: see that the mirror port hands on what is sent "
			    "and what is received, and that no filter leaves one out.");
	summary->one_sided = 2;
	verdict = verdict_of(made);
	assert_non_null(strstr(verdict.sentence.text, ": of 2 it has one direction only, 1 began before it did."));
	made_free(made);
}

static void test_no_connection(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made->options.ports.list[1] = 1102;
	made->options.ports.count = 2;
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_NOTHING);
	assert_string_equal(verdict.sentence.text,
			    "None of the 1000 packets belongs to a connection to TCP ports 102 or "
			    "1102, and no TCP connection is opened to any other.");
	assert_non_null(strstr(verdict.next.text, "-p PORT"));
	made->analysis.busy[0] = (struct busy_port){3389, 12};
	made->analysis.busy[1] = (struct busy_port){80, 3};
	verdict = verdict_of(made);
	assert_non_null(strstr(verdict.sentence.text, "; connections are opened to port 3389 (12), 80 (3)."));
	made_free(made);
}

static void test_unreadable(void **state)
{
	(void)state;
	struct made *made = made_new("none.pcap");

	made->analysis.summary.quality.packets = 0;
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_UNREADABLE);
	assert_int_equal(
	    strncmp(verdict.sentence.text, "No packet could be read, so nothing can be told: none.pcap: ", 59), 0);
	made->analysis.summary.quality.packets = 7;
	made->analysis.link_unknown = true;
	verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_UNREADABLE);
	assert_int_equal(strncmp(verdict.sentence.text, "None of the 7 packets could be decoded", 38), 0);
	made_free(made);
}

/* A capture that is whole, and holds no packet: nothing was wrong with it. */
static void test_empty(void **state)
{
	static const uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0xff, 0xff, [20] = 1};
	char path[] = "/tmp/verdict-XXXXXX";
	int descriptor = mkstemp(path);

	(void)state;
	assert_int_equal(write(descriptor, header, sizeof header), sizeof header);
	close(descriptor);
	struct made *made = made_new(path);
	made->analysis.summary.quality.packets = 0;
	struct verdict verdict = verdict_of(made);
	assert_int_equal(verdict.kind, VERDICT_NOTHING);
	assert_string_equal(verdict.sentence.text, "No packet was captured, so nothing can be told.");
	made_free(made);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines_up),
	    cmocka_unit_test(test_no_log),
	    cmocka_unit_test(test_nothing_lines_up),
	    cmocka_unit_test(test_log_without_4283),
	    cmocka_unit_test(test_unread_log),
	    cmocka_unit_test(test_lines_up_elsewhere),
	    cmocka_unit_test(test_two_outcomes_of_one_cause),
	    cmocka_unit_test(test_tie),
	    cmocka_unit_test(test_undetermined),
	    cmocka_unit_test(test_healthy),
	    cmocka_unit_test(test_cut_short),
	    cmocka_unit_test(test_healthy_with_events),
	    cmocka_unit_test(test_nothing_decided),
	    cmocka_unit_test(test_one_direction),
	    cmocka_unit_test(test_no_connection),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
