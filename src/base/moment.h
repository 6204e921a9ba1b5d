/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_BASE_MOMENT_H
#define MTASCOPE_BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since 1970-01-01T00:00:00Z. Signed, so that differences and clock offsets need no second type. */
typedef int64_t time_ns;

#define TIME_NONE INT64_MIN
#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* A capture's packets may stand a little out of order; further back only a clock goes that was set. */
#define MISPLACED_MOST NS_PER_S

enum { FRAME_BITS = 40, CAPTURE_BITS = 24 };
#define FRAME_MAX   ((UINT64_C(1) << FRAME_BITS) - 1)
#define CAPTURE_MAX ((UINT64_C(1) << CAPTURE_BITS) - 1)

/*
 * One packet's place in time and in its capture. frame counts from 1, as Wireshark does; capture counts from 1. Sixteen
 * bytes, because a connection is mostly made of these.
 */
struct moment {
	time_ns time; /* TIME_NONE: it was not seen */
	uint64_t frame : FRAME_BITS;
	uint64_t capture : CAPTURE_BITS;
};

static inline struct moment moment_at(time_ns time, uint64_t frame, uint64_t capture)
{
	return (struct moment){.time = time, .frame = frame & FRAME_MAX, .capture = capture & CAPTURE_MAX};
}

#define MOMENT_NONE ((struct moment){.time = TIME_NONE})

static inline bool moment_seen(const struct moment *moment)
{
	return moment->time != TIME_NONE;
}

/* Room for "2002-02-26T19:43:19.100200300Z" and its NUL, with a year of up to six digits and a sign. */
enum { TIME_TEXT_SIZE = 40 };

/*
 * Writes time as RFC 3339 in UTC with the given number of fractional digits (0, 6 or 9; digits beyond are cut off,
 * never rounded). text must hold TIME_TEXT_SIZE bytes; it is NUL-terminated. Returns the length.
 */
unsigned time_format(time_ns time, unsigned digits, char *text);

/* Seconds since the epoch for a civil date in the proleptic Gregorian calendar; month and day count from 1. */
int64_t civil_seconds(int64_t year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second);

#endif
