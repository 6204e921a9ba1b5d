/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/chance.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define DECOYS_MOST   48
#define OWN_S         15.0 /* so near, a decoy is the candidate itself with other lags */
#define LOCAL_S       900.0
#define REPEATS_LEAST 0.1
#define SAMPLE        1500
#define SAME_S        0.75
#define ALIKE_S       2.5 /* a client's waits are this much alike when its period wanders */

enum { BESIDE = 300 };

struct decoy {
	double offset, evidence, total;
};

static double hits(const struct closes *closes, double shift, double reach, size_t *looked)
{
	size_t stride = closes->count / SAMPLE + 1, found = 0;

	*looked = 0;
	for (size_t k = 0; k < closes->count; k += stride) {
		double place = closes->time[k] + shift;
		size_t at = closes_from(closes, place - reach);
		found += at < closes->count && closes->time[at] <= place + reach;
		(*looked)++;
	}
	return (double)found;
}

/*
 * The share of closes that the capture repeats after shift, beyond what its density explains. Closes that repeat (a
 * client that tries again each minute) are one piece of evidence, not many: whatever lines one up lines up all.
 */
static double repetition(const struct closes *closes, double shift, double reach)
{
	static const double beside[] = {-17, -12, -8, 8, 12, 17};
	size_t looked, beside_count = sizeof(beside) / sizeof(beside[0]);
	double found = hits(closes, shift, reach, &looked), usual = 0;

	if (found < 3)
		return 0;
	for (size_t k = 0; k < beside_count; k++)
		usual += hits(closes, shift + beside[k], reach, &looked) / (double)beside_count;
	usual /= (double)looked;
	found /= (double)looked;
	/* The highest of many shifts is looked at: what luck may add is taken off. */
	found -= 2 * sqrt(usual * (1 - usual) / (double)looked);
	return usual > 0.9 || found <= usual ? 0 : (found - usual) / (1 - usual);
}

