/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What live use counts, as Prometheus reads it: text exposition format 0.0.4. */
#ifndef MTASCOPE_METRICS_METRICS_H
#define MTASCOPE_METRICS_METRICS_H

#include "align/align.h"
#include "timeline/connection.h"

#include <stdint.h>
#include <stdio.h>

/* Upper bounds of the time from SYN to OK, in seconds: around the timers that clients are known to have. */
#define METRICS_OK_BOUNDS                                                                                              \
	{                                                                                                              \
		0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30, 45, 60, 120                   \
	}
enum { METRICS_OK_BUCKETS = 19 }; /* the last has no bound */

struct metrics_interface {
	const char *name;
	bool up;
	uint64_t received, dropped, interface_dropped; /* packets: pcap_stats(3PCAP) */
};

/* Something that is counted by a name. */
struct metrics_named {
	const char *name; /* static */
	uint64_t count;
};

/* Plain numbers, which whoever counts writes; what only grows must never shrink while the program runs. */
struct metrics {
	uint64_t packets;    /* analysed */
	time_ns last_packet; /* TIME_NONE: none yet */
	const struct metrics_interface *interfaces;
	size_t interface_count;
	uint64_t outcomes[OUTCOMES]; /* connections that are final */
	uint64_t origins[ORIGINS];   /* of the failures; ORIGIN_NONE is not told */
	uint64_t early_closes;
	uint64_t ok_buckets[METRICS_OK_BUCKETS]; /* metrics_ok fills them */
	double ok_sum_s;
	uint64_t alive, waiting;               /* now: connections that are followed; that wait for the OK */
	uint64_t events;                       /* read of logs */
	uint64_t incidents[MATCH_CERTAIN + 1]; /* now: a match may still change */
	double clock_offset_s;                 /* event clock minus capture clock; NAN: not known */
	const struct metrics_named *warnings;  /* by kind */
	size_t warning_count;
	const struct metrics_named *let_go; /* given up to keep the memory's limit, by what it was */
	size_t let_go_count;
	uint64_t records_lost, packets_lost; /* that could not be written */
};

/* Counts an OK that came us microseconds after the first SYN. */
void metrics_ok(struct metrics *metrics, int64_t us);

/* Writes all of them. */
void metrics_write(const struct metrics *metrics, FILE *out);

#endif
