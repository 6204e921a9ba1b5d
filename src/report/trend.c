/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/trend.h"

#include "report/phrase.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LABEL = 17, PEAK = 14 };

struct series {
	const char *label;
	double values[TEXT_WIDTH_MAX];
	double peak;
	const char *peak_text;
};

/* Stretches of whole seconds. */
struct bins {
	int64_t first; /* second */
	int64_t length;
	unsigned count;
};

static bool bins_make(struct bins *bins, const struct view *view, unsigned columns)
{
	const struct analysis *analysis = view->analysis;
	int64_t first = analysis->first / NS_PER_S;
	int64_t seconds = analysis->last / NS_PER_S - first + 1;

	if (analysis->first == TIME_NONE || seconds < 2)
		return false;
	bins->first = first;
	bins->length = (seconds + columns - 1) / columns;
	bins->count = (unsigned)((seconds + bins->length - 1) / bins->length);
	return true;
}

static void count_at(const struct bins *bins, struct series *series, time_ns time)
{
	int64_t bin = time == TIME_NONE ? -1 : (time / NS_PER_S - bins->first) / bins->length;

	if (bin < 0 || bin >= bins->count)
		return;
	series->values[bin]++;
	if (series->values[bin] > series->peak)
		series->peak = series->values[bin];
}

static void draw(struct text *text, const struct bins *bins, const struct series *series, unsigned columns,
		 enum text_style style)
{
	static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

	if (series->peak <= 0)
		return;
	text_add(text, STYLE_PLAIN, series->label);
	text_to(text, LABEL);
	for (unsigned i = 0; i < columns; i++) {
		/* A bin may be several columns wide where the capture is short. */
		double value = series->values[i * bins->count / columns];
		unsigned level = (unsigned)(value / series->peak * 7.999);
		text_add(text, style, value <= 0 ? " " : levels[level > 7 ? 7 : level]);
	}
	text_add(text, STYLE_PLAIN, " ");
	text_add(text, STYLE_PLAIN, series->peak_text);
	text_line(text);
}

static void draw_counts(struct text *text, const struct bins *bins, const struct view *view, unsigned columns)
{
	const struct analysis *analysis = view->analysis;
	struct series failures = {.label = "failures end"};
	struct series events = {.label = "events 4283"};
	char peak[PHRASE_SIZE];

	for (size_t i = 0; i < view->failure_count; i++) {
		const struct connection *connection = view->failures[i].connection;
		const struct moment *close = &connection->milestones[MILESTONE_CLOSE];
		count_at(bins, &failures, moment_seen(close) ? close->time : connection->last.time);
	}
	for (size_t i = 0; i < analysis->log->incident_count; i++)
		count_at(bins, &events, analysis->matches[i].time);
	snprintf(peak, sizeof peak, "peak %.0f", failures.peak);
	failures.peak_text = peak;
	draw(text, bins, &failures, columns, STYLE_BAD);
	snprintf(peak, sizeof peak, "peak %.0f", events.peak);
	events.peak_text = peak;
	draw(text, bins, &events, columns, STYLE_MARK);
}

static double above(double value)
{
	return value > 0 ? value : 0;
}

static void draw_loads(struct text *text, const struct bins *bins, const struct view *view, unsigned columns)
{
	struct series waiting = {.label = "wait for the OK"};
	struct series arrivals = {.label = "new connections"};
	struct series latency = {.label = "time to OK, p90"};
	char peak[PHRASE_SIZE], duration[PHRASE_SIZE];

	for (unsigned i = 0; i < bins->count; i++) {
		int64_t from = bins->first + i * bins->length;
		struct load_figures load =
		    load_between(view->analysis->load, from * NS_PER_S, (from + bins->length - 1) * NS_PER_S);
		waiting.values[i] = above((double)load.open_waiting_peak);
		arrivals.values[i] = above(load.arrivals_per_s_peak);
		latency.values[i] = above((double)load.ok_us_p90);
		waiting.peak = waiting.values[i] > waiting.peak ? waiting.values[i] : waiting.peak;
		arrivals.peak = arrivals.values[i] > arrivals.peak ? arrivals.values[i] : arrivals.peak;
		latency.peak = latency.values[i] > latency.peak ? latency.values[i] : latency.peak;
	}
	snprintf(peak, sizeof peak, "peak %.0f", waiting.peak);
	waiting.peak_text = peak;
	draw(text, bins, &waiting, columns, STYLE_PLAIN);
	snprintf(peak, sizeof peak, "peak %.1f/s", arrivals.peak);
	arrivals.peak_text = peak;
	draw(text, bins, &arrivals, columns, STYLE_PLAIN);
	snprintf(peak, sizeof peak, "peak %s", phrase_duration((int64_t)latency.peak, duration));
	latency.peak_text = peak;
	draw(text, bins, &latency, columns, STYLE_PLAIN);
}

static void draw_axis(struct text *text, const struct bins *bins, unsigned columns)
{
	char from[PHRASE_SIZE], to[PHRASE_SIZE], each[PHRASE_SIZE];

	phrase_clock(bins->first * NS_PER_S, 0, from);
	phrase_clock((bins->first + bins->length * bins->count) * NS_PER_S, 0, to);
	text_to(text, LABEL);
	text_add(text, STYLE_FAINT, from);
	snprintf(each, sizeof each, "%s a step", phrase_duration(bins->length * 1000000, to));
	if (columns > 9 + 2 + 9 + 2 + 16) {
		text_to(text, LABEL + (columns - (unsigned)strlen(each)) / 2);
		text_add(text, STYLE_FAINT, each);
	}
	phrase_clock((bins->first + bins->length * bins->count) * NS_PER_S, 0, to);
	text_to(text, LABEL + columns - (unsigned)strlen(to));
	text_add(text, STYLE_FAINT, to);
	text_line(text);
}

void trend_draw(struct text *text, const struct view *view)
{
	unsigned columns = text->form.width - LABEL - PEAK;
	struct bins bins;

	if (text->form.width < LABEL + PEAK + 20 || !bins_make(&bins, view, columns))
		return;
	draw_counts(text, &bins, view, columns);
	draw_loads(text, &bins, view, columns);
	draw_axis(text, &bins, columns);
}
