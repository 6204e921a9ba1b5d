/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conclusions over many connections: failures that agree on cause, origin and outcome, the timer that fired, the load.
 */
#ifndef MTASCOPE_ORIGIN_FINDING_H
#define MTASCOPE_ORIGIN_FINDING_H

#include "align/align.h"
#include "origin/load.h"
#include "origin/rules.h"
#include "timeline/connection.h"

/* Waits that agree on one length: a timer fired. */
struct timer {
	double seconds;  /* the middle one */
	double spread_s; /* from the shortest to the longest */
	enum side owner;
	const char *stage; /* what was waited for; static */
	const char *known; /* the schedule that it fits, static; NULL: none */
	size_t count;
};

enum { STATEMENT_SIZE = 512 };

struct finding {
	const char *cause; /* in the catalogue; NULL */
	enum origin origin;
	enum outcome outcome;
	char statement[STATEMENT_SIZE];
	uint32_t *connections;             /* ids, rising */
	const struct connection **members; /* the connections, in that order; they are not the finding's */
	size_t connection_count;
	uint32_t *incidents; /* ids, rising: those matched to one of the connections */
	size_t incident_count;
	size_t proven;     /* of the incidents, certain or probable ones */
	double confidence; /* mean of the connections' */
	double share;      /* of all failures */
	bool has_timer;
	struct timer timer;
	struct load_figures load;         /* around these connections: */
	time_ns load_from, load_to;       /* from a minute before to a minute after them */
	uint64_t busy_refusals;           /* in that time, of any finding: refusals whose code speaks of load */
	const struct connection *example; /* the one that shows it best */
	struct citations causes;          /* of the catalogue, strongest first: set by case_decide */
};

struct findings {
	struct finding *findings; /* strongest first */
	size_t count;
};

/*
 * failures are the connections that failed, by any order; incidents and matches as align left them (none: count 0).
 * The findings point to failures, which must outlive them.
 */
struct findings findings_make(const struct connection *const *failures, size_t failure_count,
			      const struct incident *incidents, const struct match *matches, size_t incident_count,
			      const struct load *load);
void findings_free(struct findings *findings);

/* By what findings are ordered: more connections, more of them proven by the log, surer of the origin. */
double finding_strength(const struct finding *finding);

#endif
