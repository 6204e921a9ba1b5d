/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the event readers share. Include after cmocka's own needs. */
#ifndef MTASCOPE_TESTS_EVENTS_LOG_H
#define MTASCOPE_TESTS_EVENTS_LOG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/moment.h"
#include "events/event.h"

/* A log read from a string, through a copy that is exactly as large, so that a sanitizer sees a byte read past it. */
static inline bool read_string(struct event_log *log, const char *name, const char *text)
{
	size_t length = strlen(text);
	uint8_t *copy = malloc(length + (length == 0));
	bool whole;

	assert_non_null(copy);
	if (length > 0)
		memcpy(copy, text, length);
	whole = event_log_read(log, name, copy, length);
	free(copy);
	return whole;
}

static inline struct event_log log_of(const char *text)
{
	struct event_log log;

	event_log_init(&log);
	read_string(&log, "ev0.log", text);
	return log;
}

static inline void assert_lpi(const struct event *event, uint32_t locality, uint32_t partner, uint32_t index)
{
	assert_true(event->has_lpi);
	assert_int_equal(event->lpi.locality, locality);
	assert_int_equal(event->lpi.partner, partner);
	assert_int_equal(event->lpi.index, index);
}

#endif
