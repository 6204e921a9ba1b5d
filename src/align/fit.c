/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/fit.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define EVENTS_MOST 2500
#define NEAR_BELOW  (-3.5)
#define NEAR_ABOVE  12.0
#define CLOSES_MOST 48
#define MOVE_MOST   1.3 /* s, of the offset away from where the search found it */
#define GAP_LEAST   0.4 /* s between closes for lags to be learnt */

#define LAG_DOUBT   0.5
#define LAG_DOUBT_S 0.1

/* Offsets tried around the line: an odd number, so that no change is one of them. */
#define OFFSET_STEP 0.05
enum { OFFSETS = 61, DRIFTS = 41, ROUNDS = 5 };

/* The residuals of the looked-at event seconds: those of second i are x[first[i]] … x[first[i + 1] - 1]. */
struct residuals {
	double *x, *weight; /* weight: the close's */
	double *belongs;    /* probability that this pair is a true one */
	size_t *first;
	double *since; /* the event's time, counted from the line's middle */
	double *worth;
	size_t events, count, capacity, weight_capacity;
	double gap, share;
};

static void residuals_free(struct residuals *residuals)
{
	free(residuals->x);
	free(residuals->weight);
	free(residuals->belongs);
	free(residuals->first);
	free(residuals->since);
	free(residuals->worth);
}

static void residuals_gather(struct residuals *residuals, const struct closes *closes, const struct seconds *seconds,
			     const struct clock_line *line)
{
	size_t inside = 0;

	residuals->events = residuals->count = 0;
	for (size_t i = 0; i < seconds->count; i++) {
		double place = clock_to_capture(line, seconds->time[i]);
		inside += place > closes->first - 2 && place < closes->last + 3;
	}
	size_t stride = inside / EVENTS_MOST + 1;
	for (size_t i = 0; i < seconds->count; i++) {
		double place = clock_to_capture(line, seconds->time[i]);
		if (place <= closes->first - 2 || place >= closes->last + 3 || i % stride != 0)
			continue;
		residuals->first[residuals->events] = residuals->count;
		residuals->since[residuals->events] = place - line->middle;
		residuals->worth[residuals->events++] = (double)seconds->worth[i];
		size_t taken = 0;
		/* The latest closes first: with too many the earlier ones are the less likely. */
		for (size_t k = closes_from(closes, place - NEAR_BELOW); k > 0 && taken < CLOSES_MOST; k--, taken++) {
			if (closes->time[k - 1] < place - NEAR_ABOVE)
				break;
			residuals->x =
			    memory_grow(residuals->x, residuals->count, &residuals->capacity, sizeof(double));
			residuals->weight = memory_grow(residuals->weight, residuals->count,
							&residuals->weight_capacity, sizeof(double));
			residuals->x[residuals->count] = place - closes->time[k - 1];
			residuals->weight[residuals->count++] = (double)closes->weight[k - 1];
		}
	}
	residuals->first[residuals->events] = residuals->count;
	residuals->belongs = memory_resize(residuals->belongs, (residuals->count + 1) * sizeof(double));
}

/* Log likelihood if the line's offset were higher by more and its drift by steeper. */
static double likelihood(const struct residuals *residuals, const struct kernel *kernel, double more, double steeper)
{
	double sum = 0;

	for (size_t i = 0; i < residuals->events; i++) {
		double density = 0, shift = more + steeper * residuals->since[i];
		for (size_t k = residuals->first[i]; k < residuals->first[i + 1]; k++)
			density += residuals->weight[k] * kernel_at(kernel, residuals->x[k] - shift);
		sum += residuals->worth[i] * log(1 - residuals->share + residuals->share * density * residuals->gap);
	}
	return sum;
}

/* How likely each pair is a true one; the share of events that have one follows. */
static void expect(struct residuals *residuals, const struct kernel *kernel)
{
	double sum = 0.6, all = 1;

	for (size_t i = 0; i < residuals->events; i++) {
		double density = 1e-12;
		for (size_t k = residuals->first[i]; k < residuals->first[i + 1]; k++)
			density += residuals->weight[k] * kernel_at(kernel, residuals->x[k]);
		double scale = residuals->share * residuals->gap;
		double whole = 1 - residuals->share + scale * density;
		for (size_t k = residuals->first[i]; k < residuals->first[i + 1]; k++)
			residuals->belongs[k] = residuals->worth[i] * scale * residuals->weight[k] *
						kernel_at(kernel, residuals->x[k]) / whole;
		sum += residuals->worth[i] * scale * density / whole;
		all += residuals->worth[i];
	}
	residuals->share = fmin(fmax(sum / all, 0.1), 0.97);
}

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
		/* A given offset was read off something: half a second of rounding is the rule, a second the most. */
		double believed = fixed ? (fabs(more) > 1.01 ? -40 : -fabs(more) / 0.15)
					: offset_prior_log(prior, line->offset + more);
		posterior[k] = believed + likelihood(residuals, kernel, more, 0);
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
		posterior[k] = drift_prior_log(line->drift + steeper) + likelihood(residuals, kernel, 0, steeper);
	}
	if (isinf(posterior[DRIFTS / 2]))
		return 0;
	double mean = normalize(posterior, DRIFTS);
	for (int k = 0; k < DRIFTS; k++)
		variance += posterior[k] * (k - mean) * (k - mean);
	*doubt = sqrt(variance) * step;
	return (mean - DRIFTS / 2) * step;
}

