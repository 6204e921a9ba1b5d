/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event readers: any bytes as one log, then the same bytes as two, and the grouping of what they hold. */
#include "events/event.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_incidents(const struct event_log *log)
{
	for (size_t i = 0; i < log->incident_count; i++) {
		const struct incident *incident = &log->incidents[i];
		require(incident->id == i + 1);
		require(incident->event_count >= 1 && incident->event_count <= 4);
		require(incident->t_local != INT64_MIN);
		for (size_t k = 0; k < incident->event_count; k++) {
			require(incident->events[k] >= 1 && incident->events[k] <= log->event_count);
			const struct event *event = &log->events[incident->events[k] - 1];
			require(event->has_lpi && event->lpi.index == incident->lpi.index);
			require(event->source == incident->source && event->duplicate_of == 0);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_log log;

	event_log_init(&log);
	bool whole = event_log_read(&log, "first", data, size);
	require(whole == (log.problem_count + log.problems_left_off == 0));
	/* A log never says nothing: it holds events, or something is said about it. */
	require(log.event_count + log.other_event_count + log.problem_count > 0);
	/* An event takes at least a bracket or a parenthesis and a word. */
	require(log.event_count <= size);
	size_t events = log.event_count;
	event_log_read(&log, "copy", data, size);
	require(log.event_count == 2 * events);
	for (size_t i = 0; i < log.event_count; i++) {
		require(log.events[i].id == i + 1);
		require(log.events[i].text != NULL && strchr(log.events[i].text, '\n') == NULL);
	}
	event_log_group(&log);
	check_incidents(&log);
	/* A log and its copy make no more incidents than the log. */
	for (size_t i = 0; i < log.incident_count; i++)
		require(log.incidents[i].source == 0);
	event_log_free(&log);
	return 0;
}
