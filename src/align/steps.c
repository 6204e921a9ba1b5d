/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/steps.h"

#include "align/chance.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S        3600.0
#define BREATH_S      4.5
#define REST_LEAST    3.0    /* incidents that a step is to be believed of */
#define MISFIT        (-0.3) /* gain of each beyond a step, at most */
#define OUTSIDE       (-0.01)
#define HOLDS_LEAST   0.6
#define GAIN_LEAST    5.0
#define RARITY_LEAST  9.0   /* natural logarithm of one in eight thousand */
#define CHANCE_MOST   1e-4  /* of a line that was looked for everywhere */
#define SEARCHED_MOST 20000 /* incidents */
#define CLOSES_MOST   200000

struct log_times {
	const struct closes *closes;
	const double *time;
	double *worth;
	size_t count;
	const struct align_options *options;
	const struct kernel *kernel;
};

/* What an incident gains by a line; nothing is known outside the capture. */
static double gain_of(const struct log_times *times, size_t i, const struct clock_line *line)
{
	double place = clock_to_capture(line, times->time[i]);

	if (place < times->closes->first - 1 || place > times->closes->last + 2)
		return 0;
	size_t hint = closes_from(times->closes, place - times->kernel->highest);
	double density = density_at(times->closes, times->kernel, place, &hint);
	return times->worth[i] * log(1 - VOTE_SHARE + VOTE_SHARE * density * mean_gap(times->closes));
}

/* A stretch and where in it a line ceases to fit, or begins to. */
struct cut {
	size_t low, high; /* what does not fit */
	struct clock_line line;
	bool tail; /* that lies at the end */
};

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void seconds_of_part(const struct log_times *times, size_t low, size_t high, struct seconds *seconds)
{
	double *sorted = memory_get_zeroed(high - low + 1, sizeof(*sorted));

	memcpy(sorted, times->time + low, (high - low) * sizeof(*sorted));
	qsort(sorted, high - low, sizeof(*sorted), by_value);
	seconds_init(seconds, high - low);
	for (size_t i = 0; i < high - low; i++)
		seconds_add(seconds, sorted[i]);
	seconds_weigh(seconds, times->closes->last - times->closes->first);
	free(sorted);
}

/* How seldom strangers would fit a line that stands fixed. */
static double rarity_of(const struct log_times *times, const struct seconds *seconds, const struct clock_line *line)
{
	struct candidate candidate = {.line = *line, .share = VOTE_SHARE};
	struct strangers strangers;

	strangers_model(times->closes, seconds, times->kernel, &candidate, 1, false, &strangers);
	return strangers_rarity(&strangers, evidence_at(times->closes, seconds, times->kernel, line, VOTE_SHARE, 1));
}

/* Looks for the line of what does not fit. */
static bool cut_explain(const struct log_times *times, struct cut *cut, const struct clock_line *line)
{
	struct seconds seconds;
	bool found = false;
	double best = RARITY_LEAST;

	seconds_of_part(times, cut->low, cut->high, &seconds);
	for (int sign = -1; sign <= 1; sign += 2) {
		struct clock_line other = *line;
		other.offset += sign * HOUR_S;
		double rarity = rarity_of(times, &seconds, &other);
		if (rarity > best) {
			best = rarity;
			cut->line = other;
			found = true;
		}
	}
	if (!found && seconds.count > 3 && cut->high - cut->low <= SEARCHED_MOST &&
	    times->closes->count <= CLOSES_MOST) {
		struct clock_found other;
		clock_find(times->closes, &seconds, &(struct anchors){0}, times->options, &other);
		found = other.accepted && other.p_chance <= CHANCE_MOST &&
			fabs(other.line.offset - line->offset) > SEPARATE_S;
		cut->line = other.line;
	}
	seconds_free(&seconds);
	return found;
}

