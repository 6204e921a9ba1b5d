/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an observer could decide who sees the same log and capture and knows the model and its true parameters. */
#ifndef MTASCOPE_STUDY_IDEAL_H
#define MTASCOPE_STUDY_IDEAL_H

#include "study/world.h"

struct ideal {
	uint32_t connection; /* the likeliest one's id; 0: none is likelier */
	double probability;  /* that it is the one */
};

/* What an observer knows. Drift and steps are always known. */
enum { IDEAL_OFFSET = 1, IDEAL_LAGS = 2, IDEAL_RATES = 4, IDEAL_ALL = 7 };

/*
 * Fills ideal[i] for each incident with the posterior under the true offset, drift, lags, yield and rate of strays, by
 * a Markov chain over assignments of one incident to at most one connection and back. What is not among known, a sum of
 * the above, is drawn along with them: the offset from 1.5 s around the true one; the law of lags from histograms
 * around the one that the program believes in before any data; yield and number of strays from any (of crowds of strays
 * the shape stays known). LPIs are not used. With a seed for the chain, the same world gives the same result.
 */
void ideal_observe(const struct world *world, const struct scenario *scenario, unsigned known, uint64_t seed,
		   struct ideal *ideal);

/* A law of lags: the share below each step. */
#define LAW_STEP_S 0.005
enum { LAW_STEPS = 2800 };
#define LAW_MOST_S (LAW_STEPS * LAW_STEP_S)

struct law {
	double below[LAW_STEPS + 1];
};

/* The true law, from a large sample; the caller frees it. */
struct law *law_know(const struct scenario *scenario, struct dice *dice);

/* How likely a lag lies in [x, x + 1). */
double law_density(const struct law *law, double x);

/* The capture-clock time of the beginning of an incident's second, in seconds since FIRST. */
double place_of(const struct world *world, const struct scenario *scenario, size_t i);

#endif
