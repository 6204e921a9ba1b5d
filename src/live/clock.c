/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/clock.h"

#include <stdlib.h>

void clock_begin(struct packet_clock *clock, time_ns wall, int64_t steady)
{
	*clock = (struct packet_clock){.packet = TIME_NONE, .steady = steady, .difference = wall - steady};
}

void clock_packet(struct packet_clock *clock, time_ns time, int64_t steady)
{
	clock->packet = time;
	clock->steady = steady;
}

time_ns clock_now(const struct packet_clock *clock, int64_t steady)
{
	/* Without a packet the wall clock it is. */
	return clock->packet == TIME_NONE ? steady + clock->difference : clock->packet + (steady - clock->steady);
}

int64_t clock_look(struct packet_clock *clock, time_ns wall, int64_t steady)
{
	int64_t by = wall - steady - clock->difference;

	clock->difference += by;
	if (llabs(by) < CLOCK_SET)
		return 0;
	/* Packets that came after it was set have the new time already. */
	if (clock->packet != TIME_NONE && llabs(clock_now(clock, steady) - wall) >= llabs(by) / 2)
		clock->packet += by;
	return by;
}
