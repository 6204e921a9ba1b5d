/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/scene.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Events in more than this share of all seconds: there are no bursts, but one stream. */
#define DENSE 0.25

double seconds_of(time_ns time, time_ns origin)
{
	/* Whole and broken seconds apart, so that neither overflows nor rounds. */
	double whole = (double)(time / NS_PER_S) - (double)(origin / NS_PER_S);

	return whole + (double)(time % NS_PER_S - origin % NS_PER_S) / (double)NS_PER_S;
}

double event_seconds(int64_t t_local, time_ns origin)
{
	return (double)t_local - (double)(origin / NS_PER_S) - (double)(origin % NS_PER_S) / (double)NS_PER_S;
}

/* The stretch in which the time lies; those at the ends hold what is beyond. */
static size_t stretch_of(const struct closes *closes, double time)
{
	double stretch = (time - closes->time[0]) * closes->stretches;

	return !(stretch > 0) ? 0 : stretch >= (double)closes->count ? closes->count : (size_t)stretch;
}

void closes_index(struct closes *closes)
{
	double span = closes->count == 0 ? 0 : closes->time[closes->count - 1] - closes->time[0];
	size_t stretch = 0;

	if (!(span > 0) || closes->count >= UINT32_MAX)
		return;
	closes->index = memory_get_zeroed(closes->count + 2, sizeof(*closes->index));
	closes->stretches = (double)closes->count / span;
	for (size_t k = 0; k < closes->count; k++)
		for (size_t own = stretch_of(closes, closes->time[k]); stretch <= own; stretch++)
			closes->index[stretch] = (uint32_t)k;
	for (; stretch < closes->count + 2; stretch++)
		closes->index[stretch] = (uint32_t)closes->count;
}

size_t closes_from(const struct closes *closes, double time)
{
	size_t low = 0, high = closes->count;

	if (closes->index != NULL) {
		size_t stretch = stretch_of(closes, time);
		low = closes->index[stretch];
		high = closes->index[stretch + 1];
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (closes->time[middle] < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void seconds_init(struct seconds *seconds, size_t room)
{
	*seconds = (struct seconds){.time = memory_get_zeroed(room + 1, sizeof(double)),
				    .events = memory_get_zeroed(room + 1, sizeof(uint32_t)),
				    .worth = memory_get_zeroed(room + 1, sizeof(float))};
}

void seconds_add(struct seconds *seconds, double time)
{
	if (seconds->count == 0 || time > seconds->time[seconds->count - 1] + 0.5)
		seconds->time[seconds->count++] = time;
	seconds->events[seconds->count - 1]++;
}

void seconds_weigh(struct seconds *seconds, double capture_span)
{
	/* Where events are dense anyway, being close together says nothing. */
	double span = seconds->count > 0 ? seconds->time[seconds->count - 1] - seconds->time[0] : 0;
	double breath = fmin(4.5, 0.25 * fmax(span, capture_span) / (double)(seconds->count + 1));
	bool dense = (double)seconds->count > DENSE * fmax(span, capture_span);
	unsigned run = 0;

	for (size_t k = 0; k < seconds->count; k++) {
		if (dense) {
			/* How many stand in each second is then all there is to tell one offset from another. */
			seconds->worth[k] = (float)seconds->events[k];
			continue;
		}
		/* What comes in one breath with the event before tells of the same cause, not of a second one. */
		run = k > 0 && seconds->time[k] - seconds->time[k - 1] < breath ? run + 1 : 0;
		double worth = (1 + 0.3 * log(seconds->events[k])) * (run == 0 ? 1 : run == 1 ? 0.4 : 0.25);
		seconds->worth[k] = (float)worth;
	}
}

void seconds_free(struct seconds *seconds)
{
	free(seconds->time);
	free(seconds->events);
	free(seconds->worth);
}
