/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/regional.h"

#include "base/moment.h"
#include "events/scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * The first letters of months, in the languages whose short dates have names: English, German, French, Spanish,
 * Italian, Portuguese, Dutch. The longer of two that begin alike stands first.
 */
static const struct {
	const char *letters;
	int32_t month;
} months[] = {
    {"jan", 1},      {"janv", 1}, {"ene", 1},  {"gen", 1},      {"feb", 2},  {"febr", 2}, {"f\u00e9v", 2},  {"fev", 2},
    {"mar", 3},      {"mai", 5},  {"mrt", 3},  {"maa", 3},      {"apr", 4},  {"avr", 4},  {"abr", 4},       {"may", 5},
    {"m\u00e4r", 3}, {"mei", 5},  {"mag", 5},  {"jun", 6},      {"juin", 6}, {"giu", 6},  {"jul", 7},       {"juil", 7},
    {"lug", 7},      {"aug", 8},  {"ago", 8},  {"ao\u00fb", 8}, {"sep", 9},  {"set", 9},  {"oct", 10},      {"okt", 10},
    {"ott", 10},     {"out", 10}, {"nov", 11}, {"dec", 12},     {"dez", 12}, {"dic", 12}, {"d\u00e9c", 12},
};

/*
 * The halves of the day. The last rows are those of Greek, Chinese, Korean and Japanese code pages as they look when
 * they are taken for Windows-1252, which is how a log of single bytes is read.
 */
static const struct {
	const char *words;
	bool after_noon;
} halves[] = {
    {"am", false},
    {"pm", true},
    {"a.m.", false},
    {"p.m.", true},
    {"a. m.", false},
    {"p. m.", true},
    {"a.m", false},
    {"p.m", true},
    {"vm", false}, /* Afrikaans */
    {"nm", true},
    {"fm", false}, /* Swedish */
    {"em", true},
    {"de.", false}, /* Hungarian */
    {"du.", true},
    {"dop.", false}, /* Czech */
    {"odp.", true},
    {"PD", false}, /* Albanian */
    {"MD", true},
    {"SA", false}, /* Vietnamese */
    {"CH", true},
    {"\u03c0\u03bc", false}, /* Greek */
    {"\u03bc\u03bc", true},
    {"\u03c0.\u03bc.", false},
    {"\u03bc.\u03bc.", true},
    {"\u03a0\u039c", false},
    {"\u039c\u039c", true},
    {"\u00d6\u00d6", false}, /* Turkish */
    {"\u00d6S", true},
    {"\u5348\u524d", false}, /* Japanese */
    {"\u5348\u5f8c", true},
    {"\u4e0a\u5348", false}, /* Chinese */
    {"\u4e0b\u5348", true},
    {"\uc624\uc804", false}, /* Korean */
    {"\uc624\ud6c4", true},
    {"\u0635", false}, /* Arabic */
    {"\u0645", true},
    {"\u00f0\u00ec", false},
    {"\u00ec\u00ec", true},
    {"\u00c9\u00cf\u00ce\u00e7", false},
    {"\u00cf\u00c2\u00ce\u00e7", true},
    {"\u00bf\u00c0\u00c0\u00fc", false},
    {"\u00bf\u00c0\u00c8\u00c4", true},
    {"\u0152\u00df\u2018O", false},
    {"\u0152\u00df\u0152\u00e3", true},
};

static bool digits(struct cursor *text, unsigned least, unsigned most, int32_t *number, uint8_t *count)
{
	struct cursor probe = *text;
	uint32_t value = 0;

	if (!scan_number(&probe, 9999, &value))
		return false;
	size_t length = probe.position - text->position;
	if (length < least || length > most)
		return false;
	*number = (int32_t)value;
	*count = (uint8_t)length;
	*text = probe;
	return true;
}

/* A byte of a word, in whatever alphabet. */
static bool in_word(uint8_t byte)
{
	return (scan_is_alnum(byte) && !scan_is_digit(byte)) || byte >= 0x80;
}

/* `Feb`, `February`, `Feb.` */
static bool month_name(struct cursor *text, int32_t *month)
{
	for (size_t i = 0; i < COUNT(months); i++) {
		struct cursor probe = *text;
		if (!scan_words(&probe, months[i].letters))
			continue;
		while (in_word(cursor_peek(&probe)))
			cursor_skip(&probe, 1);
		*month = months[i].month;
		*text = probe;
		return true;
	}
	return false;
}

/* What stands between two parts of a date; a point may have a space behind it. False: nothing does. */
static bool between(struct cursor *text, bool named, uint8_t *mark)
{
	uint8_t byte = cursor_peek(text);

	if (byte != '/' && byte != '.' && byte != '-' && !(named && (byte == ' ' || byte == ',')))
		return false;
	cursor_skip(text, 1);
	if (byte == '.' || byte == ' ' || byte == ',')
		while (cursor_peek(text) == ' ')
			cursor_skip(text, 1);
	*mark = byte;
	return true;
}

/* `26-Feb-02`, `26 Feb 2002`, `Feb 26, 2002`. */
static bool parse_named(struct cursor *text, struct regional_date *date)
{
	struct cursor probe = *text;
	uint8_t mark = 0;
	uint8_t unused = 0;
	bool month_leads = month_name(&probe, &date->parts[1]);

	if (month_leads) {
		if (!between(&probe, true, &mark) || !digits(&probe, 1, 2, &date->parts[0], &unused))
			return false;
	} else if (!digits(&probe, 1, 2, &date->parts[0], &unused) || !between(&probe, true, &mark) ||
		   !month_name(&probe, &date->parts[1])) {
		return false;
	}
	if (!between(&probe, true, &mark) || !digits(&probe, 2, 4, &date->parts[2], &date->digits[2]))
		return false;
	date->mark = mark;
	date->named = true;
	*text = probe;
	return true;
}

