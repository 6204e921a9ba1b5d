/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long align takes on a big case: bench_align [incidents [connections [days]]]. Not part of the tests. */
#include "align/align.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FIRST (INT64_C(1014750000) * NS_PER_S)

static double draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	size_t incident_count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	size_t connection_count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
	double span = (argc > 3 ? atof(argv[3]) : 7) * 86400;
	struct align_connection *connections = memory_get_zeroed(connection_count + 1, sizeof(*connections));
	struct incident *incidents = memory_get_zeroed(incident_count + 1, sizeof(*incidents));
	struct match *matches = memory_get_zeroed(incident_count + 1, sizeof(*matches));
	struct align_options options = {.capture_first = FIRST, .capture_last = FIRST + (time_ns)(span * 1e9)};
	struct clock_estimate clock;
	uint64_t state = 1;
	size_t right[4] = {0}, wrong[4] = {0};

	for (size_t i = 0; i < connection_count; i++) {
		double close = draw(&state) * span;
		connections[i] = (struct align_connection){(uint32_t)i + 1, FIRST + (time_ns)((close - 5) * 1e9),
							   FIRST + (time_ns)(close * 1e9), 1, 1};
	}
	for (size_t i = 0; i < incident_count; i++) {
		double close = (double)(connections[i % connection_count].close - FIRST) / 1e9;
		double lag = draw(&state) * 0.4, time = close + lag;
		incidents[i] = (struct incident){.id = (uint32_t)i + 1,
						 .lpi = {1, 15, (uint32_t)(i % 250) + 1},
						 .t_local = FIRST / NS_PER_S + (int64_t)floor(time * 1.00003 + 7234)};
	}
	double start = now();
	align(connections, connection_count, incidents, incident_count, &options, &clock, matches, NULL, 0);
	double taken = now() - start;
	for (size_t i = 0; i < incident_count; i++) {
		if (matches[i].connection == i + 1)
			right[matches[i].confidence]++;
		else
			wrong[matches[i].confidence]++;
	}
	printf("%zu incidents, %zu connections, %.1f days: %.2f s; method %d offset %.2f drift %.1f p %.1e\n",
	       incident_count, connection_count, span / 86400, taken, (int)clock.method, clock.offset_s,
	       clock.drift_ppm, clock.p_chance);
	printf("certain %zu right %zu wrong, probable %zu right %zu wrong, ambiguous %zu best %zu not, none %zu\n",
	       right[3], wrong[3], right[2], wrong[2], right[1], wrong[1], wrong[0]);
	free(connections);
	free(incidents);
	free(matches);
	return 0;
}
