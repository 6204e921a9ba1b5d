/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An analysis made by hand, for tests of what is printed of it. Include after cmocka's own needs. */
#ifndef MTASCOPE_TESTS_MADE_ANALYSIS_H
#define MTASCOPE_TESTS_MADE_ANALYSIS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze.h"
#include "base/memory.h"
#include "origin/load.h"

#include <math.h>

#define MADE_START (INT64_C(1014752400) * NS_PER_S) /* 2002-02-26T19:40:00Z */

enum { MADE_MAX = 64 };

struct made {
	struct analysis analysis;
	struct analysis_options options;
	struct event_log log;
	struct connection connections[MADE_MAX];
	const struct connection *failures[MADE_MAX];
	struct incident incidents[MADE_MAX];
	struct match matches[MADE_MAX + 1];
	const char *source;
	struct load *load;
	struct capture_set *captures;
};

static inline struct made *made_new(const char *capture)
{
	struct made *made = memory_get_zeroed(1, sizeof *made);
	char *error = NULL;

	made->captures = capture_set_open(&capture, 1, NULL, &error);
	assert_non_null(made->captures);
	made->load = load_new();
	made->options.ports.list[0] = 102;
	made->options.ports.count = 1;
	made->analysis = (struct analysis){.options = &made->options,
					   .captures = made->captures,
					   .log = &made->log,
					   .failures = made->failures,
					   .matches = made->matches,
					   .clock = {.p_chance = NAN, .runner_up_offset_s = NAN},
					   .load = made->load,
					   .first = MADE_START,
					   .last = MADE_START + 300 * NS_PER_S};
	made->analysis.summary.load = load_between(made->load, TIME_NONE, TIME_NONE);
	made->analysis.summary.quality.packets = 1000;
	return made;
}

static inline void made_free(struct made *made)
{
	findings_free(&made->analysis.findings);
	load_free(made->load);
	capture_set_close(made->captures);
	free(made);
}

static inline struct moment made_at(time_ns ms, uint64_t frame)
{
	return moment_at(MADE_START + ms * NS_PER_MS, frame, 1);
}

static inline struct endpoint made_endpoint(const char *address, uint16_t port)
{
	struct endpoint endpoint = {.port = port};

	assert_true(address_parse(address, &endpoint.ip));
	return endpoint;
}

/* One that asked, was acknowledged, and was closed by the client after wait_ms without an OK. */
static inline struct connection *made_failure(struct made *made, time_ns start_ms, int64_t wait_ms)
{
	size_t at = made->analysis.failure_count;
	struct connection *connection = &made->connections[at];

	assert_true(at < MADE_MAX);
	*connection = (struct connection){.id = (uint32_t)at + 1,
					  .client = made_endpoint("10.20.1.9", (uint16_t)(1042 + at)),
					  .server = made_endpoint("10.20.0.1", 102),
					  .first = made_at(start_ms, 10 * at + 1),
					  .last = made_at(start_ms + wait_ms + 2, 10 * at + 9),
					  .close_by = SIDE_CLIENT,
					  .close_how = CLOSE_FIN,
					  .wait_us = wait_ms * 1000,
					  .syn_attempts = 1,
					  .outcome = OUTCOME_NO_OK,
					  .early_close = true,
					  .origin = ORIGIN_SERVER_APPLICATION,
					  .confidence = 0.96F,
					  .cause = "slow-answer",
					  .evidence_count = 2};
	for (unsigned i = 0; i < MILESTONES; i++)
		connection->milestones[i] = MOMENT_NONE;
	connection->milestones[MILESTONE_SYN] = connection->first;
	connection->milestones[MILESTONE_SYNACK] = made_at(start_ms, 10 * at + 2);
	connection->milestones[MILESTONE_ESTABLISHED] = made_at(start_ms, 10 * at + 3);
	connection->milestones[MILESTONE_REQUEST] = made_at(start_ms + 1, 10 * at + 4);
	connection->milestones[MILESTONE_CLOSE] = made_at(start_ms + wait_ms + 1, 10 * at + 8);
	connection->facts.syn_attempts = 1;
	connection->facts.last_syn = connection->first;
	connection->facts.request = (struct delivery){.set = true,
						      .acked = made_at(start_ms + 1, 10 * at + 5),
						      .first_repeat = MOMENT_NONE,
						      .last_repeat = MOMENT_NONE};
	connection->evidence[0] = (struct evidence){"the client asks", made_at(start_ms + 1, 10 * at + 4), false, 0};
	connection->evidence[1] = (struct evidence){"the client closes after waiting %s",
						    connection->milestones[MILESTONE_CLOSE], true, wait_ms * 1000};
	made->failures[at] = connection;
	made->analysis.failure_count++;
	return connection;
}

/* An event 4283 of the connection with that id (0: of none), a second after its close. */
static inline void made_incident(struct made *made, uint32_t id, enum match_confidence confidence)
{
	size_t at = made->log.incident_count++;
	time_ns close = id == 0 ? MADE_START : made->connections[id - 1].milestones[MILESTONE_CLOSE].time;

	made->source = "EV0.LOG";
	made->log.sources = &made->source;
	made->log.source_count = 1;
	made->log.incidents = made->incidents;
	made->incidents[at] = (struct incident){
	    .id = (uint32_t)at + 1, .lpi = {1, 15, (uint32_t)at + 1}, .t_local = close / NS_PER_S - 17963};
	made->matches[at] =
	    (struct match){.confidence = confidence,
			   .connection = confidence == MATCH_NONE ? 0 : id,
			   .score = 0.9,
			   .candidates = {id, 2},
			   .candidate_count = confidence == MATCH_AMBIGUOUS ? 2 : confidence != MATCH_NONE,
			   .time = confidence == MATCH_NONE ? TIME_NONE : close + NS_PER_S,
			   .lag_s = 1};
}

static inline void made_clock(struct made *made)
{
	made->analysis.clock = (struct clock_estimate){
	    .method = CLOCK_ESTIMATED, .offset_s = -17963, .matched = 20, .p_chance = 1e-9, .runner_up_offset_s = NAN};
}

/* Counts what stands in the tables of failures and incidents; ok more connections got their OK. */
static inline void made_sum_up(struct made *made, uint64_t ok)
{
	struct analysis *analysis = &made->analysis;
	struct summary *summary = &analysis->summary;

	for (uint64_t i = 0; i < ok; i++) {
		load_arrival(made->load, MADE_START + (time_ns)i * NS_PER_S);
		load_ok(made->load, MADE_START + (time_ns)i * NS_PER_S, 20000 + (int64_t)i);
	}
	summary->outcomes[OUTCOME_OK] = ok;
	for (size_t i = 0; i < analysis->failure_count; i++) {
		summary->outcomes[made->connections[i].outcome]++;
		summary->origins[made->connections[i].origin]++;
	}
	for (unsigned i = 0; i < OUTCOMES; i++)
		summary->connections += summary->outcomes[i];
	summary->incidents = made->log.incident_count;
	for (size_t i = 0; i < made->log.incident_count; i++)
		summary->matches[made->matches[i].confidence]++;
	summary->load = load_between(made->load, TIME_NONE, TIME_NONE);
	analysis->findings = findings_make(made->failures, analysis->failure_count, made->incidents, made->matches,
					   made->log.incident_count, made->load);
}

#endif
