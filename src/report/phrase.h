/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small things in words, for every report that people read. */
#ifndef MTASCOPE_REPORT_PHRASE_H
#define MTASCOPE_REPORT_PHRASE_H

#include "base/address.h"
#include "base/moment.h"
#include "events/event.h"
#include "timeline/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sentence in the making; what is beyond its room is cut off. */
struct words {
	char text[2048];
	size_t length;
};

void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum { PHRASE_SIZE = 96 };

/* Each writes into text of PHRASE_SIZE bytes and returns it. A number and its unit are kept together by U+00A0. */
const char *phrase_duration(int64_t us, char *text);                 /* "367 µs", "41.2 ms", "30.0 s", "12 min 5 s" */
const char *phrase_clock(time_ns time, unsigned digits, char *text); /* "19:43:19.100Z"; digits 0, 3 or 6 */
const char *phrase_date(time_ns time, char *text);                   /* "2002-02-26" */
const char *phrase_since(time_ns time, time_ns first, char *text);   /* "+12.345 s" */
const char *phrase_endpoint(const struct endpoint *endpoint, char *text);
const char *phrase_offset(double seconds, char *text); /* "-4:59:23" */
const char *phrase_probability(double value, char *text);
const char *phrase_lpi(const struct lpi *lpi, char *text);

/* "1 event", "2 events". */
const char *phrase_count(uint64_t count, const char *noun, char *text);

/* What connections of that outcome suffered: "were closed without an OK response". Static. */
const char *phrase_outcome(enum outcome outcome, bool plural);

#endif
