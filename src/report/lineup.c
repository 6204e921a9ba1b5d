/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/lineup.h"

#include "report/offsets.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 5, QUARTER_HOUR = 900, ZONE_MAX = 14 * 3600, NUMBERS = 12 };

/* Most offsets are a time zone, in quarter hours, and clocks that differ by seconds or minutes. */
static void add_zone(struct text *text, double offset)
{
	double zone = round(offset / QUARTER_HOUR) * QUARTER_HOUR;
	double skew = offset - zone;
	char hours[PHRASE_SIZE];

	if (fabs(zone) > ZONE_MAX || fabs(skew) > 300)
		return;
	phrase_offset(zone, hours);
	/* Hours and minutes are enough of a zone. */
	hours[strlen(hours) - 3] = '\0';
	text_format(text, STYLE_PLAIN, ", as of a clock at UTC%s that is %.1f\u00a0s %s", hours, fabs(skew),
		    skew < 0 ? "slow" : "fast");
}

/* What the estimate rests on. */
static void add_anchors(struct text *text, const struct clock_estimate *clock)
{
	uint32_t others = clock->anchors[ANCHOR_CALLER] + clock->anchors[ANCHOR_RESET] + clock->anchors[ANCHOR_CONNECT];

	text_format(text, STYLE_PLAIN, "; estimated from %" PRIu32 " line-ups", clock->matched);
	if (others > 0)
		text_format(text, STYLE_PLAIN, " and %" PRIu32 " event%s of callers and sockets errors", others,
			    others == 1 ? "" : "s");
	for (uint32_t i = 0; i < clock->step_count; i++)
		text_format(text, STYLE_PLAIN, "; set by %+.0f\u00a0s before incident %" PRIu32, clock->steps[i].by_s,
			    clock->steps[i].incident);
}

static void add_clock(struct text *text, const struct analysis *analysis)
{
	const struct clock_estimate *clock = &analysis->clock;
	char words[PHRASE_SIZE];

	text_format(text, STYLE_STRONG, "Event clock minus capture clock: %s", phrase_offset(clock->offset_s, words));
	text_format(text, STYLE_PLAIN, " (%.3f\u00a0s", clock->offset_s);
	if (!isnan(clock->offset_low_s))
		text_format(text, STYLE_PLAIN, ", give or take %.1f\u00a0s",
			    fmax(clock->offset_high_s - clock->offset_s, clock->offset_s - clock->offset_low_s));
	text_add(text, STYLE_PLAIN, ")");
	add_zone(text, clock->offset_s);
	if (clock->method == CLOCK_GIVEN)
		text_add(text, STYLE_PLAIN,
			 clock->matched > 0 || analysis->log->incident_count == 0
			     ? "; as given with --clock-offset"
			     : "; as given with --clock-offset, which may be wrong: no incident lines up with it. "
			       "Without it the offset is estimated");
	else
		add_anchors(text, clock);
	if (clock->drift_ppm != 0)
		text_format(text, STYLE_PLAIN, ", drift %+.1f\u00a0ppm", clock->drift_ppm);
	if (!isnan(clock->p_chance))
		text_format(text, STYLE_PLAIN, ", by chance as good: p\u00a0=\u00a0%s",
			    phrase_probability(clock->p_chance, words));
	if (!isnan(clock->runner_up_offset_s))
		text_format(text, STYLE_PLAIN, "; the next best offset is %s",
			    phrase_offset(clock->runner_up_offset_s, words));
	text_add(text, STYLE_PLAIN, ".");
	text_paragraph(text, 0);
}

static void add_clock_drawn(struct text *text, const struct view *view)
{
	add_clock(text, view->analysis);
	offsets_draw(text, view);
}

/* What was given and leaves no line-up where it is wrong. */
static void add_doubts(struct text *text, const struct analysis_options *options)
{
	if (options->zone != NULL)
		text_add(text, STYLE_PLAIN, " The zone given with --tz may not be the log's: try without it.");
	if (options->mta_count > 0)
		text_add(text, STYLE_PLAIN, " The log may not be that of the MTA given with --mta: try without it.");
}

static void add_no_clock(struct text *text, const struct analysis *analysis)
{
	char words[PHRASE_SIZE];

	text_add(text, STYLE_STRONG, "The clocks could not be lined up");
	if (isnan(analysis->clock.p_chance))
		text_add(text, STYLE_PLAIN, ": there is too little to line up");
	else if (analysis->clock.p_chance > CLOCK_CHANCE_MOST)
		text_format(text, STYLE_PLAIN, ": the best offset is one that chance would bring (p\u00a0=\u00a0%s)",
			    phrase_probability(analysis->clock.p_chance, words));
	else
		text_add(text, STYLE_PLAIN,
			 ": the best offset rests on too few events, or another one would do as well");
	text_add(text, STYLE_PLAIN, ".");
	add_doubts(text, analysis->options);
	text_format(text, STYLE_PLAIN, " Where the offset is known, give it: --clock-offset%s.",
		    analysis->options->zone == NULL ? ", or the log's zone: --tz" : "");
	text_paragraph(text, 0);
}

