/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clock that was set, or put on or back by an hour, while the log was written. */
#ifndef MTASCOPE_ALIGN_STEPS_H
#define MTASCOPE_ALIGN_STEPS_H

#include "align/clock.h"

/* A part of a log in which the clock ran through: from incident number from on, in the order of writing. */
struct log_stretch {
	size_t from;
	struct clock_line line;
};

/*
 * Cuts a log where its clock was set. times are those of its incidents as seconds since capture_first if their clock
 * were the capture's, in the order in which they were written; clock is the one found for all. A step is taken only if
 * what lies beyond it does not fit the line, and fits another as chance would hardly have it: one that is an hour away,
 * or any that clock_find accepts. Writes up to CLOCK_STEPS + 1 stretches, in the order of writing, and returns how
 * many: one that is the whole log if there is no step.
 */
size_t steps_find(const struct closes *closes, const double *times, size_t count, const struct clock_found *clock,
		  const struct align_options *options, struct log_stretch *stretches);

#endif
