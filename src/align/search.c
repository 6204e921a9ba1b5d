/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/search.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The zones in use run from -12 h to +14 h; clocks are wrong by up to twenty minutes. */
#define ZONE_LOWEST  (-12 * 3600.0)
#define ZONE_HIGHEST (14 * 3600.0)
#define SKEW_MOST    1200.0
#define SKEW_ZONED   1800.0

/* s, how far an offset that was given is rounded, and the most. */
#define GIVEN_S    0.15
#define GIVEN_MOST 1.01

/* A part of the capture short enough that no drift blurs its peak by much. */
#define CHUNK_S       5000.0
#define CHUNK_DENSE_S 1250.0

#define VOTE_BUDGET  3e8   /* additions */
#define SEED_BUDGET  1.5e7 /* kernel lookups */
#define PAIRS_MOST   3000
#define CHUNK_SEEDS  64
#define GLOBAL_SEEDS 256

/* Votes by offset: evidence in steps of VOTE_STEP_S from the prior's lowest, without drift. */
#define VOTE_STEP_S 0.5
struct votes {
	float *value;
	size_t count;
	double centre; /* the capture time at which the offsets hold, for those who know the drift */
	bool complete; /* all closes voted */
};

struct seed {
	double offset, centre, vote;
};

struct seeds {
	struct seed *all;
	size_t count, capacity;
};

