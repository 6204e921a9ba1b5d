/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether day, month or year comes first in a log's dates. It is one setting of the computer that wrote them, so that
 * it is decided over all dates before any is read.
 */
#ifndef MTASCOPE_EVENTS_DATES_H
#define MTASCOPE_EVENTS_DATES_H

#include "base/cursor.h"
#include "events/regional.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a log's dates make together if they are read one way. */
struct date_reading {
	size_t only; /* dates that can be read in no other way */
	int64_t first, last, latest;
	size_t up, down; /* how often time goes forward and back from one date to the next */
};

/* The dates with one mark. */
struct date_evidence {
	size_t seen, open; /* open: those that different readings make different days of */
	size_t half_days;  /* times with half a day's name behind open dates */
	size_t mixed; /* open dates like 6/02/2002: a month has its zero where a day has not, never the other way */
	struct date_reading readings[DATE_YEAR_FIRST];
	size_t short_years;                     /* dates whose year has two digits and may stand at either end */
	size_t short_days[DATE_YEAR_FIRST + 1]; /* those of them that there are in each order */
	struct date_reading shorts[DATE_YEAR_FIRST + 1];
};

struct dates {
	struct date_evidence at[DATE_MARKS];
};

/* Looks at the date, and the time behind it, at the front of text. Anything else there is passed over. */
void dates_see(struct dates *dates, struct cursor text);

/* A time of day in a cell of its own, behind the date that was seen last. */
void dates_see_half_day(struct dates *dates, enum date_mark mark, struct cursor text);

/* Adds what other dates of the log show: to be asked where those at hand leave it open. */
void dates_add(struct dates *dates, const struct dates *others);

/*
 * The order: some date decides it; else the reading by which the dates are in order, or close together, when by the
 * other they are not; else how times are written, since the day comes first almost only where there is a 24-hour clock.
 */
enum date_order dates_order(const struct date_evidence *evidence, enum date_mark mark);

/* Whether dates decide it, or their order does. Otherwise the reading is an assumption. */
bool dates_decided(const struct date_evidence *evidence);

/* The sentence about an assumption, or about dates that contradict each other; NULL: there is nothing to say. */
const char *dates_explain(const struct date_evidence *evidence, enum date_mark mark, enum date_order order);

#endif
