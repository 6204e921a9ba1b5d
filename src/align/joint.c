/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/joint.h"

#include <math.h>
#include <string.h>

#define COARSE_S 0.05 /* between offsets that are tried first */
#define FINE_S   0.005
#define NARROW_S 0.15 /* standard deviation below which they are tried again, closer to each other */

/* Steps that are so much longer than those of expectation and maximization arrive sooner. */
#define STRIDE 1.7

#define HOPE 40

enum { ROUNDS_COARSE = 4, ROUNDS_FINE = 14 };

/* One step of learning at an offset; returns the log likelihood of lag and share as they came. */
static double learn_step(const struct residuals *residuals, double more, struct lag_model *lag, double *share)
{
	double counts[LAG_BINS] = {0}, sum = lag_prior_log(lag), matched = 0, all = 0;
	double scale = *share * residuals->gap;

	for (size_t i = 0; i < residuals->events; i++) {
		double density = 0, parts[LAG_BINS] = {0};
		for (size_t k = residuals->first[i]; k < residuals->first[i + 1]; k++)
			density += lag_parts_add(lag, residuals->x[k] - more, residuals->weight[k], parts);
		double whole = 1 - *share + scale * density, worth = residuals->worth[i];
		sum += worth * log(whole);
		for (int bin = 0; bin < LAG_BINS; bin++)
			counts[bin] += worth * scale / whole * parts[bin];
		matched += worth * scale * density / whole;
		all += worth;
	}
	struct lag_model next = *lag;
	lag_from_counts(&next, counts);
	lag_stride(lag, &next, STRIDE);
	*share = residuals_share(matched, all);
	return sum;
}

/* Offsets from the middle outwards, so that each begins with the lags of its neighbour. */
static void fill(const struct residuals *residuals, const struct offset_prior *prior, bool fixed, int rounds,
		 const struct clock_line *line, const struct lag_model *lag, double middle, double step,
		 struct joint *joint)
{
	double shares[JOINT_OFFSETS] = {0}, most = -INFINITY, sum = 0;

	for (int n = 0; n < JOINT_OFFSETS; n++) {
		int away = (n + 1) / 2, side = n % 2 == 0 ? -1 : 1, k = JOINT_OFFSETS / 2 + side * away;
		joint->more[k] = middle + side * away * step;
		joint->lags[k] = n == 0 ? *lag : joint->lags[k - side];
		shares[k] = n == 0 ? residuals->share : shares[k - side];
		double logs = 0;
		struct lag_model next = joint->lags[k];
		for (int round = 0; round < rounds; round++) {
			joint->lags[k] = next;
			logs = offset_change_log(prior, fixed, line->offset, joint->more[k]) +
			       learn_step(residuals, joint->more[k], &next, &shares[k]);
			/* Beyond hope. */
			if (logs < most - HOPE)
				break;
		}
		joint->probability[k] = logs;
		most = fmax(most, joint->probability[k]);
	}
	joint->mean = joint->sigma = 0;
	for (int k = 0; k < JOINT_OFFSETS; k++) {
		joint->probability[k] = exp(joint->probability[k] - most);
		sum += joint->probability[k];
	}
	for (int k = 0; k < JOINT_OFFSETS; k++) {
		joint->probability[k] /= sum;
		joint->mean += joint->probability[k] * joint->more[k];
	}
	for (int k = 0; k < JOINT_OFFSETS; k++)
		joint->sigma += joint->probability[k] * pow(joint->more[k] - joint->mean, 2);
	joint->sigma = sqrt(joint->sigma);
}

void joint_fit(const struct residuals *residuals, const struct offset_prior *prior, bool fixed, bool learn,
	       const struct clock_line *line, const struct lag_model *lag, struct joint *joint)
{
	fill(residuals, prior, fixed, learn ? ROUNDS_COARSE : 1, line, lag, 0, COARSE_S, joint);
	if (joint->sigma >= NARROW_S)
		return;
	struct lag_model near = joint->lags[JOINT_OFFSETS / 2 + (int)lround(joint->mean / COARSE_S)];
	/* Six standard deviations to each side; where the first try saw one offset alone, a step of it. */
	double step = fmin(fmax(6 * joint->sigma / (JOINT_OFFSETS / 2), FINE_S), COARSE_S);
	fill(residuals, prior, fixed, learn ? ROUNDS_FINE : 1, line, &near, joint->mean, step, joint);
}
