/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/fit.h"

#include "align/joint.h"
#include "align/residuals.h"

#include <math.h>

#define MOVE_MOST   1.3 /* s, of the offset away from where the search found it */
#define GAP_LEAST   0.4 /* s between closes for lags to be learnt */
#define SIGMA_LEAST 0.02
#define WANDER_S    0.1
#define WANDERS     0.06

#define LAG_DOUBT   0.5
#define LAG_DOUBT_S 0.1

/* Offsets tried around the line: an odd number, so that no change is one of them. */
#define OFFSET_STEP 0.05
enum { OFFSETS = 61, DRIFTS = 41, ROUNDS = 4 };

/* Turns logarithms into probabilities in place; returns the mean of the positions. */
static double normalize(double *logs, size_t count)
{
	double most = -INFINITY, sum = 0, mean = 0;

	for (size_t k = 0; k < count; k++)
		most = fmax(most, logs[k]);
	for (size_t k = 0; k < count; k++) {
		logs[k] = exp(logs[k] - most);
		sum += logs[k];
	}
	for (size_t k = 0; k < count; k++) {
		logs[k] /= sum;
		mean += logs[k] * (double)k;
	}
	return mean;
}

/* Posterior of the offset around the line's; returns its mean as a change of the offset. */
static double offset_posterior(const struct residuals *residuals, const struct kernel *kernel,
			       const struct offset_prior *prior, bool fixed, const struct clock_line *line,
			       double *posterior)
{
	for (int k = 0; k < OFFSETS; k++) {
		double more = (k - OFFSETS / 2) * OFFSET_STEP;
		posterior[k] = offset_change_log(prior, fixed, line->offset, more) +
			       residuals_likelihood(residuals, kernel, more, 0);
	}
	return (normalize(posterior, OFFSETS) - OFFSETS / 2) * OFFSET_STEP;
}

/* Posterior mean of the drift, as a change; *doubt becomes its standard deviation. */
static double drift_posterior(const struct residuals *residuals, const struct kernel *kernel,
			      const struct clock_line *line, double step, double *doubt)
{
	double posterior[DRIFTS], variance = 0;

	for (int k = 0; k < DRIFTS; k++) {
		double steeper = (k - DRIFTS / 2) * step;
		posterior[k] =
		    drift_prior_log(line->drift + steeper) + residuals_likelihood(residuals, kernel, 0, steeper);
	}
	if (isinf(posterior[DRIFTS / 2]))
		return 0;
	double mean = normalize(posterior, DRIFTS);
	for (int k = 0; k < DRIFTS; k++)
		variance += posterior[k] * (k - mean) * (k - mean);
	*doubt = sqrt(variance) * step;
	return (mean - DRIFTS / 2) * step;
}

/*
 * The kernel of all that the offset and its lags may be, blurred by what the drift's doubt does to an event far from
 * the middle. No clock runs quite straight, and lags are not quite what was learnt: at times it is off by WANDER_S.
 */
static void kernel_blur(struct kernel *kernel, const struct joint *joint, double sigma)
{
	static const double weights[] = {0.054, 0.244, 0.404, 0.244, 0.054};

	kernel_clear(kernel);
	for (int k = 0; k < JOINT_OFFSETS; k++) {
		double more = joint->more[k] - joint->mean;
		if (joint->probability[k] < 1e-6)
			continue;
		for (int n = 0; n < 5; n++)
			kernel_add(kernel, &joint->lags[k], more + (n - 2) * sigma,
				   joint->probability[k] * weights[n] * (1 - WANDERS));
		for (int side = -1; side <= 1; side += 2)
			kernel_add(kernel, &joint->lags[k], more + side * WANDER_S,
				   joint->probability[k] * WANDERS / 2);
	}
}

/* The middle 95 % of the offset, as a change of the mean's. A step to each side is the grid's own doubt. */
static void interval(const struct joint *joint, struct line_doubt *doubt)
{
	double sum = 0, step = joint->more[1] - joint->more[0];

	doubt->low = doubt->high = NAN;
	for (int k = 0; k < JOINT_OFFSETS; k++) {
		sum += joint->probability[k];
		if (isnan(doubt->low) && sum > 0.025)
			doubt->low = joint->more[k] - joint->mean - step;
		if (isnan(doubt->high) && sum >= 0.975)
			doubt->high = joint->more[k] - joint->mean + step;
	}
}

void fit_line(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior, bool fixed,
	      struct clock_line *line, struct kernel *kernel, struct line_doubt *doubts)
{
	struct residuals residuals;
	struct lag_model lag;
	struct joint joint;
	double exact[1] = {1}, posterior[OFFSETS], doubt = 0;
	double span = closes->last - closes->first, start = line->offset;

	lag_default(&lag);
	if (mean_gap(closes) < RESIDUALS_ABOVE / RESIDUALS_CLOSES) {
		/* A close fits at any lag: nothing beyond what the search found can be told. */
		kernel_build(kernel, &lag, exact, 1, 1);
		*doubts = (struct line_doubt){-MOVE_MOST, MOVE_MOST, span > 1800 ? MOVE_MOST / span : 0};
		return;
	}
	residuals_init(&residuals, closes, seconds);
	for (int round = 0; round < ROUNDS; round++) {
		kernel_build(kernel, &lag, exact, 1, 1);
		residuals_gather(&residuals, closes, seconds, line);
		residuals_expect(&residuals, kernel);
		double more = offset_posterior(&residuals, kernel, prior, fixed, line, posterior);
		if (!fixed) {
			line->offset = fmin(fmax(line->offset + more, start - MOVE_MOST), start + MOVE_MOST);
			residuals_gather(&residuals, closes, seconds, line);
			if (span > 1800)
				line->drift +=
				    drift_posterior(&residuals, kernel, line, (round < 2 ? 0.1 : 0.03) / span, &doubt);
			residuals_gather(&residuals, closes, seconds, line);
		}
		/* Where a close fits at any lag, lags and offset would only lead each other astray. */
		if (residuals.gap < GAP_LEAST)
			continue;
		/* A fixed line's residue belongs to the clock, not to the lags. */
		for (size_t k = 0; k < residuals.count && fixed; k++)
			residuals.x[k] -= more;
		residuals_expect(&residuals, kernel);
		lag_learn(&lag, residuals.x, residuals.belongs, residuals.count);
	}
	residuals_gather(&residuals, closes, seconds, line);
	joint_fit(&residuals, prior, fixed, residuals.gap >= GAP_LEAST, line, &lag, &joint);
	if (fixed)
		joint.mean = 0;
	line->offset += joint.mean;
	interval(&joint, doubts);
	/* Lags and offset can stand in for each other: part of what is taken for the lags may be the clock's. */
	doubts->low = -hypot(fmin(doubts->low, 0), LAG_DOUBT_S + LAG_DOUBT * lag_mean(&lag));
	doubts->high = hypot(fmax(doubts->high, 0), LAG_DOUBT_S + LAG_DOUBT * lag_mean(&lag));
	doubts->drift = doubt;
	kernel_blur(kernel, &joint, fmax(doubt * span / 4, SIGMA_LEAST));
	residuals_free(&residuals);
}
