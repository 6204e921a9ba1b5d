/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/dates.h"

#include "events/scan.h"

/* A reading is in order, when the other has this many breaks for each of its own. */
enum { ORDER_RATIO = 8 };

/* A log's days are close together by one reading if they spread this much wider by the other. */
enum { SPREAD_RATIO = 6, SPREAD_DATES = 3, MONTH_S = 30 * 86400 };

static void step(struct date_reading *reading, int64_t day, bool first)
{
	reading->first = first || day < reading->first ? day : reading->first;
	reading->latest = first || day > reading->latest ? day : reading->latest;
	reading->up += !first && day > reading->last;
	reading->down += !first && day < reading->last;
	reading->last = day;
}

static bool has_half_day(struct cursor text)
{
	int64_t unused = 0;
	struct cursor bare = text;

	/* "AM" and "PM": those who write "p.m." and the like have the day first. */
	if (!regional_clock(&text, &unused))
		return false;
	scan_spaces(&bare);
	struct cursor read = scan_between(&bare, &text);
	size_t length = cursor_readable(&read);
	return length > 0 && scan_lower(scan_ahead(&read, length - 1)) == 'm';
}

/* A date of three numbers with two digits each: the year may be any but the middle one. */
static void see_short(struct date_evidence *evidence, const struct regional_date *date)
{
	for (unsigned i = 0; i <= DATE_YEAR_FIRST; i++) {
		int64_t day = 0;
		if (!regional_day(date, i, &day))
			continue;
		step(&evidence->shorts[i], day, evidence->short_days[i] == 0);
		evidence->short_days[i]++;
	}
	evidence->short_years++;
}

void dates_see(struct dates *dates, struct cursor text)
{
	struct regional_date date;
	int64_t days[DATE_YEAR_FIRST] = {0};

	if (!regional_parse(&text, &date) || date.named || date.year_leads)
		return;
	struct date_evidence *evidence = &dates->at[regional_mark(&date)];
	evidence->seen++;
	if (date.digits[0] == 2 && date.digits[2] == 2)
		see_short(evidence, &date);
	bool month = regional_day(&date, DATE_MONTH_FIRST, &days[DATE_MONTH_FIRST]);
	bool day = regional_day(&date, DATE_DAY_FIRST, &days[DATE_DAY_FIRST]);
	evidence->readings[DATE_MONTH_FIRST].only += month && !day;
	evidence->readings[DATE_DAY_FIRST].only += day && !month;
	if (!month || !day || days[DATE_MONTH_FIRST] == days[DATE_DAY_FIRST])
		return;
	for (unsigned i = 0; i < DATE_YEAR_FIRST; i++)
		step(&evidence->readings[i], days[i], evidence->open == 0);
	evidence->open++;
	evidence->mixed += date.digits[0] == 1 && date.digits[1] == 2 && date.parts[1] < 10;
	evidence->half_days += has_half_day(text);
}

void dates_see_half_day(struct dates *dates, enum date_mark mark, struct cursor text)
{
	dates->at[mark].half_days += has_half_day(text);
}

void dates_add(struct dates *dates, const struct dates *others)
{
	for (unsigned i = 0; i < DATE_MARKS; i++) {
		struct date_evidence *to = &dates->at[i];
		const struct date_evidence *from = &others->at[i];
		to->seen += from->seen;
		for (unsigned k = 0; k < DATE_YEAR_FIRST; k++)
			to->readings[k].only += from->readings[k].only;
	}
}

/* Changes of direction: files list the newest first or last. */
static size_t disorder(const struct date_reading *reading)
{
	return reading->up < reading->down ? reading->up : reading->down;
}

static int64_t spread(const struct date_reading *reading)
{
	return reading->latest - reading->first;
}

/* Days go by faster than years: with the year first the dates are close together, and otherwise years apart. */
static bool year_first(const struct date_evidence *evidence)
{
	int64_t least = SPREAD_RATIO * (spread(&evidence->shorts[DATE_YEAR_FIRST]) + MONTH_S);

	if (evidence->short_years == 0 || evidence->short_years < evidence->seen ||
	    evidence->short_days[DATE_YEAR_FIRST] < evidence->short_years)
		return false;
	for (unsigned i = 0; i < DATE_YEAR_FIRST; i++)
		if (evidence->short_days[i] == evidence->short_years && spread(&evidence->shorts[i]) < least)
			return false;
	return true;
}

/* Which reading the order speaks for: above 0 the day first, below it the month. */
static int by_order(const struct date_evidence *evidence)
{
	size_t day = disorder(&evidence->readings[DATE_DAY_FIRST]);
	size_t month = disorder(&evidence->readings[DATE_MONTH_FIRST]);

	if (month > ORDER_RATIO * day)
		return 1;
	return day > ORDER_RATIO * month ? -1 : 0;
}

/* Which reading has the days close together. */
static int by_spread(const struct date_evidence *evidence)
{
	int64_t day = spread(&evidence->readings[DATE_DAY_FIRST]);
	int64_t month = spread(&evidence->readings[DATE_MONTH_FIRST]);
	const struct date_reading *reading = &evidence->readings[DATE_DAY_FIRST];

	if (reading->up + reading->down + 1 < SPREAD_DATES)
		return 0;
	if (month > SPREAD_RATIO * day)
		return 1;
	return day > SPREAD_RATIO * month ? -1 : 0;
}

enum date_order dates_order(const struct date_evidence *evidence, enum date_mark mark)
{
	size_t day = evidence->readings[DATE_DAY_FIRST].only;
	size_t month = evidence->readings[DATE_MONTH_FIRST].only;

	if (year_first(evidence))
		return DATE_YEAR_FIRST;
	if (day != month)
		return day > month ? DATE_DAY_FIRST : DATE_MONTH_FIRST;
	/* Nobody has points between the parts of a date and the month before the day. */
	int told = mark % MARK_SHORT == MARK_POINT ? 1 : by_order(evidence);
	if (told == 0)
		told = by_spread(evidence);
	if (told == 0 && evidence->mixed > 0)
		told = 1;
	if (told == 0)
		told = evidence->open > 0 && evidence->half_days == 0 ? 1 : -1;
	return told > 0 ? DATE_DAY_FIRST : DATE_MONTH_FIRST;
}

bool dates_decided(const struct date_evidence *evidence)
{
	size_t day = evidence->readings[DATE_DAY_FIRST].only;
	size_t month = evidence->readings[DATE_MONTH_FIRST].only;

	return year_first(evidence) || day > 0 || month > 0 || by_order(evidence) != 0;
}

const char *dates_explain(const struct date_evidence *evidence, enum date_mark mark, enum date_order order)
{
	static const char *const contradict[] = {
	    "some dates of this log have the day first and some the month: read with the month first",
	    "some dates of this log have the day first and some the month: read with the day first"};
	static const char *const open[] = {
	    "the dates of this log do not tell whether day or month comes first: read with the month first",
	    "the dates of this log do not tell whether day or month comes first: read with the day first"};

	if (order == DATE_YEAR_FIRST)
		return NULL;
	if (evidence->readings[DATE_DAY_FIRST].only > 0 && evidence->readings[DATE_MONTH_FIRST].only > 0)
		return contradict[order];
	if (dates_decided(evidence) || evidence->open == 0 || mark % MARK_SHORT == MARK_POINT)
		return NULL;
	return open[order];
}