/* A point behind the year as Hungarian and Croatian have it, or a Bulgarian "g.". */
static void pass_end(struct cursor *text, uint8_t mark)
{
	struct cursor probe = *text;

	if (mark != '.')
		return;
	scan_spaces(&probe);
	if (scan_words(&probe, "\u0433."))
		*text = probe;
	else if (cursor_peek(text) == '.' && !scan_is_digit(scan_ahead(text, 1)))
		cursor_skip(text, 1);
}

bool regional_parse(struct cursor *text, struct regional_date *date)
{
	struct cursor probe = *text;
	uint8_t second = 0;

	*date = (struct regional_date){0};
	scan_spaces(&probe);
	if (parse_named(&probe, date)) {
		*text = probe;
		return true;
	}
	if (!digits(&probe, 1, 4, &date->parts[0], &date->digits[0]) || !between(&probe, false, &date->mark) ||
	    !digits(&probe, 1, 2, &date->parts[1], &date->digits[1]) || !between(&probe, false, &second) ||
	    second != date->mark || !digits(&probe, 1, 4, &date->parts[2], &date->digits[2]))
		return false;
	date->year_leads = date->digits[0] > 2 || date->parts[0] > 31;
	bool whole = date->year_leads ? date->digits[2] <= 2 : date->digits[2] == 2 || date->digits[2] == 4;
	if (date->digits[0] == 3 || !whole)
		return false;
	pass_end(&probe, date->mark);
	*text = probe;
	return true;
}

static bool days_fit(int32_t year, int32_t month, int32_t day)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12 || day < 1)
		return false;
	bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day <= days[month - 1] + leap;
}

bool regional_day(const struct regional_date *date, enum date_order order, int64_t *seconds)
{
	const int32_t *parts = date->parts;
	int32_t day = parts[0];
	int32_t month = parts[1];
	int32_t year = parts[2];

	if (date->year_leads || (!date->named && order == DATE_YEAR_FIRST && date->digits[2] == 2)) {
		year = parts[0];
		day = parts[2];
	} else if (!date->named && order != DATE_DAY_FIRST) {
		month = parts[0];
		day = parts[1];
	}
	if (year < 100)
		year += year < 70 ? 2000 : 1900;
	if (!days_fit(year, month, day))
		return false;
	*seconds = civil_seconds(year, (unsigned)month, (unsigned)day, 0, 0, 0);
	return true;
}

enum date_mark regional_mark(const struct regional_date *date)
{
	bool is_short = date->digits[0] <= 2 && date->digits[2] == 2;

	return (enum date_mark)((date->mark == '.'   ? MARK_POINT
				 : date->mark == '-' ? MARK_DASH
						     : MARK_SLASH) +
				(is_short ? MARK_SHORT : 0));
}

bool regional_date(struct cursor *text, const struct date_orders *orders, int64_t *seconds)
{
	struct cursor probe = *text;
	struct regional_date date;

	if (!regional_parse(&probe, &date) || !regional_day(&date, orders->of[regional_mark(&date)], seconds))
		return false;
	*text = probe;
	return true;
}

/* Which half of the day is named here; 0: none, 1: before noon, 2: after it. */
static int half_of_day(struct cursor *text)
{
	struct cursor probe = *text;

	scan_spaces(&probe);
	for (size_t i = 0; i < COUNT(halves); i++) {
		struct cursor behind = probe;
		if (!scan_whole_words(&behind, halves[i].words) || cursor_peek(&behind) >= 0x80)
			continue;
		/* "a.m" is no more than the beginning of "a.m.". */
		if (cursor_peek(&behind) == '.')
			continue;
		*text = behind;
		return halves[i].after_noon ? 2 : 1;
	}
	return 0;
}

/* The half of the day stands before the hour in Chinese and Korean: no white space is needed between them. */
static int half_before(struct cursor *text)
{
	for (size_t i = 0; i < COUNT(halves); i++) {
		struct cursor behind = *text;
		if (!scan_words(&behind, halves[i].words))
			continue;
		scan_spaces(&behind);
		if (!scan_is_digit(cursor_peek(&behind)))
			continue;
		*text = behind;
		return halves[i].after_noon ? 2 : 1;
	}
	return 0;
}

bool regional_clock(struct cursor *text, int64_t *seconds)
{
	struct cursor probe = *text;
	int32_t hour = 0;
	int32_t minute = 0;
	int32_t second = 0;
	uint8_t unused = 0;

	scan_spaces(&probe);
	int half = half_before(&probe);
	if (!digits(&probe, 1, 2, &hour, &unused))
		return false;
	uint8_t mark = cursor_peek(&probe);
	if ((mark != ':' && mark != '.') || !scan_byte(&probe, mark) || !digits(&probe, 2, 2, &minute, &unused))
		return false;
	bool has_second = scan_byte(&probe, mark);
	if ((has_second && !digits(&probe, 2, 2, &second, &unused)) || (!has_second && mark == '.'))
		return false;
	uint8_t point = cursor_peek(&probe);
	if (has_second && mark == ':' && (point == '.' || point == ',') && scan_is_digit(scan_ahead(&probe, 1))) {
		cursor_skip(&probe, 1);
		while (scan_is_digit(cursor_peek(&probe)))
			cursor_skip(&probe, 1);
	}
	if (half == 0)
		half = half_of_day(&probe);
	if (minute > 59 || second > 59 || hour > 23)
		return false;
	/* "14:43:50 PM" and "0:10:00 AM" occur where somebody changed one setting of two. */
	if (half != 0 && hour <= 12)
		hour = hour % 12 + (half == 2 ? 12 : 0);
	else if (half == 1)
		return false;
	*seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
	*text = probe;
	return true;
}
