/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long after a close its incident is logged: a histogram of lags, and the likelihood of a whole second seen. */
#ifndef MTASCOPE_ALIGN_LAG_H
#define MTASCOPE_ALIGN_LAG_H

#include <stddef.h>

enum { LAG_BINS = 20 };

/* Probability mass in each bin of lag; the bins' edges are lag.c's. Sums to 1. */
struct lag_model {
	double mass[LAG_BINS];
};

enum { KERNEL_PER_S = 32, KERNEL_BELOW_S = 4, KERNEL_ABOVE_S = 14 };
enum { KERNEL_CELLS = (KERNEL_BELOW_S + KERNEL_ABOVE_S) * KERNEL_PER_S + 2 };

/*
 * Density, per second, of x = (the event's whole second, on the capture's clock) - close. With an exact clock it is the
 * probability that the lag lies in [x, x+1). 0 outside -KERNEL_BELOW_S … KERNEL_ABOVE_S.
 */
struct kernel {
	float value[KERNEL_CELLS];
	double lowest, highest; /* x outside is as good as impossible */
};

/* What is believed before any data: milliseconds mostly, a second or two at times, several under load. */
void lag_default(struct lag_model *lag);

/*
 * Sets lag to what the residuals x (as above, seconds), each of the given weight (a probability that it belongs to a
 * true pair), make likely; the default stands in for a handful of observations more.
 */
void lag_learn(struct lag_model *lag, const double *x, const double *weight, size_t count);

/* One step of it: counts of LAG_BINS, as far as observations fall into each bin. */
void lag_from_counts(struct lag_model *lag, const double *counts);

/* Moves lag towards next, or beyond it where stride is above 1; below 2 learning still settles. */
void lag_stride(struct lag_model *lag, const struct lag_model *next, double stride);

/* Adds to parts, of LAG_BINS, what each bin has of the likelihood of residual x, times weight; returns their sum. */
double lag_parts_add(const struct lag_model *lag, double x, double weight, double *parts);

/* Logarithm of how likely the lags are before any data, against the default ones. */
double lag_prior_log(const struct lag_model *lag);

/* The mean lag in seconds. */
double lag_mean(const struct lag_model *lag);

/*
 * Builds the kernel of a lag model under a clock that may be wrong: spread[k] is the probability that its offset is too
 * low by (k - (count-1)/2) * step seconds. spread sums to 1; count is odd.
 */
void kernel_build(struct kernel *kernel, const struct lag_model *lag, const double *spread, size_t count, double step);

/* The same by and by: offset too low by more seconds with this probability, and lags as lag has them then. */
void kernel_clear(struct kernel *kernel);
void kernel_add(struct kernel *kernel, const struct lag_model *lag, double more, double probability);

static inline double kernel_at(const struct kernel *kernel, double x)
{
	double place = (x + KERNEL_BELOW_S) * KERNEL_PER_S;

	if (!(place > 0 && place < KERNEL_CELLS - 2))
		return 0;
	int cell = (int)place;
	double part = place - cell;
	return kernel->value[cell] * (1 - part) + kernel->value[cell + 1] * part;
}

#endif
