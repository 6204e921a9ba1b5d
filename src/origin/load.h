/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much the services had to do: connections that wait for the OK, arrivals, how long the OK took. */
#ifndef MTASCOPE_ORIGIN_LOAD_H
#define MTASCOPE_ORIGIN_LOAD_H

#include "base/moment.h"

#include <stddef.h>
#include <stdint.h>

struct load;

/* Over a stretch of time. Negative: nothing was measured in it. */
struct load_figures {
	int64_t open_waiting_peak;
	double arrivals_per_s_peak; /* over ten seconds */
	int64_t ok_count;
	int64_t ok_us_p50, ok_us_p90, ok_us_p99, ok_us_max; /* first SYN to OK */
};

/* Durations by size, on a logarithmic scale from a microsecond on: so many levels a power of ten. */
enum { LEVELS_COARSE = 10, LEVELS_FINE = 40, LEVEL_DECADES = 10 };

/* What happened in stretches of equal length, over the whole of it. */
struct load_series {
	int64_t first_second;
	int64_t step_s;
	size_t count;
	uint32_t *arrivals;
	uint32_t *waiting_peak;
	uint32_t *ok_levels; /* OKs: for each stretch LEVELS_COARSE * LEVEL_DECADES counts by the time they took */
	uint32_t ok_total[LEVELS_FINE * LEVEL_DECADES];
};

/* The level of a duration in microseconds, below levels * LEVEL_DECADES: the last one is open. */
unsigned load_level(int64_t us, unsigned levels);

/* At most most stretches of whole seconds between from and to. Free with load_series_free. */
struct load_series load_series_make(const struct load *load, time_ns from, time_ns to, size_t most);
void load_series_free(struct load_series *series);

struct load *load_new(void);
void load_free(struct load *load);

/* A first SYN; one more or one less that is established and has not got its OK; an OK, us after the first SYN. */
void load_arrival(struct load *load, time_ns time);
void load_waiting(struct load *load, time_ns time, int change);
void load_ok(struct load *load, time_ns time, int64_t us);

/* What was counted is of failures alone, and so no load: from now on no figure is given. */
void load_hold_failures(struct load *load);

/* Those that are established and have not got their OK, as told last. */
uint64_t load_waiting_now(const struct load *load);

/* Forgets what happened before a time. Returns how many seconds and OKs that were. */
size_t load_forget(struct load *load, time_ns before);

/* The figures between from and to (to a whole second); TIME_NONE for both: of everything. */
struct load_figures load_between(const struct load *load, time_ns from, time_ns to);

#endif
