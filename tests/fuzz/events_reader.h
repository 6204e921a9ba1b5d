/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets of the event readers share: one reader on any bytes, whatever its probe says of them. */
#ifndef MTASCOPE_FUZZ_EVENTS_READER_H
#define MTASCOPE_FUZZ_EVENTS_READER_H

#include "events/log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

static inline void read_as(const struct event_format *format, const uint8_t *data, size_t size)
{
	struct event_log log;

	event_log_init(&log);
	/* For its source; that an empty log holds nothing is its one problem. */
	event_log_read(&log, "x", data, 0);
	struct log_input input = {.log = &log, .source = 0, .data = data, .length = size};
	struct dates dates = {0};
	format->probe(&input);
	if (format->see != NULL)
		format->see(&input, &dates);
	for (unsigned i = 0; i < DATE_MARKS; i++)
		input.orders.of[i] = dates_order(&dates.at[i], (enum date_mark)i);
	format->read(&input);
	/* The smallest entry of a form takes a few bytes. */
	require(log.event_count + log.other_event_count + log.foreign_count <= size);
	require(log.event_count + log.other_event_count > 0 || log.problem_count > 1);
	for (size_t i = 0; i < log.event_count; i++) {
		const struct event *event = &log.events[i];
		require(event->text != NULL && strchr(event->text, '\n') == NULL);
		require(!event->utc || event->t_local != INT64_MIN);
		require(event->line != 0 && event->line >= EVENT_LACKS && event->record_number >= EVENT_LACKS);
	}
	event_log_group(&log);
	require(log.incident_count <= log.event_count);
	event_log_free(&log);
}

#endif
