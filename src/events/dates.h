/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dates as a computer's regional settings write them: 2/26/2002, 26/02/2002, 26.02.2002, 2002-02-26. Whether the day
 * comes first is one setting for a whole file, so it is decided over all its dates before any is read.
 */
#ifndef MTASCOPE_EVENTS_DATES_H
#define MTASCOPE_EVENTS_DATES_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The order of a file's dates if they are read one way. */
struct date_order {
	int64_t last;
	size_t up, down;
};

struct dates {
	size_t day_first;   /* dates that can only be read so */
	size_t month_first; /* and only so */
	size_t open;        /* those that both readings make something else of */
	size_t half_days;   /* times with AM or PM behind open dates */
	struct date_order as_day_first, as_month_first;
};

/* Looks at the date, and the time behind it, at the front of text. Anything else there is passed over. */
void dates_see(struct dates *dates, struct cursor text);

/*
 * Whether the day comes first: some date decides it; else the reading by which the file is in order, when the other is
 * not; else AM and PM, since the day comes first almost only where there is a 24-hour clock.
 */
bool dates_day_first(const struct dates *dates);

/* Whether it stays open, so that the reading is an assumption; or dates speak for both. */
bool dates_undecided(const struct dates *dates);

/* The sentence about it for the log's problems. */
const char *dates_explain(const struct dates *dates);

#endif
