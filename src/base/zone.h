/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_BASE_ZONE_H
#define MTASCOPE_BASE_ZONE_H

#include "base/moment.h"

/* Where the C library has its zones: a program that asks for one when it is confined must be let read there. */
#define ZONE_DATABASE "/usr/share/zoneinfo"

/*
 * Seconds east of UTC of a zone at a time: "UTC", "Z", an offset ("-5", "+05:30", "-0500"), or a name of the system's
 * time zone database ("America/New_York"). Returns false when zone is none of these.
 *
 * The database is read when the name is another than last time, and sets TZ for the process: a program that is going
 * to confine itself asks for its zone before.
 */
bool zone_offset(const char *zone, time_ns at, int32_t *seconds);

#endif
