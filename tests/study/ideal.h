/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an observer could decide who sees the same log and capture and knows the model and its true parameters. */
#ifndef MTASCOPE_STUDY_IDEAL_H
#define MTASCOPE_STUDY_IDEAL_H

#include "study/world.h"

struct ideal {
	uint32_t connection; /* the likeliest one's id; 0: none is likelier */
	double probability;  /* that it is the one */
};

/*
 * Fills ideal[i] for each incident with the posterior under the true offset, drift, lags, yield and rate of strays, by
 * a Markov chain over assignments of one incident to at most one connection and back. LPIs are not used. With a seed
 * for the chain, the same world gives the same result.
 */
void ideal_observe(const struct world *world, const struct scenario *scenario, uint64_t seed, struct ideal *ideal);

#endif
