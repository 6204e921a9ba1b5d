/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/residuals.h"

#include "align/search.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define EVENTS_MOST 2500

void residuals_init(struct residuals *residuals, const struct closes *closes, const struct seconds *seconds)
{
	*residuals = (struct residuals){.gap = mean_gap(closes), .share = 0.6};
	residuals->first = memory_get_zeroed(seconds->count + 1, sizeof(size_t));
	residuals->since = memory_get_zeroed(seconds->count + 1, sizeof(double));
	residuals->worth = memory_get_zeroed(seconds->count + 1, sizeof(double));
}

void residuals_free(struct residuals *residuals)
{
	free(residuals->x);
	free(residuals->weight);
	free(residuals->belongs);
	free(residuals->first);
	free(residuals->since);
	free(residuals->worth);
}

void residuals_gather(struct residuals *residuals, const struct closes *closes, const struct seconds *seconds,
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
		for (size_t k = closes_from(closes, place - RESIDUALS_BELOW); k > 0 && taken < RESIDUALS_CLOSES;
		     k--, taken++) {
			if (closes->time[k - 1] < place - RESIDUALS_ABOVE)
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

double residuals_likelihood(const struct residuals *residuals, const struct kernel *kernel, double more, double steeper)
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

double residuals_share(double matched, double all)
{
	return fmin(fmax((0.6 + matched) / (1 + all), 0.1), 0.97);
}

void residuals_expect(struct residuals *residuals, const struct kernel *kernel)
{
	double matched = 0, all = 0;

	for (size_t i = 0; i < residuals->events; i++) {
		double density = 1e-12;
		for (size_t k = residuals->first[i]; k < residuals->first[i + 1]; k++)
			density += residuals->weight[k] * kernel_at(kernel, residuals->x[k]);
		double scale = residuals->share * residuals->gap;
		double whole = 1 - residuals->share + scale * density;
		for (size_t k = residuals->first[i]; k < residuals->first[i + 1]; k++)
			residuals->belongs[k] = residuals->worth[i] * scale * residuals->weight[k] *
						kernel_at(kernel, residuals->x[k]) / whole;
		matched += residuals->worth[i] * scale * density / whole;
		all += residuals->worth[i];
	}
	residuals->share = residuals_share(matched, all);
}
