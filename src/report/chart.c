/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/chart.h"

#include "base/memory.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_MAX = 24, KINDS = 16, PAGE_LANES = 40 };

/* A lane of half its median length still shows its marks beside each other: so many medians fit side by side. */
enum { LENGTHS_PER_WINDOW = 6, LANES_ENOUGH = 8 };
#define TIME_MAX INT64_MAX

struct cell {
	const char *sign;
	enum text_style style;
};

/* What a mark means, and what line leads on from it. */
struct kind {
	const char *sign;
	const char *means;
	const char *line;
	const char *line_means;
	enum text_style style;
};

enum mark_kind {
	MARK_SYN,
	MARK_SYN_AGAIN,
	MARK_SYNACK,
	MARK_ESTABLISHED,
	MARK_REQUEST,
	MARK_REQUEST_AGAIN,
	MARK_OK,
	MARK_BIND,
	MARK_BIND_RESULT,
	MARK_FIN,
	MARK_RST,
	MARK_DR,
	MARK_ABORT,
	MARK_ICMP,
	MARK_EVENT,
	MARK_EVENT_MAYBE
};

static const struct kind kinds[KINDS] = {
    [MARK_SYN] = {"S", "SYN", "·", "waits for the handshake", STYLE_PLAIN},
    [MARK_SYN_AGAIN] = {"s", "SYN again", "·", NULL, STYLE_BAD},
    [MARK_SYNACK] = {"a", "SYN/ACK", "·", NULL, STYLE_PLAIN},
    [MARK_ESTABLISHED] = {"e", "established", "─", "waits for the request", STYLE_PLAIN},
    [MARK_REQUEST] = {"R", "request", "━", "waits for the OK", STYLE_PLAIN},
    [MARK_REQUEST_AGAIN] = {"r", "request again", "━", NULL, STYLE_BAD},
    [MARK_OK] = {"O", "OK", "┄", "after the OK", STYLE_GOOD},
    [MARK_BIND] = {"B", "bind request", "━", NULL, STYLE_PLAIN},
    [MARK_BIND_RESULT] = {"b", "bind result", "┄", NULL, STYLE_PLAIN},
    [MARK_FIN] = {"x", "closed by FIN", " ", NULL, STYLE_BAD},
    [MARK_RST] = {"X", "reset", " ", NULL, STYLE_BAD},
    [MARK_DR] = {"D", "disconnect request", " ", NULL, STYLE_BAD},
    [MARK_ABORT] = {"A", "abort", " ", NULL, STYLE_BAD},
    [MARK_ICMP] = {"I", "ICMP error", " ", NULL, STYLE_BAD},
    [MARK_EVENT] = {"▼", "event 4283", " ", NULL, STYLE_MARK},
    [MARK_EVENT_MAYBE] = {"▽", "4283, ambiguous", " ", NULL, STYLE_MARK},
};

struct mark {
	time_ns time;
	enum mark_kind kind;
};

struct window {
	time_ns from, to;
	unsigned columns; /* of the drawing */
	unsigned label;   /* columns before it */
	bool used[KINDS];
	bool line_used[KINDS];
};

static unsigned column_of(const struct window *window, time_ns time)
{
	double span = (double)(window->to - window->from);
	double at = (double)(time - window->from) / span * (window->columns - 1);

	return at <= 0 ? 0 : at >= window->columns - 1 ? window->columns - 1 : (unsigned)(at + 0.5);
}

static void put_cells(struct text *text, const struct cell *cells, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		text_add(text, cells[i].style, cells[i].sign);
}

static void clear_cells(struct cell *cells, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		cells[i] = (struct cell){" ", STYLE_PLAIN};
}

/* ---- One lane ---- */