/* Widens the offset's posterior by what the drift's doubt does to an event far from the middle. */
static void widen(const double *posterior, double sigma, double *spread)
{
	double sum = 0;

	for (int k = 0; k < OFFSETS; k++) {
		spread[k] = 0;
		for (int j = 0; j < OFFSETS; j++) {
			double away = (k - j) * OFFSET_STEP / fmax(sigma, 0.02);
			spread[k] += posterior[j] * exp(-away * away / 2);
		}
		sum += spread[k];
	}
	for (int k = 0; k < OFFSETS; k++)
		spread[k] /= sum;
}

/* The middle 95 % of a posterior over offsets, as a change of the line's. A step to each side is the grid's own doubt.
 */
static void interval(const double *posterior, struct line_doubt *doubt)
{
	double sum = 0;

	doubt->low = doubt->high = NAN;
	for (int k = 0; k < OFFSETS; k++) {
		sum += posterior[k];
		if (isnan(doubt->low) && sum > 0.025)
			doubt->low = (k - OFFSETS / 2 - 1) * OFFSET_STEP;
		if (isnan(doubt->high) && sum >= 0.975)
			doubt->high = (k - OFFSETS / 2 + 1) * OFFSET_STEP;
	}
}

void fit_line(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior, bool fixed,
	      struct clock_line *line, struct kernel *kernel, struct line_doubt *doubts)
{
	struct residuals residuals = {.gap = mean_gap(closes), .share = 0.6};
	struct lag_model lag;
	double exact[1] = {1}, posterior[OFFSETS], spread[OFFSETS], doubt = 0;
	double span = closes->last - closes->first, start = line->offset;

	lag_default(&lag);
	if (residuals.gap < NEAR_ABOVE / CLOSES_MOST) {
		/* A close fits at any lag: nothing beyond what the search found can be told. */
		kernel_build(kernel, &lag, exact, 1, 1);
		*doubts = (struct line_doubt){-MOVE_MOST, MOVE_MOST, span > 1800 ? MOVE_MOST / span : 0};
		return;
	}
	residuals.first = memory_get_zeroed(seconds->count + 1, sizeof(size_t));
	residuals.since = memory_get_zeroed(seconds->count + 1, sizeof(double));
	residuals.worth = memory_get_zeroed(seconds->count + 1, sizeof(double));
	for (int round = 0; round < ROUNDS; round++) {
		kernel_build(kernel, &lag, exact, 1, 1);
		residuals_gather(&residuals, closes, seconds, line);
		expect(&residuals, kernel);
		double more = offset_posterior(&residuals, kernel, prior, fixed, line, posterior);
		if (!fixed && round + 1 < ROUNDS) {
			line->offset = fmin(fmax(line->offset + more, start - MOVE_MOST), start + MOVE_MOST);
			residuals_gather(&residuals, closes, seconds, line);
			if (span > 1800)
				line->drift +=
				    drift_posterior(&residuals, kernel, line, (round < 2 ? 0.1 : 0.03) / span, &doubt);
			residuals_gather(&residuals, closes, seconds, line);
		}
		if (round + 1 == ROUNDS)
			break;
		/* A fixed line's residue belongs to the clock, not to the lags. */
		if (fixed)
			for (size_t k = 0; k < residuals.count; k++)
				residuals.x[k] -= more;
		/* Where a close fits at any lag, lags and offset would only lead each other astray. */
		if (residuals.gap < GAP_LEAST)
			continue;
		expect(&residuals, kernel);
		lag_learn(&lag, residuals.x, residuals.belongs, residuals.count);
	}
	interval(posterior, doubts);
	/* Lags and offset can stand in for each other: part of what is taken for the lags may be the clock's. */
	doubts->low = -hypot(fmin(doubts->low, 0), LAG_DOUBT_S + LAG_DOUBT * lag_mean(&lag));
	doubts->high = hypot(fmax(doubts->high, 0), LAG_DOUBT_S + LAG_DOUBT * lag_mean(&lag));
	doubts->drift = doubt;
	widen(posterior, doubt * span / 4, spread);
	kernel_build(kernel, &lag, spread, OFFSETS, OFFSET_STEP);
	residuals_free(&residuals);
}
