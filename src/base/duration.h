/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_BASE_DURATION_H
#define MTASCOPE_BASE_DURATION_H

#include <stdint.h>

enum { DURATION_TEXT_SIZE = 32 };

/* Writes us for people: "367 µs", "41.2 ms", "30.002 s", "12 min 5 s". text holds DURATION_TEXT_SIZE bytes. */
void duration_format(int64_t us, char *text);

#endif