static void add_mark(struct mark *marks, size_t *count, time_ns time, enum mark_kind kind)
{
	size_t at = *count;

	if (time == TIME_NONE || *count == MARKS_MAX)
		return;
	for (; at > 0 && marks[at - 1].time > time; at--)
		marks[at] = marks[at - 1];
	marks[at] = (struct mark){time, kind};
	(*count)++;
}

static enum mark_kind close_mark(enum close_kind how)
{
	switch (how) {
	case CLOSE_RST:
		return MARK_RST;
	case CLOSE_DR:
		return MARK_DR;
	case CLOSE_ABORT:
		return MARK_ABORT;
	case CLOSE_ICMP:
		return MARK_ICMP;
	default:
		return MARK_FIN;
	}
}

static size_t marks_of(const struct failure *failure, struct mark *marks)
{
	const struct connection *connection = failure->connection;
	const struct moment *milestones = connection->milestones;
	const struct facts *facts = &connection->facts;
	size_t count = 0;

	add_mark(marks, &count, milestones[MILESTONE_SYN].time, MARK_SYN);
	for (unsigned i = 0; i + 1 < facts->syn_attempts && i < SYN_TIMES; i++)
		add_mark(marks, &count, milestones[MILESTONE_SYN].time + facts->syn_at_ms[i] * NS_PER_MS,
			 MARK_SYN_AGAIN);
	if (!moment_seen(&milestones[MILESTONE_ESTABLISHED]))
		add_mark(marks, &count, milestones[MILESTONE_SYNACK].time, MARK_SYNACK);
	add_mark(marks, &count, milestones[MILESTONE_ESTABLISHED].time, MARK_ESTABLISHED);
	add_mark(marks, &count, milestones[MILESTONE_REQUEST].time, MARK_REQUEST);
	if (facts->request.set && facts->request.repeats > 0) {
		add_mark(marks, &count, facts->request.first_repeat.time, MARK_REQUEST_AGAIN);
		if (facts->request.last_repeat.time != facts->request.first_repeat.time)
			add_mark(marks, &count, facts->request.last_repeat.time, MARK_REQUEST_AGAIN);
	}
	add_mark(marks, &count, milestones[MILESTONE_OK].time, MARK_OK);
	add_mark(marks, &count, milestones[MILESTONE_BIND_REQUEST].time, MARK_BIND);
	add_mark(marks, &count, milestones[MILESTONE_BIND_RESULT].time, MARK_BIND_RESULT);
	add_mark(marks, &count, milestones[MILESTONE_CLOSE].time, close_mark(connection->close_how));
	if (failure->match != NULL && failure->match->time != TIME_NONE)
		add_mark(marks, &count, failure->match->time + NS_PER_S / 2,
			 failure->match->confidence > MATCH_AMBIGUOUS ? MARK_EVENT : MARK_EVENT_MAYBE);
	return count;
}

/* Marks that fall into one column stand beside each other, the first where it belongs, and none beyond the edge. */
static void place(const struct window *window, const struct mark *marks, size_t count, unsigned *columns)
{
	for (size_t i = 0; i < count; i++) {
		columns[i] = column_of(window, marks[i].time);
		if (i > 0 && columns[i] <= columns[i - 1])
			columns[i] = columns[i - 1] + 1;
	}
	for (size_t i = count; i-- > 0;) {
		unsigned last = window->columns - (unsigned)(count - i);
		if (columns[i] > last)
			columns[i] = last;
	}
}

static void draw_lane(struct text *text, struct window *window, const struct failure *failure)
{
	struct cell cells[TEXT_WIDTH_MAX];
	struct mark marks[MARKS_MAX];
	unsigned columns[MARKS_MAX];
	size_t count = marks_of(failure, marks);

	clear_cells(cells, window->columns);
	place(window, marks, count, columns);
	for (size_t i = 0; i < count; i++) {
		const struct kind *kind = &kinds[marks[i].kind];
		unsigned end = i + 1 < count ? columns[i + 1] : columns[i] + 1;
		window->used[marks[i].kind] = true;
		cells[columns[i]] = (struct cell){kind->sign, kind->style};
		window->line_used[marks[i].kind] |= end > columns[i] + 1;
		for (unsigned c = columns[i] + 1; c < end; c++)
			cells[c] = (struct cell){kind->line, kind->line[0] == ' ' ? STYLE_PLAIN : STYLE_FAINT};
	}
	put_cells(text, cells, window->columns);
	text_line(text);
}

