/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what live use knows to the metrics that it answers with (metrics/metrics.h). */
#ifndef MTASCOPE_GAUGES_H
#define MTASCOPE_GAUGES_H

#include "analyze.h"
#include "live/source.h"
#include "live/warn.h"
#include "metrics/metrics.h"

enum { GAUGES_LET_GO = 6 };

struct gauges {
	struct metrics metrics;
	struct metrics_interface *interfaces;
	struct metrics_named warnings[WARNING_KINDS], let_go[GAUGES_LET_GO];
	size_t events; /* of the log when it was lined up last */
};

/* gauges must stay where it is: metrics points into it. names must outlive it. */
void gauges_init(struct gauges *gauges, const char *const *names, size_t count);
void gauges_free(struct gauges *gauges);

/* An OK, as timeline_handlers tell of it; without its first SYN it measures nothing. */
void gauges_ok(struct gauges *gauges, const struct live *live, const struct moment *moment);

/* The log has been lined up with what is known so far. now: packet time. */
void gauges_lined_up(struct gauges *gauges, const struct analysis *analysis, const struct event_log *log, time_ns now);

/* All that is counted elsewhere, but for what only the caller knows: early_closes, alive, records_lost, packets_lost.
 */
void gauges_read(struct gauges *gauges, const struct analysis *analysis, const struct live_source *source,
		 const struct warnings *warnings);

#endif