/* Moves the cut to where both lines together fit best; returns what the other line gains there over the first. */
static double cut_place(const struct log_times *times, const struct log_stretch *stretch, size_t end, struct cut *cut)
{
	double sum = 0, best = 0;
	size_t place = cut->tail ? end : stretch->from;

	/* From the side that surely is the other's. */
	for (size_t n = 0; n < end - stretch->from; n++) {
		size_t i = cut->tail ? end - 1 - n : stretch->from + n;
		sum += gain_of(times, i, &cut->line) - gain_of(times, i, &stretch->line);
		if (sum > best) {
			best = sum;
			place = cut->tail ? i : i + 1;
		}
	}
	if (cut->tail)
		cut->low = place;
	else
		cut->high = place;
	return best;
}

/* Whether most of what lies beyond the cut has a close there: strays of one burst fit somewhere always. */
static bool cut_holds(const struct log_times *times, const struct cut *cut)
{
	double fitting = 0, all = 0;

	for (size_t i = cut->low; i < cut->high; i++) {
		double gain = gain_of(times, i, &cut->line);
		fitting += gain > 0 ? times->worth[i] : 0;
		all += gain < 0 || gain > 0 ? times->worth[i] : 0;
	}
	return fitting >= REST_LEAST && fitting >= HOLDS_LEAST * all;
}

/* The end, or the beginning, of a stretch that its line does not fit; false if it fits. */
static bool cut_find(const struct log_times *times, const struct log_stretch *stretch, size_t end, bool tail,
		     struct cut *cut)
{
	double sum = 0, least = 0, worth = 0, worth_there = 0;
	size_t place = tail ? end : stretch->from;

	for (size_t n = 0; n < end - stretch->from; n++) {
		size_t i = tail ? end - 1 - n : stretch->from + n;
		double gain = gain_of(times, i, &stretch->line);
		/* What lies outside the capture fits as little as nothing. */
		sum += gain < 0 || gain > 0 ? gain : OUTSIDE * times->worth[i];
		worth += gain < 0 || gain > 0 ? times->worth[i] : 0;
		if (sum < least) {
			least = sum;
			worth_there = worth;
			place = tail ? i : i + 1;
		}
	}
	*cut = (struct cut){.low = tail ? place : stretch->from, .high = tail ? end : place, .tail = tail};
	return (worth_there >= REST_LEAST && least <= MISFIT * worth_there) ||
	       (double)(cut->high - cut->low) >= REST_LEAST;
}

/* Cuts stretch number k once, if there is a step in it. */
static bool stretch_cut(const struct log_times *times, struct log_stretch *stretches, size_t *count, size_t k)
{
	size_t end = k + 1 < *count ? stretches[k + 1].from : times->count;

	for (int tail = 1; tail >= 0; tail--) {
		struct cut cut;
		if (!cut_find(times, &stretches[k], end, tail == 1, &cut) ||
		    !cut_explain(times, &cut, &stretches[k].line) ||
		    cut_place(times, &stretches[k], end, &cut) < GAIN_LEAST || !cut_holds(times, &cut))
			continue;
		/* All of it another's: then the line is not the stretch's, but that is not for a step to say. */
		if (cut.low == stretches[k].from && cut.high == end)
			continue;
		memmove(&stretches[k + 2], &stretches[k + 1], (*count - k - 1) * sizeof(*stretches));
		struct clock_line own = stretches[k].line;
		stretches[k + 1] = (struct log_stretch){tail == 1 ? cut.low : cut.high, tail == 1 ? cut.line : own};
		stretches[k].line = tail == 1 ? own : cut.line;
		(*count)++;
		return true;
	}
	return false;
}

size_t steps_find(const struct closes *closes, const double *times, size_t count, const struct clock_found *clock,
		  const struct align_options *options, struct log_stretch *stretches)
{
	struct log_times all = {closes, times,   memory_get_zeroed(count + 1, sizeof(double)),
				count,  options, &clock->kernel};
	size_t used = 1;

	stretches[0] = (struct log_stretch){0, clock->line};
	for (size_t i = 0; i < count; i++)
		all.worth[i] = i > 0 && fabs(times[i] - times[i - 1]) < BREATH_S ? 0.25 : 1;
	for (size_t k = 0; k < used && used <= CLOCK_STEPS;)
		if (!stretch_cut(&all, stretches, &used, k))
			k++;
	free(all.worth);
	return used;
}
