/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the last minutes were, for who looks at the present: arrivals, OK responses, and what failed. */
#ifndef MTASCOPE_LIVE_RECENT_H
#define MTASCOPE_LIVE_RECENT_H

#include "timeline/timeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECENT_STEPS = 144, RECENT_FAILURES = 64 };
/* A step of the history; what "recent" means for OK responses; over which arrivals are counted. */
#define RECENT_STEP     (10 * NS_PER_S)
#define RECENT_OKS_SPAN (300 * NS_PER_S)
#define RECENT_ARRIVALS (10 * NS_PER_S)

/* A failure as far as it is known: first that it was closed without an OK, a while later who is to blame. */
struct recent_failure {
	uint32_t id;
	time_ns time; /* of its close, or of its last packet */
	struct endpoint client, server;
	int64_t wait_us; /* CONNECTION_NONE_US: it waited for nothing */
	bool judged;     /* only then: */
	enum outcome outcome;
	enum origin origin;
	float confidence;
};

struct recent_step {
	uint32_t arrivals, failures;
	int64_t ok_us_max; /* negative: no OK came */
};

struct recent_figures {
	size_t ok_count; /* of the last RECENT_OKS_SPAN; of so many that not all are kept, of the newest */
	int64_t ok_us_p50, ok_us_p95, ok_us_max; /* first SYN to OK, nearest rank; negative: there was none */
	double arrivals_per_s;                   /* first SYNs, over RECENT_ARRIVALS */
};

struct recent;

struct recent *recent_new(void);
void recent_free(struct recent *recent);

/* As timeline_handlers have it; and a connection whose record is final. */
void recent_reached(struct recent *recent, const struct live *live, enum milestone milestone,
		    const struct moment *moment);
void recent_judged(struct recent *recent, const struct connection *connection);

/* As of now, which is packet time. */
struct recent_figures recent_figures(const struct recent *recent, time_ns now);

/* The step that is so many before that of now (0: this one, which is not over). */
struct recent_step recent_step(const struct recent *recent, time_ns now, size_t back);

/* The newest first; NULL: there are not so many. */
const struct recent_failure *recent_failure(const struct recent *recent, size_t index);

#endif