/* ---- The events, and the axis ---- */

static void draw_events(struct text *text, const struct window *window, const struct view *view)
{
	static const char *const digits[] = {" ", "▼", "2", "3", "4", "5", "6", "7", "8", "9"};
	const struct analysis *analysis = view->analysis;
	struct cell cells[TEXT_WIDTH_MAX];
	unsigned counts[TEXT_WIDTH_MAX] = {0};
	size_t shown = 0;

	clear_cells(cells, window->columns);
	for (size_t i = 0; i < analysis->log->incident_count; i++) {
		time_ns time = analysis->matches[i].time;
		if (time == TIME_NONE || time + NS_PER_S < window->from || time > window->to)
			continue;
		/* A log tells whole seconds: the event is somewhere in that one. */
		for (unsigned c = column_of(window, time); c <= column_of(window, time + NS_PER_S); c++)
			cells[c] = (struct cell){"─", STYLE_MARK};
		counts[column_of(window, time + NS_PER_S / 2)]++;
		shown++;
	}
	if (shown == 0)
		return;
	for (unsigned c = 0; c < window->columns; c++)
		if (counts[c] > 0)
			cells[c] = (struct cell){counts[c] > 9 ? "#" : digits[counts[c]], STYLE_MARK};
	text_add(text, STYLE_MARK, "events 4283");
	text_to(text, window->label);
	put_cells(text, cells, window->columns);
	text_line(text);
}

static time_ns tick_step(const struct window *window, unsigned label)
{
	static const int64_t steps_ms[] = {1,       2,       5,        10,       20,       50,      100,
					   200,     500,     1000,     2000,     5000,     10000,   15000,
					   30000,   60000,   120000,   300000,   600000,   900000,  1800000,
					   3600000, 7200000, 14400000, 21600000, 43200000, 86400000};
	time_ns least = (window->to - window->from) / window->columns * (label + 2);

	for (size_t i = 0; i < sizeof steps_ms / sizeof steps_ms[0]; i++)
		if (steps_ms[i] * NS_PER_MS >= least)
			return steps_ms[i] * NS_PER_MS;
	return (least / (86400 * NS_PER_S) + 1) * 86400 * NS_PER_S;
}

/* Labels begin under their ticks; the last may have no room. */
static void draw_labels(struct text *text, const struct window *window, time_ns step, unsigned digits, time_ns zero)
{
	char label[PHRASE_SIZE];

	text_add(text, STYLE_FAINT, zero == TIME_NONE ? "UTC" : "since start");
	for (time_ns tick = (window->from + step - 1) / step * step; tick <= window->to; tick += step) {
		unsigned column = window->label + column_of(window, tick);
		if (zero == TIME_NONE && step >= 86400 * NS_PER_S)
			phrase_date(tick, label);
		else if (zero == TIME_NONE)
			phrase_clock(tick, digits, label);
		else
			snprintf(label, sizeof label, "%+.*f\u00a0s", digits > 0 ? 3 : 1, (double)(tick - zero) / 1e9);
		size_t length = strlen(label) - (zero == TIME_NONE ? 0 : 1);
		if (column + length > window->label + window->columns || column < text->columns)
			continue;
		text_to(text, column);
		text_add(text, STYLE_FAINT, label);
	}
	text_line(text);
}

