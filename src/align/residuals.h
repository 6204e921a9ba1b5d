/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far behind each close near it an event's second stands, on a line: what offset, drift and lags are fitted to. */
#ifndef MTASCOPE_ALIGN_RESIDUALS_H
#define MTASCOPE_ALIGN_RESIDUALS_H

#include "align/lag.h"
#include "align/scene.h"

/* Residuals further below or above 0, in seconds, are not gathered, nor more than so many of one second. */
#define RESIDUALS_BELOW (-3.5)
#define RESIDUALS_ABOVE 12.0
enum { RESIDUALS_CLOSES = 96 };

/* Those of the looked-at event second i are x[first[i]] … x[first[i + 1] - 1]. */
struct residuals {
	double *x, *weight; /* weight: the close's */
	double *belongs;    /* probability that this pair is a true one, times the second's worth */
	size_t *first;
	double *since; /* the event's time, counted from the line's middle */
	double *worth;
	size_t events, count, capacity, weight_capacity;
	double gap;   /* mean seconds between closes */
	double share; /* of events that have a close */
};

void residuals_init(struct residuals *residuals, const struct closes *closes, const struct seconds *seconds);
void residuals_free(struct residuals *residuals);

/* Those of line; what was gathered before is dropped. */
void residuals_gather(struct residuals *residuals, const struct closes *closes, const struct seconds *seconds,
		      const struct clock_line *line);

/* Log likelihood if the line's offset were higher by more and its drift by steeper. */
double residuals_likelihood(const struct residuals *residuals, const struct kernel *kernel, double more,
			    double steeper);

/* Sets belongs, and share to what follows from it. */
void residuals_expect(struct residuals *residuals, const struct kernel *kernel);

/* The share of events that have a close, if so much worth of all has one. */
double residuals_share(double matched, double all);

#endif
