/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/clock.h"

#include "align/chance.h"
#include "align/fit.h"
#include "align/search.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { CANDIDATES = 24, REFINED = 8, SERVERS_MOST = 6, MIRRORED_MOST = 20000 };

/* Who gives a log with a capture mostly gives the right one. */
#define CERTAINTY_LEAST 0.4
#define LOOKED_AT       3000

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
					best = (struct candidate){line, evidence, 0, 0, 0, total, VOTE_SHARE};
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
				*candidate = (struct candidate){line, evidence, 0, 0, 0, total, VOTE_SHARE};
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
	fit_line(closes, seconds, &prior, true, &found->line, &found->kernel, &found->doubt);
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

/* The most events that any of the candidates brings into the capture. */
static double most_inside(const struct closes *closes, const struct seconds *seconds,
			  const struct candidate *candidates, size_t count)
{
	double most = 0;

	for (size_t k = 0; k < count; k++)
		most = fmax(most, (double)inside(closes, seconds, &candidates[k].line));
	return most;
}

/* Each candidate's rarity among strangers, from both sides, takes the place of its evidence. Returns how many are left.
 */
static size_t rank(const struct closes *closes, const struct seconds *seconds, const struct anchors *anchors,
		   const struct offset_prior *prior, const struct kernel *kernel, size_t stride,
		   struct candidate *candidates, size_t count)
{
	struct strangers strangers;
	double most = most_inside(closes, seconds, candidates, count);

	count = count < REFINED ? count : REFINED;
	for (size_t k = 0; k < count; k++) {
		struct candidate *candidate = &candidates[k];
		refine(closes, seconds, prior, kernel, stride, candidate);
		profile(closes, seconds, kernel, stride, candidate);
		strangers_model(closes, seconds, kernel, candidate, stride, false, &strangers);
		candidate->rarity = strangers_rarity(&strangers, candidate->evidence);
		candidate->reverse = candidate->rarity;
		if (stride == 1 && closes->count + (size_t)strangers.events <= MIRRORED_MOST)
			candidate->reverse = strangers_reverse(closes, seconds, kernel, &candidate->line, false);
		/* Who gives a log gives one that tells of the capture's time. */
		double covered = (strangers.events + 0.5) / (most + 0.5);
		candidate->anchored = anchors_rarity(anchors, kernel, &candidate->line);
		candidate->total = (candidate->rarity + candidate->reverse) / 2 + strangers.shape + 0.5 * log(covered) +
				   candidate->anchored + offset_prior_log(prior, candidate->line.offset) +
				   drift_prior_log(candidate->line.drift);
	}
	qsort(candidates, count, sizeof(candidates[0]), by_total);
	return count;
}

/* The clock, if all closes are the log's; nothing is fitted yet. */
static void estimate(const struct closes *closes, const struct seconds *seconds, const struct anchors *anchors,
		     const struct offset_prior *prior, struct clock_found *found)
{
	struct candidate candidates[CANDIDATES];
	struct kernel rough;

	*found = (struct clock_found){.p_chance = NAN, .runner_up = NAN};
	kernel_rough(&rough);
	size_t count = search_candidates(closes, seconds, anchors, prior, &rough, candidates, CANDIDATES);
	if (count == 0)
		return;
	size_t stride = inside(closes, seconds, &candidates[0].line) / LOOKED_AT + 1;
	if (mean_gap(closes) < 2)
		rescan(closes, seconds, prior, &rough, stride, &candidates[0]);
	count = rank(closes, seconds, anchors, prior, &rough, stride, candidates, count);
	compare(candidates, count, found);
	found->evidence = candidates[0].evidence;
	found->p_chance = chance_of(closes, seconds, prior, &rough, candidates, count, stride);
	found->line = candidates[0].line;
	found->kernel = rough;
}

/* The closes of one server, as far as the clock asks: neither start nor order. */
static struct closes closes_of(const struct closes *closes, uint32_t server)
{
	struct closes own = {.first = closes->first, .last = closes->last, .servers = 1};

	own.time = memory_get_zeroed(closes->count + 1, sizeof(double));
	own.weight = memory_get_zeroed(closes->count + 1, sizeof(float));
	for (size_t k = 0; k < closes->count; k++)
		if (closes->server[k] == server) {
			own.time[own.count] = closes->time[k];
			own.weight[own.count++] = closes->weight[k];
			own.weights += (double)closes->weight[k];
		}
	closes_index(&own);
	return own;
}

/* The servers with the most closes; returns how many. */
static size_t servers_pick(const struct closes *closes, uint32_t *servers)
{
	double *weights = memory_get_zeroed(closes->servers + 1, sizeof(*weights));
	size_t count = 0;

	for (size_t k = 0; k < closes->count; k++)
		weights[closes->server[k]] += (double)closes->weight[k];
	while (count < SERVERS_MOST && count < closes->servers) {
		uint32_t most = 0;
		for (uint32_t server = 1; server < closes->servers; server++)
			if (weights[server] > weights[most])
				most = server;
		servers[count++] = most;
		weights[most] = -1;
	}
	free(weights);
	return count;
}

/* A log is mostly one server's: each one's closes are tried alone, and all together for an MTA of several addresses. */
static void estimate_best(const struct closes *closes, const struct seconds *seconds, const struct anchors *anchors,
			  const struct offset_prior *prior, bool has_zone, struct clock_found *found)
{
	uint32_t servers[SERVERS_MOST];
	size_t count = closes->servers > 1 ? servers_pick(closes, servers) : 0;
	struct closes best = *closes;

	estimate(closes, seconds, anchors, prior, found);
	for (size_t k = 0; k < count; k++) {
		struct closes own = closes_of(closes, servers[k]), worse = own;
		struct clock_found other;
		estimate(&own, seconds, anchors, prior, &other);
		if (!isnan(other.p_chance) && (isnan(found->p_chance) || other.p_chance < found->p_chance)) {
			worse = best;
			best = own;
			*found = other;
		}
		if (worse.time != closes->time) {
			free(worse.time);
			free(worse.weight);
			free(worse.index);
		}
	}
	/* Each set of closes was one more try. */
	found->p_chance = fmin(1, found->p_chance * (double)(count + 1));
	/* One event lines up with one close at some offset always, and how round that is proves little; what lies
	 * outside the capture says nothing. */
	uint32_t standing = 0;
	if (!isnan(found->p_chance))
		standing = anchors_standing(anchors, &found->kernel, &found->line, found->anchors);
	bool enough = has_zone || standing > 1 || (!isnan(found->p_chance) && inside(&best, seconds, &found->line) > 1);
	found->accepted = enough && found->p_chance <= CLOCK_CHANCE_MOST && found->certainty >= CERTAINTY_LEAST;
	found->certainty *= 1 - found->p_chance;
	if (found->accepted)
		fit_line(&best, seconds, prior, false, &found->line, &found->kernel, &found->doubt);
	if (best.time != closes->time) {
		free(best.time);
		free(best.weight);
		free(best.index);
	}
}

void clock_find(const struct closes *closes, const struct seconds *seconds, const struct anchors *anchors,
		const struct align_options *options, struct clock_found *found)
{
	struct offset_prior prior;

	if (options->has_offset) {
		*found = (struct clock_found){.p_chance = NAN, .runner_up = NAN};
		given(closes, seconds, options, found);
		anchors_standing(anchors, &found->kernel, &found->line, found->anchors);
		return;
	}
	offset_prior_set(&prior, options);
	estimate_best(closes, seconds, anchors, &prior, options->has_zone, found);
}