static void draw_axis(struct text *text, const struct window *window, time_ns zero)
{
	struct cell cells[TEXT_WIDTH_MAX];
	unsigned digits = window->to - window->from < 10 * NS_PER_S ? 3 : 0;
	time_ns step = tick_step(window, digits > 0 ? 13 : 9);

	for (unsigned i = 0; i < window->columns; i++)
		cells[i] = (struct cell){"─", STYLE_FAINT};
	for (time_ns tick = (window->from + step - 1) / step * step; tick <= window->to; tick += step)
		cells[column_of(window, tick)].sign = "┬";
	text_to(text, window->label);
	put_cells(text, cells, window->columns);
	text_line(text);
	draw_labels(text, window, step, digits, TIME_NONE);
	draw_labels(text, window, step, digits, zero);
}

static void draw_legend(struct text *text, const struct window *window)
{
	bool first = true;

	for (unsigned i = 0; i < KINDS; i++) {
		if (!window->used[i])
			continue;
		text_add(text, STYLE_PLAIN, first ? "" : "  ");
		text_add(text, kinds[i].style, kinds[i].sign);
		text_add(text, STYLE_FAINT, "\u00a0");
		for (const char *at = kinds[i].means; *at != '\0'; at++)
			text_add(text, STYLE_FAINT, *at == ' ' ? "\u00a0" : (const char[]){*at, '\0'});
		first = false;
	}
	for (unsigned i = 0; i < KINDS; i++) {
		if (!window->line_used[i] || kinds[i].line_means == NULL)
			continue;
		text_format(text, STYLE_PLAIN, "  %s%s\u00a0", kinds[i].line, kinds[i].line);
		for (const char *at = kinds[i].line_means; *at != '\0'; at++)
			text_add(text, STYLE_FAINT, *at == ' ' ? "\u00a0" : (const char[]){*at, '\0'});
	}
	text_paragraph(text, 0);
}

/* ---- A drawing ---- */

static void add_label(struct text *text, const struct window *window, const struct connection *connection)
{
	char address[ADDRESS_TEXT_SIZE];

	text_format(text, STYLE_STRONG, "#%" PRIu32, connection->id);
	if (window->label > 12) {
		text_to(text, 7);
		address_format(&connection->client.ip, address);
		text_add(text, STYLE_PLAIN, address);
	}
	text_limit(text, window->label - 1);
	text_to(text, window->label);
}

static void draw(struct text *text, const struct view *view, const struct failure *const *lanes, size_t count,
		 bool legend)
{
	struct window window = {.from = lanes[0]->connection->first.time, .to = failure_end(lanes[0])};

	for (size_t i = 0; i < count; i++) {
		time_ns end = failure_end(lanes[i]);
		if (lanes[i]->connection->first.time < window.from)
			window.from = lanes[i]->connection->first.time;
		if (end > window.to)
			window.to = end;
	}
	if (window.to - window.from < NS_PER_MS)
		window.to = window.from + NS_PER_MS;
	window.label = text->form.width >= 72 ? 23 : 12;
	window.columns = text->form.width - window.label;
	draw_events(text, &window, view);
	for (size_t i = 0; i < count; i++) {
		add_label(text, &window, lanes[i]->connection);
		draw_lane(text, &window, lanes[i]);
	}
	draw_axis(text, &window, view->analysis->first);
	if (legend)
		draw_legend(text, &window);
}

/* ---- Which lanes ---- */

static int compare_span(const void *a, const void *b)
{
	time_ns left = *(const time_ns *)a;
	time_ns right = *(const time_ns *)b;

	return left < right ? -1 : left > right;
}

/* A stretch of time in which a lane is long enough to be read. */
static time_ns good_window(const struct failure *const *lanes, size_t count)
{
	time_ns *spans = memory_get((count + 1) * sizeof *spans);

	for (size_t i = 0; i < count; i++)
		spans[i] = failure_end(lanes[i]) - lanes[i]->connection->first.time;
	qsort(spans, count, sizeof *spans, compare_span);
	time_ns middle = spans[count / 2];
	time_ns longest = spans[count - 1];
	free(spans);
	return middle * LENGTHS_PER_WINDOW > longest ? middle * LENGTHS_PER_WINDOW : longest;
}

