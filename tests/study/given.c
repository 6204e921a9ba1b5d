/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "study/given.h"

#include "align/pair.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Connections in the order of their closes, as pairing takes them. */
struct sorted {
	const struct align_connection *connection;
	uint32_t index;
};

static int by_close(const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;

	if (a->connection->close != b->connection->close)
		return a->connection->close < b->connection->close ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void closes_take(struct closes *closes, const struct world *world)
{
	size_t count = world->connection_count;
	struct sorted *sorted = memory_get_zeroed(count + 1, sizeof(*sorted));

	for (size_t k = 0; k < count; k++)
		sorted[k] = (struct sorted){&world->connections[k], (uint32_t)k};
	qsort(sorted, count, sizeof(*sorted), by_close);
	*closes = (struct closes){.count = count,
				  .servers = 1,
				  .last = seconds_of(world->options.capture_last, FIRST),
				  .weights = (double)count,
				  .time = memory_get_zeroed(count + 1, sizeof(double)),
				  .start = memory_get_zeroed(count + 1, sizeof(double)),
				  .weight = memory_get_zeroed(count + 1, sizeof(float)),
				  .order = memory_get_zeroed(count + 1, sizeof(uint32_t)),
				  .server = memory_get_zeroed(count + 1, sizeof(uint32_t))};
	for (size_t k = 0; k < count; k++) {
		closes->time[k] = seconds_of(sorted[k].connection->close, FIRST);
		closes->start[k] = seconds_of(sorted[k].connection->start, FIRST);
		closes->weight[k] = 1;
		closes->order[k] = sorted[k].index;
	}
	free(sorted);
}

static void kernel_know(struct kernel *kernel, const struct law *law)
{
	kernel_clear(kernel);
	for (int cell = 0; cell < KERNEL_CELLS; cell++) {
		double x = (double)cell / KERNEL_PER_S - KERNEL_BELOW_S;
		kernel->value[cell] = (float)law_density(law, x);
		if (kernel->value[cell] <= 0)
			continue;
		kernel->lowest = fmin(kernel->lowest, x - 1.0 / KERNEL_PER_S);
		kernel->highest = fmax(kernel->highest, x + 1.0 / KERNEL_PER_S);
	}
}

static int by_place(const void *left, const void *right)
{
	const struct seen *a = left, *b = right;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

void given_pair(const struct world *world, const struct scenario *scenario, uint64_t seed, struct match *matches)
{
	struct clock_found clock = {.accepted = true, .certainty = 1};
	struct dice dice = {seed};
	struct closes closes;
	size_t count = 0;

	struct law *law = law_know(scenario, &dice);
	kernel_know(&clock.kernel, law);
	free(law);
	closes_take(&closes, world);
	struct seen *seen = memory_get_zeroed(world->incident_count + 1, sizeof(*seen));
	for (size_t i = 0; i < world->incident_count; i++) {
		double place = place_of(world, scenario, i);
		matches[i] = (struct match){0};
		if (place >= closes.first - 2 && place <= closes.last + KERNEL_ABOVE_S)
			seen[count++] = (struct seen){
			    .place = place, .index = (uint32_t)i, .lpi = world->incidents[i].lpi, .clock = &clock};
	}
	qsort(seen, count, sizeof(*seen), by_place);
	pair_all(&closes, world->connections, seen, count, matches);
	free(seen);
	free(closes.time);
	free(closes.start);
	free(closes.weight);
	free(closes.order);
	free(closes.server);
}
