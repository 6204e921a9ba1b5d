/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/load.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ARRIVAL_WINDOW = 10 };

/* One second in which something happened. */
struct second {
	int64_t second;
	uint32_t arrivals;
	uint32_t waiting_peak;
	uint32_t waiting; /* at its end */
};

struct latency {
	uint32_t second; /* since the first */
	uint32_t us;     /* saturates at 71 minutes */
};

struct load {
	struct second *seconds;
	size_t second_count, second_capacity;
	struct latency *latencies;
	size_t latency_count, latency_capacity;
	int64_t first_second;
	uint32_t waiting;
	int64_t max_us;
	bool failures_only;
};

struct load *load_new(void)
{
	return memory_get_zeroed(1, sizeof(struct load));
}

void load_free(struct load *load)
{
	if (load == NULL)
		return;
	free(load->seconds);
	free(load->latencies);
	free(load);
}

/* Time that goes back a little is put to the newest second. */
static struct second *now(struct load *load, time_ns time)
{
	int64_t second = time / NS_PER_S;
	struct second *newest = load->second_count > 0 ? &load->seconds[load->second_count - 1] : NULL;

	if (newest != NULL && second <= newest->second)
		return newest;
	if (newest == NULL)
		load->first_second = second;
	load->seconds = memory_grow(load->seconds, load->second_count, &load->second_capacity, sizeof *load->seconds);
	newest = &load->seconds[load->second_count++];
	*newest = (struct second){.second = second, .waiting_peak = load->waiting, .waiting = load->waiting};
	return newest;
}

void load_arrival(struct load *load, time_ns time)
{
	now(load, time)->arrivals++;
}

void load_waiting(struct load *load, time_ns time, int change)
{
	struct second *second = now(load, time);

	if (change > 0)
		load->waiting++;
	else if (load->waiting > 0)
		load->waiting--;
	second->waiting = load->waiting;
	if (load->waiting > second->waiting_peak)
		second->waiting_peak = load->waiting;
}

void load_hold_failures(struct load *load)
{
	load->failures_only = true;
}

uint64_t load_waiting_now(const struct load *load)
{
	return load->waiting;
}

void load_ok(struct load *load, time_ns time, int64_t us)
{
	int64_t second = now(load, time)->second - load->first_second;

	if (us < 0)
		return;
	if (us > load->max_us)
		load->max_us = us;
	load->latencies =
	    memory_grow(load->latencies, load->latency_count, &load->latency_capacity, sizeof *load->latencies);
	load->latencies[load->latency_count++] =
	    (struct latency){(uint32_t)second, us > UINT32_MAX ? UINT32_MAX : (uint32_t)us};
}

size_t load_forget(struct load *load, time_ns before)
{
	int64_t second = before / NS_PER_S;
	size_t seconds = 0;
	size_t latencies = 0;

	while (seconds < load->second_count && load->seconds[seconds].second < second)
		seconds++;
	while (latencies < load->latency_count && load->first_second + load->latencies[latencies].second < second)
		latencies++;
	load->second_count -= seconds;
	load->latency_count -= latencies;
	if (seconds > 0)
		memmove(load->seconds, load->seconds + seconds, load->second_count * sizeof *load->seconds);
	if (latencies > 0)
		memmove(load->latencies, load->latencies + latencies, load->latency_count * sizeof *load->latencies);
	return seconds + latencies;
}

/*
 * The value of a rank (from 0), by quickselect (Hoare): linear in the mean, where sorting every window of every finding
 * would not be. values are put in another order.
 */
static uint32_t value_of_rank(uint32_t *values, size_t count, size_t rank)
{
	size_t low = 0;
	size_t high = count - 1;

	while (low < high) {
		uint32_t pivot = values[low + (high - low) / 2];
		size_t left = low;
		size_t right = high;
		for (;;) {
			while (values[left] < pivot)
				left++;
			while (values[right] > pivot)
				right--;
			if (left >= right)
				break;
			uint32_t swapped = values[left];
			values[left++] = values[right];
			values[right--] = swapped;
		}
		/* Up to right nothing is above the pivot, after it nothing below. */
		if (rank <= right)
			high = right;
		else
			low = right + 1;
	}
	return values[rank];
}

/* Nearest rank. */
static int64_t percentile(uint32_t *values, size_t count, unsigned percent)
{
	size_t rank = (count * percent + 99) / 100;

	return count == 0 ? -1 : (int64_t)value_of_rank(values, count, rank == 0 ? 0 : rank - 1);
}

static void latency_figures(const struct load *load, int64_t from, int64_t to, struct load_figures *figures)
{
	uint32_t *values = memory_get((load->latency_count + 1) * sizeof *values);
	size_t count = 0;
	uint32_t most = 0;

	for (size_t i = 0; i < load->latency_count; i++) {
		int64_t second = load->first_second + load->latencies[i].second;
		if (second < from || second > to)
			continue;
		values[count++] = load->latencies[i].us;
		if (load->latencies[i].us > most)
			most = load->latencies[i].us;
	}
	figures->ok_count = (int64_t)count;
	figures->ok_us_p50 = percentile(values, count, 50);
	figures->ok_us_p90 = percentile(values, count, 90);
	figures->ok_us_p99 = percentile(values, count, 99);
	figures->ok_us_max = count == 0 ? -1 : most == UINT32_MAX ? load->max_us : most;
	free(values);
}