static void add_confidence(struct text *text, const struct analysis *analysis)
{
	const uint64_t *matches = analysis->summary.matches;
	char words[PHRASE_SIZE];

	text_format(text, STYLE_PLAIN,
		    "%s 4283: %" PRIu64 " certain, %" PRIu64 " probable, %" PRIu64 " ambiguous, %" PRIu64
		    " without a connection.",
		    phrase_count(analysis->summary.incidents, "event", words), matches[MATCH_CERTAIN],
		    matches[MATCH_PROBABLE], matches[MATCH_AMBIGUOUS], matches[MATCH_NONE]);
	text_paragraph(text, 0);
}

static void add_local(struct text *text, const struct incident *incident)
{
	char clock[PHRASE_SIZE];

	if (incident->t_local == INT64_MIN || llabs(incident->t_local) > INT64_MAX / NS_PER_S) {
		text_add(text, STYLE_PLAIN, " at an unknown time");
		return;
	}
	phrase_clock(incident->t_local * NS_PER_S, 0, clock);
	/* The log's own time is mostly no UTC. */
	if (!incident->utc)
		clock[strlen(clock) - 1] = '\0';
	text_format(text, STYLE_PLAIN, " at %s of the log", clock);
}

static void add_open_one(struct text *text, const struct incident *incident, const struct match *match)
{
	char lpi[PHRASE_SIZE];

	text_format(text, STYLE_MARK, "  LPI %s", phrase_lpi(&incident->lpi, lpi));
	add_local(text, incident);
	if (match->confidence == MATCH_NONE)
		text_add(text, STYLE_PLAIN, ": no connection");
	for (uint32_t i = 0; match->confidence == MATCH_AMBIGUOUS && i < match->candidate_count; i++)
		text_format(text, STYLE_PLAIN, "%s#%" PRIu32,
			    i > 0                         ? " or "
			    : match->candidate_count == 1 ? ": perhaps "
							  : ": ",
			    match->candidates[i]);
	if (match->confidence == MATCH_AMBIGUOUS)
		text_format(text, STYLE_FAINT, match->candidate_count == 1 ? " (%.2f)" : " (the first: %.2f)",
			    match->score);
	text_paragraph(text, 6);
}

static void add_open(struct text *text, const struct analysis *analysis, bool all)
{
	bool clock = analysis->clock.method != CLOCK_NOTHING;
	size_t shown = 0;
	size_t open = 0;

	for (size_t i = 0; i < analysis->log->incident_count; i++) {
		const struct match *match = &analysis->matches[i];
		bool wanted = match->confidence == MATCH_AMBIGUOUS || (all && match->confidence == MATCH_NONE);
		if (!wanted || (!clock && !all))
			continue;
		open++;
		if (!all && shown == SHOWN)
			continue;
		add_open_one(text, &analysis->log->incidents[i], match);
		shown++;
	}
	if (open > shown) {
		text_format(text, STYLE_FAINT, text->form.html ? "… and %zu more" : "  … and %zu more; -v lists all",
			    open - shown);
		text_line(text);
	}
}

/* What else the log says of connections: some causes are told by it, not by packets. */
static void add_others(struct text *text, const struct event_log *log)
{
	struct {
		int32_t number;
		uint64_t count;
	} numbers[NUMBERS];
	size_t known = 0;

	for (size_t i = 0; i < log->event_count; i++) {
		int32_t number = log->events[i].number;
		size_t at = 0;
		if (number < 0 || number == 4283 || number == 4258 || log->events[i].duplicate_of != 0)
			continue;
		while (at < known && numbers[at].number != number)
			at++;
		if (at == NUMBERS)
			continue;
		if (at == known) {
			numbers[at].number = number;
			numbers[known++].count = 0;
		}
		numbers[at].count++;
	}
	for (size_t i = 0; i < known; i++)
		text_format(text, STYLE_PLAIN, "%s%" PRId32 " (%" PRIu64 ")",
			    i == 0 ? "Other events in the log: " : ", ", numbers[i].number, numbers[i].count);
	if (known > 0) {
		text_add(text, STYLE_PLAIN, ".");
		text_paragraph(text, 0);
	}
}

void lineup_draw(struct text *text, const struct view *view, bool all)
{
	const struct analysis *analysis = view->analysis;

	if (analysis->log->source_count == 0)
		return;
	text_heading(text, "Event log");
	if (analysis->clock.method != CLOCK_NOTHING)
		add_clock_drawn(text, view);
	else if (analysis->summary.incidents > 0)
		add_no_clock(text, analysis);
	add_confidence(text, analysis);
	add_open(text, analysis, all);
	add_others(text, analysis->log);
}
