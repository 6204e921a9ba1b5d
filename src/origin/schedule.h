/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_ORIGIN_SCHEDULE_H
#define MTASCOPE_ORIGIN_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The system whose schedule of SYN repeats fits: at_ms are the repeats' times in milliseconds after the first SYN.
 * Static text ("Windows 2000 to 2008: SYNs at 0, 3 and 9 s, given up at 21 s"), or NULL: fewer than two repeats, or
 * none fits.
 */
const char *schedule_of(const uint32_t *at_ms, size_t count);

#endif
