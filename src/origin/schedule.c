/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/schedule.h"

#include <stdbool.h>
#include <stdlib.h>

enum { PAUSES = 7 };

struct schedule {
	const char *name;
	uint16_t pauses_s[PAUSES]; /* between one SYN and the next; 0 ends them */
};

/*
 * Pauses, not times: systems that count in half seconds (BSD) start up to one tick early. The more particular come
 * first, since a ladder that was cut short fits several.
 */
static const struct schedule schedules[] = {
    {"the SYNs come as from Linux 6.5 and later: five a second apart, then doubling", {1, 1, 1, 1, 2, 4, 8}},
    {"the SYNs come as from Linux 3.1 to 6.4: at 0, 1, 3, 7, 15, 31 and 63 s, given up at 127 s", {1, 2, 4, 8, 16, 32}},
    {"the SYNs come as from Windows 2000 to 2008: at 0, 3 and 9 s, given up at 21 s", {3, 6}},
    {"the SYNs come as from Windows NT: at 0, 3, 9 and 21 s, given up at 45 s", {3, 6, 12}},
    {"the SYNs come as from Linux before 3.1 or Solaris: at 0, 3, 9, 21, 45 and 93 s, given up after 3 minutes",
     {3, 6, 12, 24, 48}},
    {"the SYNs come as from BSD: at 0, 6 and 30 s, given up at 75 s", {6, 24}},
};

static bool fits(const struct schedule *schedule, const uint32_t *at_ms, size_t count)
{
	uint32_t before = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == PAUSES || schedule->pauses_s[i] == 0)
			return false;
		int32_t pause = (int32_t)(at_ms[i] - before);
		int32_t wanted = schedule->pauses_s[i] * 1000;
		if (abs(pause - wanted) > (wanted < 3000 ? 250 : 600))
			return false;
		before = at_ms[i];
	}
	return true;
}

const char *schedule_of(const uint32_t *at_ms, size_t count)
{
	for (size_t i = 0; count >= 2 && i < sizeof schedules / sizeof schedules[0]; i++)
		if (fits(&schedules[i], at_ms, count))
			return schedules[i].name;
	return NULL;
}