static int by_total(const void *left, const void *right)
{
	const struct decoy *a = left, *b = right;

	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* The best peaks of the votes, the candidate's own surroundings left out; returns their number. */
static size_t decoys_find(const struct votes *votes, const struct offset_prior *prior, double own, struct decoy *decoys)
{
	size_t capacity = 0, count = 0;
	struct decoy *all = NULL;

	for (size_t k = 1; k + 1 < votes->count; k++) {
		double offset = votes->lowest + (double)k * VOTE_STEP_S;
		float value = votes->value[k];
		if (fabs(offset - own) < OWN_S || value < votes->value[k - 1] || value <= votes->value[k + 1] ||
		    value <= 0)
			continue;
		all = memory_grow(all, count, &capacity, sizeof(*all));
		all[count++] = (struct decoy){offset, (double)value, (double)value + offset_prior_log(prior, offset)};
	}
	if (count > 0)
		qsort(all, count, sizeof(*all), by_total);
	size_t kept = 0;
	for (size_t k = 0; k < count && kept < DECOYS_MOST; k++) {
		bool beside = false;
		for (size_t j = 0; j < kept && !beside; j++)
			beside = fabs(all[k].offset - decoys[j].offset) < SEPARATE_S;
		if (!beside)
			decoys[kept++] = all[k];
	}
	free(all);
	return kept;
}

/*
 * The evidence at places beside the candidate's, with its drift: busy times that meet busy times raise it all around.
 * The best ones, best first; returns their number.
 */
static size_t decoys_beside(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
			    const struct candidate *best, size_t stride, struct decoy *decoys)
{
	struct decoy all[BESIDE];
	for (size_t k = 0; k < BESIDE; k++) {
		struct clock_line line = best->line;
		double away = OWN_S + (double)(k / 2) * (LOCAL_S - OWN_S) / (BESIDE / 2.0);
		line.offset += k % 2 == 0 ? away : -away;
		double evidence = evidence_at(closes, seconds, kernel, &line, best->share, stride);
		all[k] = (struct decoy){line.offset, evidence, evidence};
	}
	qsort(all, BESIDE, sizeof(*all), by_total);
	for (size_t k = 0; k < DECOYS_MOST; k++)
		decoys[k] = all[k];
	return DECOYS_MOST;
}

/* Takes out the decoys that are the candidate seen again after a period; *most becomes the highest repetition. */
static size_t decoys_unrelated(const struct closes *closes, double own, struct decoy *decoys, size_t count,
			       double *most)
{
	size_t kept = 0;

	for (size_t k = 0; k < count; k++) {
		double repeated = repetition(closes, decoys[k].offset - own, SAME_S);
		*most = fmax(*most, repeated);
		if (repeated < REPEATS_LEAST)
			decoys[kept++] = decoys[k];
	}
	return kept;
}

/*
 * Natural logarithm of the number of decoys expected at or above total, from an exponential tail through the best of
 * them. A likelihood ratio's tail by chance is never lighter than exp(-x).
 */
static double tail_log(const struct decoy *decoys, size_t count, size_t rank, double total, double cells)
{
	double excess = 0;

	if (count == 0)
		return -INFINITY;
	if (rank > count)
		rank = count;
	for (size_t k = 0; k + 1 < rank; k++)
		excess += decoys[k].total - decoys[rank - 1].total;
	double scale = fmax(1, rank > 1 ? excess / (double)(rank - 1) : 1);
	/* Most offsets have no evidence at all: a tail from there to the best of so many cells is no flatter than this.
	 */
	scale = fmin(scale, fmax(1, 1.5 * decoys[0].evidence / log(cells)));
	return log((double)rank) - (total - decoys[rank - 1].total) / scale;
}

/*
 * The evidence that does not come from closes that repeat. Either the alike ones count once, or, where their waits vary
 * enough to tell one repeat from the next, what the best shifted by a period lacks.
 */
static double distinct_evidence(const struct closes *closes, const struct candidate *candidates, size_t count,
				double repeated)
{
	double best = candidates[0].evidence, lead = best, alike = repeated;

	for (size_t k = 1; k < count; k++) {
		double own = repetition(closes, candidates[k].line.offset - candidates[0].line.offset, ALIKE_S);
		alike = fmax(alike, own);
		if (own >= 0.1)
			lead = fmin(lead, fmax(0, best - candidates[k].evidence));
	}
	double narrow = best * pow(1 - repeated, 1.25), wide = best * pow(1 - alike, 1.25);
	return fmax(fmin(wide, 3 * lead), fmin(narrow, lead));
}

double chance_of(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		 const struct votes *votes, const struct kernel *kernel, const struct candidate *candidates,
		 size_t candidate_count, size_t stride)
{
	const struct candidate *best = &candidates[0];
	struct decoy decoys[DECOYS_MOST];
	double span = closes->last - closes->first, repeated = 0;
	double believed = offset_prior_log(prior, best->line.offset);
	/* Each distinguishable drift is one more try. */
	double tries = log(1 + span * 2 * DRIFT_MOST / 1.5) - drift_prior_log(best->line.drift);

	/* Votes of all seconds say nothing of a sample's evidence; a sample is taken where there is plenty of it. */
	double global = -INFINITY;
	size_t count;
	if (votes->complete && stride == 1) {
		count = decoys_find(votes, prior, best->line.offset, decoys);
		count = decoys_unrelated(closes, best->line.offset, decoys, count, &repeated);
		global = tail_log(decoys, count, 12, best->voted + believed, (double)votes->count + 10) + tries;
	}

	count = decoys_beside(closes, seconds, kernel, best, stride, decoys);
	count = decoys_unrelated(closes, best->line.offset, decoys, count, &repeated);
	double local = tail_log(decoys, count, 6, best->evidence, 2 * LOCAL_S) + tries - believed - log(2 * LOCAL_S);

	double plain = tries - believed - distinct_evidence(closes, candidates, candidate_count, repeated);
	return exp(fmin(0, fmax(plain, fmax(global, local))));
}
