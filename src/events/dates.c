/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/dates.h"

#include "events/grammar.h"
#include "events/scan.h"

static bool is_mark(uint8_t byte)
{
	return byte == '/' || byte == '-';
}

static void step(struct date_order *order, int64_t seconds, bool first)
{
	order->up += !first && seconds > order->last;
	order->down += !first && seconds < order->last;
	order->last = seconds;
}

/* Changes of direction: files list the newest first or last. */
static size_t disorder(const struct date_order *order)
{
	return order->up < order->down ? order->up : order->down;
}

static bool has_half_day(struct cursor text)
{
	for (unsigned i = 0; i < 16 && cursor_readable(&text) > 0; i++, cursor_skip(&text, 1))
		if (scan_whole_words(&text, "am") || scan_whole_words(&text, "pm"))
			return true;
	return false;
}

void dates_see(struct dates *dates, struct cursor text)
{
	uint32_t first = 0;
	uint32_t second = 0;
	bool unused = false;
	int64_t day = 0;
	int64_t month = 0;

	scan_spaces(&text);
	struct cursor probe = text;
	struct cursor as_day = text;
	struct cursor as_month = text;
	if (!scan_number(&probe, 31, &first) || !is_mark(cursor_peek(&probe)))
		return;
	cursor_skip(&probe, 1);
	if (!scan_number(&probe, 31, &second))
		return;
	bool can_be_day = grammar_date(&as_day, true, &unused, &day);
	bool can_be_month = grammar_date(&as_month, false, &unused, &month);
	if (can_be_day != can_be_month) {
		dates->day_first += can_be_day;
		dates->month_first += can_be_month;
		return;
	}
	if (!can_be_day || first == second)
		return;
	step(&dates->as_day_first, day, dates->open == 0);
	step(&dates->as_month_first, month, dates->open == 0);
	dates->open++;
	dates->half_days += has_half_day(as_day);
}

/* Which reading the order speaks for: above 0 the day first, below it the month. */
static int by_order(const struct dates *dates)
{
	size_t day = disorder(&dates->as_day_first);
	size_t month = disorder(&dates->as_month_first);

	return day == 0 && month > 0 ? 1 : month == 0 && day > 0 ? -1 : 0;
}

bool dates_day_first(const struct dates *dates)
{
	if (dates->day_first != dates->month_first)
		return dates->day_first > dates->month_first;
	int order = by_order(dates);
	return order != 0 ? order > 0 : dates->open > 0 && dates->half_days == 0;
}

bool dates_undecided(const struct dates *dates)
{
	if (dates->day_first > 0 && dates->month_first > 0)
		return true;
	return dates->day_first == 0 && dates->month_first == 0 && dates->open > 0 && by_order(dates) == 0;
}

const char *dates_explain(const struct dates *dates)
{
	if (dates->day_first > 0 && dates->month_first > 0)
		return dates_day_first(dates)
			   ? "some dates of this log have the day first and some the month: read with the day first"
			   : "some dates of this log have the day first and some the month: read with the month first";
	return dates_day_first(dates)
		   ? "the dates of this log do not tell whether day or month comes first: read with the day first"
		   : "the dates of this log do not tell whether day or month comes first: read with the month first";
}
