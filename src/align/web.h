/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents, the closes that each may be, and how likely: what pairing and the rule of the LPIs work on. */
#ifndef MTASCOPE_ALIGN_WEB_H
#define MTASCOPE_ALIGN_WEB_H

#include "align/pair.h"

/* A pair that may be. psi is its weight against "this incident has no connection, this close no incident". */
struct edge {
	uint32_t close;
	float density, psi, bar, mu, p;
};

struct web {
	const struct closes *closes;
	const struct seen *seen;
	size_t count;
	struct edge *edges;
	size_t *first; /* of seen i: first[i] … first[i + 1] - 1 */
	size_t edge_count, capacity, sources;
	float *pull;   /* for each close the sum of mu */
	float *null;   /* for each seen the probability that it has no connection */
	double *crowd; /* for each seen the events per second around it */
	double *yield; /* for each source and server the share of closes with an incident */
	double stray;  /* share of incidents without a close */
};

/*
 * An LPI is held by one connection at a time: sets the edges' bars from their p, and returns whether they tell
 * anything.
 */
bool lpi_bar(struct web *web);

#endif
