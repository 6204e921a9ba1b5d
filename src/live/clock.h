/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet time that goes on while no packet comes, and whether somebody set the clock that stamps packets. Both are told
 * by a steady clock, which nobody sets and which counts while the machine sleeps; clocks are arguments here.
 */
#ifndef MTASCOPE_LIVE_CLOCK_H
#define MTASCOPE_LIVE_CLOCK_H

#include "base/moment.h"

struct packet_clock {
	time_ns packet;     /* the time of the last packet; TIME_NONE: there was none */
	int64_t steady;     /* when that was, on the steady clock */
	int64_t difference; /* wall clock minus steady clock */
};

/* A clock that is slewed does not get so far between two looks, which should be 100 ms apart. */
#define CLOCK_SET (500 * NS_PER_MS)

void clock_begin(struct packet_clock *clock, time_ns wall, int64_t steady);

/* A packet of this time was dealt with. */
void clock_packet(struct packet_clock *clock, time_ns time, int64_t steady);

/* Packet time. */
time_ns clock_now(const struct packet_clock *clock, int64_t steady);

/*
 * By how much the wall clock was set since the last look, forward: above 0; 0: it was not. Packet time then goes on
 * from where that brings it.
 */
int64_t clock_look(struct packet_clock *clock, time_ns wall, int64_t steady);

#endif