/* The stretch with the most of the lanes, which are by the time of their start: from *first on, so many. */
static size_t densest(const struct failure *const *lanes, size_t count, time_ns length, size_t *first)
{
	size_t best = 0;
	size_t end = 0;

	for (size_t start = 0; start < count && best < CHART_LANES; start++) {
		time_ns limit = lanes[start]->connection->first.time + length;
		if (end < start)
			end = start;
		while (end < count && failure_end(lanes[end]) <= limit)
			end++;
		if (end - start > best) {
			best = end - start;
			*first = start;
		}
	}
	return best > CHART_LANES ? CHART_LANES : best;
}

/* Others that began and ended in the same stretch, as far as there is room; then all by the time of their start. */
static size_t fill_up(const struct view *view, const struct failure **lanes, size_t count)
{
	time_ns from = lanes[0]->connection->first.time;
	time_ns to = from;
	size_t own = count;

	for (size_t i = 0; i < own; i++)
		if (failure_end(lanes[i]) > to)
			to = failure_end(lanes[i]);
	for (size_t i = 0; i < view->failure_count && count < CHART_LANES; i++) {
		const struct failure *failure = &view->failures[i];
		if (failure->theme > 0 && failure->connection->first.time >= from && failure_end(failure) <= to)
			lanes[count++] = failure;
	}
	for (size_t i = own; i < count; i++) {
		const struct failure *moving = lanes[i];
		size_t at = i;
		for (; at > 0 && lanes[at - 1] > moving; at--)
			lanes[at] = lanes[at - 1];
		lanes[at] = moving;
	}
	return count;
}

/* As good a stretch as holds enough lanes to compare. */
static size_t choose(const struct failure *const *lanes, size_t count, size_t *first)
{
	time_ns length = good_window(lanes, count) + 1;
	size_t enough = count < LANES_ENOUGH ? count : LANES_ENOUGH;
	size_t found = densest(lanes, count, length, first);

	while (found < enough && length < TIME_MAX / 2) {
		length *= 2;
		found = densest(lanes, count, length, first);
	}
	return found == 0 ? 1 : found;
}

void chart_draw(struct text *text, const struct view *view)
{
	const struct failure **theme = memory_get((view->failure_count + 1) * sizeof(const struct failure *));
	const struct failure *lanes[CHART_LANES];
	size_t shown = 0;
	size_t count = 0;
	size_t first = 0;

	for (size_t i = 0; i < view->failure_count; i++)
		if (view->failures[i].theme == 0)
			theme[count++] = &view->failures[i];
	if (view->failure_count <= CHART_LANES) {
		for (; shown < view->failure_count; shown++)
			lanes[shown] = &view->failures[shown];
	} else {
		shown = choose(theme, count, &first);
		memcpy(lanes, theme + first, shown * sizeof lanes[0]);
		shown = fill_up(view, lanes, shown);
	}
	draw(text, view, lanes, shown, true);
	if (shown < view->failure_count) {
		text_format(
		    text, STYLE_FAINT,
		    "Drawn are %zu of %zu failures, where those of the first finding stand closest; -v draws all.",
		    shown, view->failure_count);
		text_paragraph(text, 0);
	}
	free(theme);
}

void chart_draw_all(struct text *text, const struct view *view)
{
	const struct failure *lanes[PAGE_LANES];

	for (size_t start = 0; start < view->failure_count;) {
		size_t count = 0;
		while (count < PAGE_LANES && start + count < view->failure_count) {
			lanes[count] = &view->failures[start + count];
			count++;
		}
		start += count;
		draw(text, view, lanes, count, start == view->failure_count);
		if (start < view->failure_count)
			text_gap(text);
	}
}
