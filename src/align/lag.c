/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/lag.h"

#include <math.h>
#include <string.h>

/* Finer where most lags are: what tells one offset from another is how fast the residuals begin. */
static const double edges[LAG_BINS + 1] = {0,   0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0,
					   1.3, 1.6,  2.0,  2.5, 3.2,  4.0, 5.5, 7.5, 10.0, 13.0};

/* The default counts as so many observations. */
#define DEFAULT_OBSERVATIONS 6.0

static double default_survival(double lag)
{
	return 0.70 * exp(-lag / 0.10) + 0.23 * exp(-lag / 0.5) + 0.07 * exp(-lag / 2.5);
}

void lag_default(struct lag_model *lag)
{
	double all = 1 - default_survival(edges[LAG_BINS]);

	for (int bin = 0; bin < LAG_BINS; bin++)
		lag->mass[bin] = (default_survival(edges[bin]) - default_survival(edges[bin + 1])) / all;
}

/* The part of a bin that lies in [x, x+1). */
static inline double overlap(int bin, double x)
{
	double from = edges[bin] > x ? edges[bin] : x, to = edges[bin + 1] < x + 1 ? edges[bin + 1] : x + 1;

	return to > from ? (to - from) / (edges[bin + 1] - edges[bin]) : 0;
}

static double second_probability(const struct lag_model *lag, double x)
{
	double sum = 0;

	if (x <= -1 || x >= edges[LAG_BINS])
		return 0;
	for (int bin = 0; bin < LAG_BINS; bin++)
		sum += lag->mass[bin] * overlap(bin, x);
	return sum;
}

void lag_from_counts(struct lag_model *lag, const double *counts)
{
	struct lag_model prior;
	double all = 0;

	lag_default(&prior);
	for (int bin = 0; bin < LAG_BINS; bin++) {
		lag->mass[bin] = prior.mass[bin] * DEFAULT_OBSERVATIONS + counts[bin];
		all += lag->mass[bin];
	}
	for (int bin = 0; bin < LAG_BINS; bin++)
		lag->mass[bin] /= all;
}

void lag_stride(struct lag_model *lag, const struct lag_model *next, double stride)
{
	double all = 0;

	for (int bin = 0; bin < LAG_BINS; bin++) {
		lag->mass[bin] *= pow(next->mass[bin] / lag->mass[bin], stride);
		all += lag->mass[bin];
	}
	for (int bin = 0; bin < LAG_BINS; bin++)
		lag->mass[bin] /= all;
}

double lag_parts_add(const struct lag_model *lag, double x, double weight, double *parts)
{
	double end = x + 1;
	int bin = 0;

	if (x <= -1 || x >= edges[LAG_BINS])
		return 0;
	/* Half of the bins at once, where x is beyond them. */
	if (edges[LAG_BINS / 2] <= x)
		bin = LAG_BINS / 2;
	while (edges[bin + 1] <= x)
		bin++;
	double part = weight * lag->mass[bin] * overlap(bin, x), sum = part;
	parts[bin] += part;
	/* Those that lie in it as a whole. */
	for (bin++; bin < LAG_BINS && edges[bin + 1] <= end; bin++) {
		part = weight * lag->mass[bin];
		parts[bin] += part;
		sum += part;
	}
	if (bin < LAG_BINS && edges[bin] < end) {
		part = weight * lag->mass[bin] * overlap(bin, x);
		parts[bin] += part;
		sum += part;
	}
	return sum;
}

double lag_prior_log(const struct lag_model *lag)
{
	struct lag_model prior;
	double sum = 0;

	lag_default(&prior);
	for (int bin = 0; bin < LAG_BINS; bin++)
		sum += prior.mass[bin] * DEFAULT_OBSERVATIONS * log(lag->mass[bin] / prior.mass[bin]);
	return sum;
}

void lag_learn(struct lag_model *lag, const double *x, const double *weight, size_t count)
{
	for (int round = 0; round < 8; round++) {
		double counts[LAG_BINS] = {0};
		for (size_t i = 0; i < count; i++) {
			double parts[LAG_BINS] = {0};
			double sum = lag_parts_add(lag, x[i], weight[i], parts);
			if (sum < 1e-12 * weight[i] || sum <= 0)
				continue;
			for (int bin = 0; bin < LAG_BINS; bin++)
				counts[bin] += parts[bin] * weight[i] / sum;
		}
		lag_from_counts(lag, counts);
	}
}

double lag_mean(const struct lag_model *lag)
{
	double sum = 0;

	for (int bin = 0; bin < LAG_BINS; bin++)
		sum += lag->mass[bin] * (edges[bin] + edges[bin + 1]) / 2;
	return sum;
}

void kernel_clear(struct kernel *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->lowest = KERNEL_ABOVE_S;
	kernel->highest = -KERNEL_BELOW_S;
}

void kernel_add(struct kernel *kernel, const struct lag_model *lag, double more, double probability)
{
	for (int cell = 0; cell < KERNEL_CELLS; cell++) {
		double x = (double)cell / KERNEL_PER_S - KERNEL_BELOW_S;
		kernel->value[cell] += (float)(probability * second_probability(lag, x - more));
		if (kernel->value[cell] > 1e-7F) {
			kernel->lowest = fmin(kernel->lowest, x - 1.0 / KERNEL_PER_S);
			kernel->highest = fmax(kernel->highest, x + 1.0 / KERNEL_PER_S);
		}
	}
}

void kernel_build(struct kernel *kernel, const struct lag_model *lag, const double *spread, size_t count, double step)
{
	double middle = (double)(count - 1) / 2;

	kernel_clear(kernel);
	for (size_t k = 0; k < count; k++)
		if (spread[k] > 1e-6)
			kernel_add(kernel, lag, ((double)k - middle) * step, spread[k]);
}
