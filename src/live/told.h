/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has been said of incidents while the log grows: each is told when it is matched, and again if that changes. */
#ifndef MTASCOPE_LIVE_TOLD_H
#define MTASCOPE_LIVE_TOLD_H

#include "align/align.h"
#include "live/warn.h"
#include "report/json.h"

struct told;

struct told *told_new(void);
void told_free(struct told *told);

/* The log as it is lined up now. clocks, matches: as align() wrote them. */
struct lined_up {
	const struct event_log *log;
	const struct clock_estimate *clock, *clocks;
	const struct match *matches;
};

/*
 * Writes the records of what is matched and was not, or otherwise, when it was told last: the events, the clock, the
 * incidents. Ids are those of this log; of two records with one id the later counts. json may be NULL. Warns of each
 * incident that is certain or probable, once.
 */
void told_incidents(struct told *told, const struct lined_up *now, unsigned digits, struct json *json,
		    struct warnings *warnings, time_ns time);

/* Whether some incident of the log is not matched yet. */
bool told_lacks(const struct told *told);

/* Incidents that were warned of, by a number that another run gives them too; and such numbers of an earlier run. */
size_t told_count(const struct told *told);
uint64_t told_key(const struct told *told, size_t index);
void told_before(struct told *told, uint64_t key);

#endif
