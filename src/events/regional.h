/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dates and times of day as a computer's regional settings write them: 2/26/2002 2:43:50 PM, 26.02.2002 14:43:50,
 * 2002. 02. 26. 14.43.50, 26-Feb-02. What the three numbers of a date are is told by the caller (dates.h finds it out).
 */
#ifndef MTASCOPE_EVENTS_REGIONAL_H
#define MTASCOPE_EVENTS_REGIONAL_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stdint.h>

/* Which of a date's numbers comes first, where all of them could be. After the year comes the month. */
enum date_order { DATE_MONTH_FIRST, DATE_DAY_FIRST, DATE_YEAR_FIRST };

/*
 * Dates with other marks, or with years of another length, come from other computers, whose settings may be others. The
 * short ones are those with years of two digits, in the same order.
 */
enum date_mark { MARK_SLASH, MARK_POINT, MARK_DASH, MARK_SHORT, DATE_MARKS = 2 * MARK_SHORT };

struct date_orders {
	enum date_order of[DATE_MARKS];
};

struct regional_date {
	int32_t parts[3];  /* as they stand there; with a month's name: day, month, year */
	uint8_t digits[3]; /* of each, zeros before it included */
	uint8_t mark;      /* between them: '/', '.', '-' or ' ' */
	bool named;        /* the month has a name */
	bool year_leads;   /* the first number can only be a year */
};

/* What looks like a date at the front of text, whether there is such a day or not. */
bool regional_parse(struct cursor *text, struct regional_date *date);

/* The midnight of the day, in seconds; order counts only where the date leaves it open. False: there is no such day. */
bool regional_day(const struct regional_date *date, enum date_order order, int64_t *seconds);

/* Which mark the date has; a space counts as a slash. */
enum date_mark regional_mark(const struct regional_date *date);

/* Reads a date with the order of its mark. Moves nothing where there is no such day. */
bool regional_date(struct cursor *text, const struct date_orders *orders, int64_t *seconds);

/*
 * `2:43:50 PM`, `14.43.50`, `2:43:50 p. m.`, or with the half of the day before it, as seconds since midnight. A
 * fraction behind the seconds is passed.
 */
bool regional_clock(struct cursor *text, int64_t *seconds);

#endif