struct load_figures load_between(const struct load *load, time_ns from, time_ns to)
{
	struct load_figures figures = {.open_waiting_peak = -1,
				       .arrivals_per_s_peak = -1,
				       .ok_us_p50 = -1,
				       .ok_us_p90 = -1,
				       .ok_us_p99 = -1,
				       .ok_us_max = -1};
	bool all = from == TIME_NONE;
	int64_t first = all ? INT64_MIN : from / NS_PER_S;
	int64_t last = all ? INT64_MAX : to / NS_PER_S;
	size_t tail = 0;
	uint64_t in_window = 0;

	if (load->failures_only)
		return figures;
	for (size_t i = 0; i < load->second_count; i++) {
		const struct second *second = &load->seconds[i];
		in_window += second->arrivals;
		for (; load->seconds[tail].second <= second->second - ARRIVAL_WINDOW; tail++)
			in_window -= load->seconds[tail].arrivals;
		/* Who waited before waits on through seconds in which nothing happens. */
		if (second->second < first)
			figures.open_waiting_peak = second->waiting;
		if (second->second < first || second->second > last)
			continue;
		if ((int64_t)second->waiting_peak > figures.open_waiting_peak)
			figures.open_waiting_peak = second->waiting_peak;
		if ((double)in_window / ARRIVAL_WINDOW > figures.arrivals_per_s_peak)
			figures.arrivals_per_s_peak = (double)in_window / ARRIVAL_WINDOW;
	}
	latency_figures(load, first, last, &figures);
	return figures;
}

/* ---- The whole of it, in stretches ---- */

unsigned load_level(int64_t us, unsigned levels)
{
	unsigned last = levels * LEVEL_DECADES - 1;

	if (us <= 1)
		return 0;
	double level = floor(log10((double)us) * levels);
	return level >= last ? last : (unsigned)level;
}

/* Lengths that fit the clock, as long as there are any. */
static int64_t step_for(int64_t seconds, size_t most)
{
	static const int64_t steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600};
	int64_t least = (seconds + (int64_t)most - 1) / (int64_t)most;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (steps[i] >= least)
			return steps[i];
	return least;
}

static void fill_waiting(const struct load *load, struct load_series *series)
{
	uint32_t waiting = 0;
	size_t at = 0;

	/* Who waited before waits on through stretches in which nothing happens. */
	for (size_t i = 0; i < series->count; i++) {
		int64_t end = series->first_second + (int64_t)(i + 1) * series->step_s;
		series->waiting_peak[i] = waiting;
		for (; at < load->second_count && load->seconds[at].second < end; at++) {
			const struct second *second = &load->seconds[at];
			waiting = second->waiting;
			if (second->second < series->first_second)
				continue;
			series->arrivals[i] += second->arrivals;
			if (second->waiting_peak > series->waiting_peak[i])
				series->waiting_peak[i] = second->waiting_peak;
		}
	}
}

static void fill_latencies(const struct load *load, struct load_series *series)
{
	for (size_t i = 0; i < load->latency_count; i++) {
		const struct latency *latency = &load->latencies[i];
		int64_t at = (load->first_second + latency->second - series->first_second) / series->step_s;
		series->ok_total[load_level(latency->us, LEVELS_FINE)]++;
		if (at >= 0 && (uint64_t)at < series->count)
			series->ok_levels[(size_t)at * LEVELS_COARSE * LEVEL_DECADES +
					  load_level(latency->us, LEVELS_COARSE)]++;
	}
}

struct load_series load_series_make(const struct load *load, time_ns from, time_ns to, size_t most)
{
	struct load_series series = {.first_second = from / NS_PER_S, .step_s = 1};
	int64_t seconds = from == TIME_NONE ? 0 : to / NS_PER_S - series.first_second + 1;

	if (seconds > 0) {
		series.step_s = step_for(seconds, most);
		series.count = (size_t)((seconds + series.step_s - 1) / series.step_s);
	}
	series.arrivals = memory_get_zeroed(series.count + 1, sizeof *series.arrivals);
	series.waiting_peak = memory_get_zeroed(series.count + 1, sizeof *series.waiting_peak);
	series.ok_levels =
	    memory_get_zeroed((series.count + 1) * LEVELS_COARSE * LEVEL_DECADES, sizeof *series.ok_levels);
	if (load->failures_only)
		return series;
	fill_waiting(load, &series);
	fill_latencies(load, &series);
	return series;
}

void load_series_free(struct load_series *series)
{
	free(series->arrivals);
	free(series->waiting_peak);
	free(series->ok_levels);
}
