/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/clock.h"

#include "align/chance.h"
#include "align/fit.h"
#include "align/search.h"

#include <math.h>
#include <stdlib.h>

enum { CANDIDATES = 24, REFINED = 10 };

/* A zone that the user vouches for is evidence of its own. */
#define CHANCE_MOST       1e-3
#define CHANCE_MOST_ZONED 3e-3
#define CHANCE_MOST_LONE  2e-2
#define CERTAINTY_LEAST   0.7
#define LOOKED_AT         3000

static void kernel_rough(struct kernel *kernel)
{
	double spread[5] = {0.1, 0.25, 0.3, 0.25, 0.1};
	struct lag_model lag;

	lag_default(&lag);
	kernel_build(kernel, &lag, spread, 5, 0.12);
	/* The few lags beyond find no offset, and looking at every close so far back takes most of the time. */
	kernel->highest = 4;
}

/* Moves a candidate to the best place within a second or so. */
static void refine(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		   const struct kernel *kernel, size_t stride, struct candidate *candidate)
{
	double span = fmax(closes->last - closes->first, 1);
	struct candidate best = *candidate;
	double reach = 0.6;

	best.total = -INFINITY;
	for (int round = 0; round < 3; round++, reach /= 2) {
		struct clock_line centre = round == 0 ? candidate->line : best.line;
		int drifts = span > 1800 ? 2 : 0;
		for (int o = -2; o <= 2; o++)
			for (int d = -drifts; d <= drifts; d++) {
				struct clock_line line = centre;
				line.offset += o * reach / 2;
				line.drift += d * reach / span;
				if (fabs(line.drift) > DRIFT_MOST)
					continue;
				double evidence = evidence_at(closes, seconds, kernel, &line, VOTE_SHARE, stride);
				double total =
				    evidence + offset_prior_log(prior, line.offset) + drift_prior_log(line.drift);
				if (total > best.total)
					best = (struct candidate){line, evidence, total, VOTE_SHARE, evidence};
			}
	}
	*candidate = best;
}

/* Where closes are dense the votes may be seconds off: looks around more widely. */
static void rescan(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		   const struct kernel *kernel, size_t stride, struct candidate *candidate)
{
	double span = fmax(closes->last - closes->first, 1);
	struct clock_line centre = candidate->line;
	int drifts = span > 1800 ? 3 : 0;

	for (int o = -16; o <= 16; o++)
		for (int d = -drifts; d <= drifts; d++) {
			struct clock_line line = {centre.offset + o * 0.5, centre.drift + d * 1.0 / span,
						  centre.middle};
			double evidence = evidence_at(closes, seconds, kernel, &line, VOTE_SHARE, stride);
			double total = evidence + offset_prior_log(prior, line.offset) + drift_prior_log(line.drift);
			if (total > candidate->total)
				*candidate = (struct candidate){line, evidence, total, VOTE_SHARE, evidence};
		}
}

/* The evidence with the share of matched events that suits it best, less what the choice costs. */
static void profile(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
		    size_t stride, struct candidate *candidate)
{
	static const double shares[] = {0.3, 0.8, 0.95};
	double least = candidate->evidence;

	for (size_t k = 0; k < sizeof(shares) / sizeof(shares[0]); k++) {
		double evidence = evidence_at(closes, seconds, kernel, &candidate->line, shares[k], stride) - 0.7;
		if (evidence > candidate->evidence) {
			candidate->evidence = evidence;
			candidate->share = shares[k];
		}
	}
	candidate->total += candidate->evidence - least;
}

static int by_total(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	return (a->line.offset > b->line.offset) - (a->line.offset < b->line.offset);
}

/* The best one's probability among those that stand apart from it; found->runner_up becomes the best of these. */
static void compare(const struct candidate *candidates, size_t count, struct clock_found *found)
{
	double rivals = 0;

	found->runner_up = NAN;
	for (size_t k = 1; k < count; k++) {
		const struct clock_line *line = &candidates[k].line;
		if (fabs(line->offset - candidates[0].line.offset) < SEPARATE_S || isinf(candidates[k].total) ||
		    candidates[k].evidence <= 0)
			continue;
		if (isnan(found->runner_up))
			found->runner_up = line->offset - line->drift * line->middle;
		rivals += exp(candidates[k].total - candidates[0].total);
	}
	found->certainty = 1 / (1 + rivals);
}

static void given(const struct closes *closes, const struct seconds *seconds, const struct align_options *options,
		  struct clock_found *found)
{
	struct offset_prior prior;

	offset_prior_set(&prior, options);
	found->accepted = true;
	found->certainty = 1;
	found->line = (struct clock_line){options->offset_s, 0, (closes->first + closes->last) / 2};
	fit_line(closes, seconds, &prior, true, &found->line, &found->kernel);
}

/* Events inside the capture under a line. */
static size_t inside(const struct closes *closes, const struct seconds *seconds, const struct clock_line *line)
{
	size_t count = 0;

	for (size_t i = 0; i < seconds->count; i++) {
		double place = clock_to_capture(line, seconds->time[i]);
		count += place > closes->first - 1 && place < closes->last + 2;
	}
	return count;
}

void clock_find(const struct closes *closes, const struct seconds *seconds, const struct align_options *options,
		struct clock_found *found)
{
	struct candidate candidates[CANDIDATES];
	struct offset_prior prior;
	struct kernel rough;
	struct votes votes;

	*found = (struct clock_found){.p_chance = NAN, .runner_up = NAN};
	if (options->has_offset) {
		given(closes, seconds, options, found);
		return;
	}
	offset_prior_set(&prior, options);
	kernel_rough(&rough);
	size_t count = search_candidates(closes, seconds, &prior, &rough, candidates, CANDIDATES, &votes);
	if (count == 0) {
		free(votes.value);
		return;
	}
	size_t stride = inside(closes, seconds, &candidates[0].line) / LOOKED_AT + 1;
	if (mean_gap(closes, seconds) < 2)
		rescan(closes, seconds, &prior, &rough, stride, &candidates[0]);
	for (size_t k = 0; k < count && k < REFINED; k++) {
		refine(closes, seconds, &prior, &rough, stride, &candidates[k]);
		profile(closes, seconds, &rough, stride, &candidates[k]);
	}
	qsort(candidates, count, sizeof(candidates[0]), by_total);
	compare(candidates, count, found);
	found->evidence = candidates[0].evidence;
	found->p_chance = chance_of(closes, seconds, &prior, &votes, &rough, candidates, count, stride);
	free(votes.value);
	found->line = candidates[0].line;
	double most = !options->has_zone ? CHANCE_MOST : seconds->count == 1 ? CHANCE_MOST_LONE : CHANCE_MOST_ZONED;
	/* One event alone can be brought beside any close by some zone. */
	bool enough = options->has_zone || seconds->count > 1;
	found->accepted = enough && found->p_chance <= most && found->certainty >= CERTAINTY_LEAST;
	found->certainty *= 1 - found->p_chance;
	if (found->accepted)
		fit_line(closes, seconds, &prior, false, &found->line, &found->kernel);
}
