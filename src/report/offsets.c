/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/offsets.h"

#include "base/memory.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* LABEL columns tell the offset in the middle, TAIL how many events stand there. */
enum { LABEL = 17, TAIL = 14, LEAST = 21 };

static int by_time(const void *left, const void *right)
{
	time_ns a = *(const time_ns *)left, b = *(const time_ns *)right;

	return (a > b) - (a < b);
}

/* The closes of connections that failed, in order. The caller frees them. */
static time_ns *closes_of(const struct analysis *analysis, size_t *count)
{
	time_ns *closes = memory_get_zeroed(analysis->failure_count + 1, sizeof(*closes));

	*count = 0;
	for (size_t i = 0; i < analysis->failure_count; i++) {
		const struct moment *close = &analysis->failures[i]->milestones[MILESTONE_CLOSE];
		if (moment_seen(close))
			closes[(*count)++] = close->time;
	}
	qsort(closes, *count, sizeof(*closes), by_time);
	return closes;
}

static size_t first_from(const time_ns *closes, size_t count, double time)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if ((double)closes[middle] < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* An event counts once in each second's column that a close puts it into. */
static void count_event(struct offset_strip *strip, unsigned columns, const time_ns *closes, size_t count,
			time_ns event)
{
	double half = columns / 2.0;
	double from = (double)event - (strip->middle_s + half) * NS_PER_S;
	long last = -1;

	for (size_t i = first_from(closes, count, from); i < count; i++) {
		double lag = ((double)event - (double)closes[i]) / NS_PER_S - strip->middle_s;
		long column = (long)floor(lag + half);
		if (column < 0)
			break;
		if (column < (long)columns && column != last)
			strip->counts[column]++;
		last = column;
	}
}

static uint32_t peak_of(const struct offset_strip *strip, unsigned columns)
{
	uint32_t peak = 0;

	for (unsigned i = 0; i < columns; i++)
		peak = strip->counts[i] > peak ? strip->counts[i] : peak;
	return peak;
}

static void draw(struct text *text, const struct offset_strip *strip, unsigned columns, double offset_s,
		 uint32_t highest, enum text_style style)
{
	static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	char words[PHRASE_SIZE];

	text_format(text, STYLE_PLAIN, "%s", phrase_offset(offset_s + strip->middle_s, words));
	text_to(text, LABEL);
	for (unsigned i = 0; i < columns; i++) {
		unsigned level = strip->counts[i] * 8 / highest;
		text_add(text, style, strip->counts[i] == 0 ? " " : levels[level == 0 ? 0 : level - 1]);
	}
	text_format(text, STYLE_PLAIN, " peak %" PRIu32, peak_of(strip, columns));
	text_line(text);
}

/* Which column of the first strip the next best offset is in; columns: none. */
static unsigned next_best(double distance_s, unsigned columns)
{
	double column = floor(distance_s + columns / 2.0);

	return column >= 0 && column < columns ? (unsigned)column : columns;
}

/* Below the first strip: which column is the offset that was found, and which the next best. */
static void draw_marks(struct text *text, unsigned columns, unsigned next, bool given)
{
	unsigned middle = columns / 2;

	text_to(text, LABEL);
	for (unsigned i = 0; i < columns; i++)
		text_add(text, STYLE_PLAIN, i == middle ? "^" : i == next ? "2" : " ");
	text_line(text);
	text_to(text, LABEL);
	text_add(text, STYLE_FAINT, given ? "^ the offset given" : "^ the offset found");
	if (next < columns && next != middle)
		text_add(text, STYLE_FAINT, ", 2 the next best");
	text_line(text);
}

static uint32_t highest_of(const struct offset_strip *strips, unsigned count, unsigned columns)
{
	uint32_t highest = 0;

	for (unsigned k = 0; k < count; k++) {
		uint32_t peak = peak_of(&strips[k], columns);
		highest = peak > highest ? peak : highest;
	}
	return highest;
}

static void count_all(struct offset_strip *strips, unsigned count, unsigned columns, const struct analysis *analysis)
{
	size_t close_count = 0;
	time_ns *closes = closes_of(analysis, &close_count);

	for (size_t i = 0; i < analysis->log->incident_count; i++)
		for (unsigned k = 0; k < count && analysis->matches[i].time != TIME_NONE; k++)
			count_event(&strips[k], columns, closes, close_count, analysis->matches[i].time);
	free(closes);
}

bool offsets_make(struct offsets *offsets, const struct analysis *analysis, unsigned columns)
{
	const struct clock_estimate *clock = &analysis->clock;
	double distance_s = clock->runner_up_offset_s - clock->offset_s;

	*offsets = (struct offsets){.columns = columns - (columns % 2 == 0)};
	if (clock->method == CLOCK_NOTHING)
		return false;
	offsets->next = isnan(distance_s) ? offsets->columns : next_best(distance_s, offsets->columns);
	offsets->count = isnan(distance_s) || offsets->next < offsets->columns ? 1 : OFFSET_STRIPS;
	offsets->strips[1].middle_s = distance_s;
	count_all(offsets->strips, offsets->count, offsets->columns, analysis);
	offsets->highest = highest_of(offsets->strips, offsets->count, offsets->columns);
	return offsets->highest > 0;
}

void offsets_draw(struct text *text, const struct view *view)
{
	const struct clock_estimate *clock = &view->analysis->clock;
	struct offsets offsets;

	if (text->form.html || text->form.width < LABEL + LEAST + TAIL)
		return;
	unsigned room = text->form.width - LABEL - TAIL;
	if (!offsets_make(&offsets, view->analysis, room > OFFSET_COLUMNS ? OFFSET_COLUMNS : room))
		return;
	text_add(text, STYLE_FAINT, "Events 4283 at a failure's end, by offset, a second a column:");
	text_paragraph(text, 0);
	for (unsigned k = 0; k < offsets.count; k++) {
		draw(text, &offsets.strips[k], offsets.columns, clock->offset_s, offsets.highest,
		     k == 0 ? STYLE_MARK : STYLE_FAINT);
		if (k == 0)
			draw_marks(text, offsets.columns, offsets.next, clock->method == CLOCK_GIVEN);
	}
}
