/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_ORIGIN_SCHEDULE_H
#define MTASCOPE_ORIGIN_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The system whose schedule of SYN repeats fits: at_ms are the repeats' times in milliseconds after the first SYN.
 * A sentence's static text, or NULL: fewer than two repeats, or none fits. The schedules are those of docs/method.md.
 */
const char *schedule_of(const uint32_t *at_ms, size_t count);

#endif