static size_t seconds_from(const struct seconds *seconds, double time)
{
	size_t low = 0, high = seconds->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (seconds->time[middle] < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void offset_prior_set(struct offset_prior *prior, const struct align_options *options)
{
	prior->has_zone = options->has_zone;
	prior->zone = options->zone_s;
	prior->lowest = options->has_zone ? prior->zone - SKEW_ZONED : ZONE_LOWEST - SKEW_MOST;
	prior->highest = options->has_zone ? prior->zone + SKEW_ZONED : ZONE_HIGHEST + SKEW_MOST;
	prior->range = prior->highest - prior->lowest;
}

static double laplace(double x, double scale)
{
	return exp(-fabs(x) / scale) / (2 * scale);
}

/* Many captures are taken on the MTA's own host, where there is no skew but the lag; most hosts are minutes right. */
static double skew_density(double skew)
{
	return 0.15 * laplace(skew, 0.8) + 0.55 * laplace(skew, 60) + 0.30 * laplace(skew, 300);
}

double offset_prior_log(const struct offset_prior *prior, double offset)
{
	if (prior->has_zone)
		return log(0.95 * skew_density(offset - prior->zone) + 0.05 / prior->range);
	double density = 0;
	long nearest = lround(offset / 900);
	for (long zone = nearest - 2; zone <= nearest + 2; zone++) {
		if (zone < -48 || zone > 56)
			continue;
		double share = zone % 4 == 0 ? 0.75 / 27 : zone % 2 == 0 ? 0.15 / 26 : 0.10 / 52;
		density += share * skew_density(offset - (double)zone * 900);
	}
	return log(0.90 * density + 0.10 / prior->range);
}

double offset_change_log(const struct offset_prior *prior, bool fixed, double offset, double more)
{
	/* A given offset was read off something: half a second of rounding is the rule, a second the most. */
	if (fixed)
		return fabs(more) > GIVEN_MOST ? -40 : -fabs(more) / GIVEN_S;
	return offset_prior_log(prior, offset + more);
}

double drift_prior_log(double drift)
{
	if (fabs(drift) > DRIFT_MOST)
		return -INFINITY;
	return log(2 * DRIFT_MOST * 0.6 * laplace(drift, 30e-6) + 0.4);
}

double mean_gap(const struct closes *closes)
{
	return fmax(closes->last - closes->first, 10) / fmax(closes->weights, 1e-6);
}

enum { NEAR = 8 };

double density_at(const struct closes *closes, const struct kernel *kernel, double place, size_t *hint)
{
	const double *time = closes->time;
	double from = place - kernel->highest, to = place - kernel->lowest, sum = 0;
	size_t count = closes->count, low = *hint, near = low + NEAR < count ? low + NEAR : count;

	/* The next place is mostly not far. */
	while (low < near && time[low] < from)
		low++;
	if (low == near && low < count && time[low] < from)
		low = closes_from(closes, from);
	*hint = low;
	for (; low < count && time[low] <= to; low++)
		sum += (double)closes->weight[low] * kernel_at(kernel, place - time[low]);
	return sum;
}

double evidence_at(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
		   const struct clock_line *line, double share, size_t stride)
{
	double gap = mean_gap(closes), missed = log(1 - share), sum = 0;
	double start = closes->first - line->middle, end = closes->last - line->middle;
	size_t from = seconds_from(seconds, line->offset + line->middle + start * (1 + line->drift) - 1);
	double stop = line->offset + line->middle + end * (1 + line->drift) + 2;
	size_t hint = SIZE_MAX;

	/* The same seconds for every line, so that strides compare like with like. */
	from = (from + stride - 1) / stride * stride;
	for (size_t i = from; i < seconds->count && seconds->time[i] <= stop; i += stride) {
		double place = clock_to_capture(line, seconds->time[i]);
		if (hint == SIZE_MAX)
			hint = closes_from(closes, place - kernel->highest);
		double density = density_at(closes, kernel, place, &hint);
		double gain = density > 0 ? log(1 - share + share * density * gap) : missed;
		sum += (double)seconds->worth[i] * gain;
	}
	return sum;
}

static void seeds_add(struct seeds *seeds, double offset, double centre, double vote)
{
	seeds->all = memory_grow(seeds->all, seeds->count, &seeds->capacity, sizeof(*seeds->all));
	seeds->all[seeds->count++] = (struct seed){offset, centre, vote};
}

static int by_vote(const void *left, const void *right)
{
	const struct seed *a = left, *b = right;

	if (a->vote != b->vote)
		return a->vote > b->vote ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return (a->centre > b->centre) - (a->centre < b->centre);
}

/* Keeps the best few from position first on. */
static void seeds_keep(struct seeds *seeds, size_t first, size_t most)
{
	if (seeds->count == first)
		return;
	qsort(seeds->all + first, seeds->count - first, sizeof(*seeds->all), by_vote);
	if (seeds->count - first > most)
		seeds->count = first + most;
}

/* The highest places of an array of votes become seeds. */
static void seeds_from_votes(struct seeds *seeds, const float *votes, size_t count, const struct offset_prior *prior,
			     const float *prior_logs, double centre, size_t most)
{
	size_t first = seeds->count;

	for (size_t k = 0; k < count; k++) {
		float own = votes[k] + prior_logs[k];
		/* Nothing lines up at all where the evidence is not above zero. */
		if (votes[k] <= 0 || (k > 0 && votes[k - 1] + prior_logs[k - 1] > own) ||
		    (k + 1 < count && votes[k + 1] + prior_logs[k + 1] > own))
			continue;
		seeds_add(seeds, prior->lowest + (double)k * VOTE_STEP_S, centre, (double)own);
		if (seeds->count - first >= 8 * most + 1024)
			seeds_keep(seeds, first, most);
	}
	seeds_keep(seeds, first, most);
}

/* One part of the capture: what an event at each half-second of it would gain over a missed one. */
struct chunk {
	double from; /* place of cell 0 */
	size_t cells;
	float *gain;
};

static void chunk_fill(struct chunk *chunk, const struct closes *closes, const struct kernel *kernel, double gap)
{
	size_t hint = closes_from(closes, chunk->from - kernel->highest);
	double missed = log(1 - VOTE_SHARE);

	for (size_t cell = 0; cell < chunk->cells; cell++) {
		double place = chunk->from + (double)cell * VOTE_STEP_S;
		double density = density_at(closes, kernel, place, &hint);
		chunk->gain[cell] =
		    density > 0 ? (float)(log(1 - VOTE_SHARE + VOTE_SHARE * density * gap) - missed) : 0;
	}
}

/* Adds each event's gains to the offsets that would bring it there. Returns the number of additions. */
static double chunk_vote(const struct chunk *chunk, const struct seconds *seconds, const struct offset_prior *prior,
			 float *votes, size_t count)
{
	double missed = log(1 - VOTE_SHARE), additions = 0;
	double end = chunk->from + (double)chunk->cells * VOTE_STEP_S;
	double *base = memory_get_zeroed(count + 1, sizeof(*base)), level = 0;
	size_t first = seconds_from(seconds, prior->lowest + chunk->from - 1);

	for (size_t i = first; i < seconds->count && seconds->time[i] <= prior->highest + end + 1; i++) {
		/* Offset number k brings the event to cell `top - k`. */
		long top = lround((seconds->time[i] - prior->lowest - chunk->from) / VOTE_STEP_S);
		long low = top - (long)chunk->cells + 1, high = top;
		low = low < 0 ? 0 : low;
		high = high >= (long)count ? (long)count - 1 : high;
		if (low > high)
			continue;
		float worth = seconds->worth[i];
		base[low] += missed * (double)worth;
		base[high + 1] -= missed * (double)worth;
		for (long k = low; k <= high; k++)
			votes[k] += worth * chunk->gain[top - k];
		additions += (double)(high - low + 1);
	}
	for (size_t k = 0; k < count; k++) {
		level += base[k];
		votes[k] += (float)level;
	}
	free(base);
	return additions;
}

/* Sparse parts vote by the few cells that a close reaches. Same result as chunk_vote. */
static double chunk_vote_sparse(const struct chunk *chunk, const struct seconds *seconds,
				const struct offset_prior *prior, float *votes, size_t count)
{
	double missed = log(1 - VOTE_SHARE), additions = 0;
	double *base = memory_get_zeroed(count + 1, sizeof(*base)), level = 0;
	size_t *filled = memory_get_zeroed(chunk->cells + 1, sizeof(*filled)), filled_count = 0;
	double end = chunk->from + (double)chunk->cells * VOTE_STEP_S;
	size_t first = seconds_from(seconds, prior->lowest + chunk->from - 1);

	for (size_t cell = 0; cell < chunk->cells; cell++)
		if (chunk->gain[cell] > 0)
			filled[filled_count++] = cell;
	for (size_t i = first; i < seconds->count && seconds->time[i] <= prior->highest + end + 1; i++) {
		long top = lround((seconds->time[i] - prior->lowest - chunk->from) / VOTE_STEP_S);
		long low = top - (long)chunk->cells + 1, high = top;
		low = low < 0 ? 0 : low;
		high = high >= (long)count ? (long)count - 1 : high;
		if (low > high)
			continue;
		base[low] += missed * (double)seconds->worth[i];
		base[high + 1] -= missed * (double)seconds->worth[i];
		for (size_t f = 0; f < filled_count; f++) {
			long k = top - (long)filled[f];
			if (k >= low && k <= high)
				votes[k] += seconds->worth[i] * chunk->gain[filled[f]];
		}
		additions += (double)filled_count;
	}
	for (size_t k = 0; k < count; k++) {
		level += base[k];
		votes[k] += (float)level;
	}
	free(filled);
	free(base);
	return additions;
}

static size_t chunk_filled(const struct chunk *chunk)
{
	size_t filled = 0;

	for (size_t cell = 0; cell < chunk->cells; cell++)
		filled += chunk->gain[cell] > 0;
	return filled;
}

struct ballot {
	const struct closes *closes;
	const struct seconds *seconds;
	const struct offset_prior *prior;
	const struct kernel *kernel;
	const float *prior_logs;
	double gap, length;
	struct votes *votes;
	struct seeds *seeds;
	const struct anchors *anchors;
};

/* Lets one part of the capture vote, adds its votes to the sum and its peaks to the seeds. */
static double ballot_chunk(const struct ballot *ballot, double from, double to, float *own)
{
	struct votes *votes = ballot->votes;
	struct chunk chunk = {.cells = (size_t)ceil((to - from) / VOTE_STEP_S)};
	/* Cells lie where whole offsets bring whole seconds, or a half would be lost to rounding. */
	double phase = ballot->seconds->time[0] - ballot->prior->lowest;
	chunk.from = phase + ceil((from - phase) / VOTE_STEP_S) * VOTE_STEP_S;
	chunk.gain = memory_get_zeroed(chunk.cells + 1, sizeof(*chunk.gain));
	chunk_fill(&chunk, ballot->closes, ballot->kernel, ballot->gap);
	memset(own, 0, votes->count * sizeof(*own));

	size_t filled = chunk_filled(&chunk);
	double cost = filled * 4 < chunk.cells
			  ? chunk_vote_sparse(&chunk, ballot->seconds, ballot->prior, own, votes->count)
			  : chunk_vote(&chunk, ballot->seconds, ballot->prior, own, votes->count);
	for (size_t k = 0; k < votes->count; k++)
		votes->value[k] += own[k];
	if (filled > 0)
		seeds_from_votes(ballot->seeds, own, votes->count, ballot->prior, ballot->prior_logs, (from + to) / 2,
				 CHUNK_SEEDS);
	free(chunk.gain);
	return cost + 3 * (double)votes->count;
}

/* Parts from the middle outwards, so that those left out for cost are the ends. */
static void ballot_all(const struct ballot *ballot)
{
	const struct closes *closes = ballot->closes;
	double span = closes->last - closes->first + 2;
	size_t count = (size_t)fmax(1, ceil(span / ballot->length));
	double length = span / (double)count, spent = 0;
	float *own = memory_get_zeroed(ballot->votes->count, sizeof(*own));

	ballot->votes->complete = true;
	ballot->votes->centre = (closes->first + closes->last) / 2;
	for (size_t k = 0; k < count; k++) {
		size_t place = count / 2 + (k % 2 == 1 ? (size_t)0 - (k + 1) / 2 : k / 2);
		if (count % 2 == 0 && k == count - 1)
			place = 0;
		if (place >= count)
			continue;
		double from = closes->first - 1 + (double)place * length, to = from + length;
		if (spent > VOTE_BUDGET) {
			ballot->votes->complete = false;
			break;
		}
		if (k == 0)
			ballot->votes->centre = count > 1 ? (from + to) / 2 : ballot->votes->centre;
		spent += ballot_chunk(ballot, from, to, own);
	}
	free(own);
}

/* Few pairs: each may be the one true pair that a thin log holds. */
static void seeds_from_pairs(struct seeds *seeds, const struct closes *closes, const struct seconds *seconds,
			     const struct offset_prior *prior)
{
	if (seconds->count == 0 || closes->count > PAIRS_MOST / seconds->count)
		return;
	for (size_t i = 0; i < seconds->count; i++)
		for (size_t k = 0; k < closes->count; k++) {
			double offset = seconds->time[i] - closes->time[k] + 0.3;
			if (offset >= prior->lowest && offset <= prior->highest)
				seeds_add(seeds, offset, closes->time[k], offset_prior_log(prior, offset) + 1e6);
		}
}

static int by_total(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	if (a->line.offset != b->line.offset)
		return a->line.offset < b->line.offset ? -1 : 1;
	return (a->line.drift > b->line.drift) - (a->line.drift < b->line.drift);
}

/* Tries a seed with each drift; the best becomes a candidate whose middle is the capture's. */
static struct candidate seed_try(const struct ballot *ballot, const struct seed *seed, double drift_step, size_t stride)
{
	const struct closes *closes = ballot->closes;
	double middle = (closes->first + closes->last) / 2;
	long most = (long)(DRIFT_MOST / drift_step);
	struct candidate best = {.total = -INFINITY};

	for (long k = -most; k <= most; k++) {
		struct clock_line line = {seed->offset, (double)k * drift_step, seed->centre};
		double at_middle = line.offset + line.drift * (middle - seed->centre);
		if (at_middle < ballot->prior->lowest || at_middle > ballot->prior->highest)
			continue;
		double evidence = evidence_at(closes, ballot->seconds, ballot->kernel, &line, VOTE_SHARE, stride);
		double total = evidence + offset_prior_log(ballot->prior, at_middle) + drift_prior_log(line.drift) +
			       anchors_evidence(ballot->anchors, ballot->kernel, &line);
		if (total > best.total)
			best =
			    (struct candidate){{at_middle, line.drift, middle}, evidence, 0, 0, 0, total, VOTE_SHARE};
	}
	return best;
}

/* Drops candidates that a better one stands beside. Returns how many are left. */
static size_t candidates_thin(struct candidate *candidates, size_t count, size_t room, struct candidate *kept)
{
	size_t left = 0;

	qsort(candidates, count, sizeof(*candidates), by_total);
	for (size_t i = 0; i < count && left < room; i++) {
		bool beside = isinf(candidates[i].total);
		for (size_t k = 0; k < left && !beside; k++)
			beside = fabs(candidates[i].line.offset - kept[k].line.offset) < SEPARATE_S;
		if (!beside)
			kept[left++] = candidates[i];
	}
	return left;
}

static size_t try_all(const struct ballot *ballot, struct candidate *candidates, size_t room)
{
	const struct closes *closes = ballot->closes;
	const struct seconds *seconds = ballot->seconds;
	double span = fmax(closes->last - closes->first, 1);
	double step = fmax(1.5 / span, DRIFT_MOST / 150);
	double inside = 0;

	/* An event's chance to lie in the capture, more or less. */
	for (size_t k = 0; k < ballot->seeds->count && k < 64; k++) {
		double from = ballot->seeds->all[k].offset + closes->first;
		size_t low = seconds_from(seconds, from), high = seconds_from(seconds, from + span);
		inside = fmax(inside, (double)(high - low));
	}
	size_t stride = (size_t)fmax(1, inside / 1500);
	double drifts = 2 * floor(DRIFT_MOST / step) + 1;
	double each = drifts * (inside / (double)stride + 4) * (2 + 4 / mean_gap(closes));
	size_t most = (size_t)fmax(32, SEED_BUDGET / each);
	if (ballot->seeds->count > most)
		ballot->seeds->count = most;

	struct candidate *tried = memory_get_zeroed(ballot->seeds->count + 1, sizeof(*tried));
	for (size_t k = 0; k < ballot->seeds->count; k++)
		tried[k] = seed_try(ballot, &ballot->seeds->all[k], step, stride);
	size_t count = candidates_thin(tried, ballot->seeds->count, room, candidates);
	free(tried);
	return count;
}

/* The range without the offsets that bring no event into the capture. */
static struct offset_prior offset_prior_reach(const struct offset_prior *prior, const struct closes *closes,
					      const struct seconds *seconds)
{
	struct offset_prior reach = *prior;
	double lowest = floor(seconds->time[0] - closes->last) - 20;
	double highest = ceil(seconds->time[seconds->count - 1] - closes->first) + 10;

	reach.lowest = fmin(fmax(reach.lowest, lowest), prior->highest);
	reach.highest = fmax(fmin(reach.highest, highest), reach.lowest);
	return reach;
}

size_t search_candidates(const struct closes *closes, const struct seconds *seconds, const struct anchors *anchors,
			 const struct offset_prior *prior, const struct kernel *kernel, struct candidate *candidates,
			 size_t room)
{
	struct seeds seeds = {0};
	double gap = mean_gap(closes);

	if (seconds->count == 0 || closes->count == 0 ||
	    seconds_from(seconds, closes->first + prior->lowest - 10) ==
		seconds_from(seconds, closes->last + prior->highest + 20))
		return 0;
	struct offset_prior reach = offset_prior_reach(prior, closes, seconds);
	prior = &reach;
	struct votes votes = {0};
	votes.count = (size_t)((prior->highest - prior->lowest) / VOTE_STEP_S) + 1;
	votes.value = memory_get_zeroed(votes.count, sizeof(*votes.value));
	float *prior_logs = memory_get_zeroed(votes.count, sizeof(*prior_logs));
	for (size_t k = 0; k < votes.count; k++)
		prior_logs[k] = (float)offset_prior_log(prior, prior->lowest + (double)k * VOTE_STEP_S);

	struct ballot ballot = {closes, seconds, prior,  kernel, prior_logs, gap, gap < 1 ? CHUNK_DENSE_S : CHUNK_S,
				&votes, &seeds,  anchors};
	ballot_all(&ballot);
	if (votes.complete)
		seeds_from_votes(&seeds, votes.value, votes.count, prior, prior_logs, votes.centre, GLOBAL_SEEDS);
	free(votes.value);
	seeds_from_pairs(&seeds, closes, seconds, prior);
	for (size_t i = 0; i < anchors->count; i++)
		seeds_from_pairs(&seeds, &anchors->scenes[i].marks, &anchors->scenes[i].seconds, prior);
	if (seeds.count > 0)
		qsort(seeds.all, seeds.count, sizeof(*seeds.all), by_vote);
	size_t count = try_all(&ballot, candidates, room);
	free(seeds.all);
	free(prior_logs);
	return count;
}
