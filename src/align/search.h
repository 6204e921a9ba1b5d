/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for offsets at which many events follow a close. */
#ifndef MTASCOPE_ALIGN_SEARCH_H
#define MTASCOPE_ALIGN_SEARCH_H

#include "align/anchors.h"
#include "align/lag.h"
#include "align/scene.h"

/* Where the offset may lie, in seconds, and how likely each place is. */
struct offset_prior {
	double lowest, highest;
	double range; /* what a uniform share is spread over */
	bool has_zone;
	double zone;
};

void offset_prior_set(struct offset_prior *prior, const struct align_options *options);

/* Natural logarithm of the density, per second, at an offset within the range. */
double offset_prior_log(const struct offset_prior *prior, double offset);

/* The same at an offset that is higher by more; fixed: than one that was given, and is only rounded. */
double offset_change_log(const struct offset_prior *prior, bool fixed, double offset, double more);

/* The same for a drift, against a uniform one over the searched range (so without unit). */
double drift_prior_log(double drift);

/* Fastest and slowest event clock that is looked for, and the drift beyond which nothing is allowed. */
#define DRIFT_MOST 220e-6

struct candidate {
	struct clock_line line;
	double evidence; /* log likelihood ratio over chance, prior not included */
	double rarity;   /* of so much evidence among strangers, see chance.h; 0 until it is asked */
	double reverse;  /* the same, the closes being thrown instead of the events */
	double anchored; /* the anchors' rarity at this line */
	double total;    /* evidence or what the rarities come to, with the prior's logarithm */
	double share;    /* of events that have a close: what the evidence was reckoned with */
};

#define VOTE_SHARE 0.6

/*
 * Evidence for a line: sum over event seconds of worth * log((1 - share) + share * density of closes' kernels there
 * over the mean density). Events outside the capture say nothing. stride > 1 looks at each stride-th second only,
 * and counts no other: a sample is no more evidence than it is.
 */
double evidence_at(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
		   const struct clock_line *line, double share, size_t stride);

/* Sum of the kernels of all closes at a place. hint is where the first close in reach was found last; it only moves on.
 */
double density_at(const struct closes *closes, const struct kernel *kernel, double place, size_t *hint);

/* Mean gap of one unit of close weight in seconds, as evidence_at takes it. */
double mean_gap(const struct closes *closes);

/* Fills candidates with the best lines, best first by total, no two within SEPARATE_S of each other; returns how many.
 */
#define SEPARATE_S 4.0
size_t search_candidates(const struct closes *closes, const struct seconds *seconds, const struct anchors *anchors,
			 const struct offset_prior *prior, const struct kernel *kernel, struct candidate *candidates,
			 size_t room);

#endif
