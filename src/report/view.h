/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An analysis as a reader wants to look at it: failures in order of time, each with its incident; findings that say the
 * same of several outcomes taken together. */
#ifndef MTASCOPE_REPORT_VIEW_H
#define MTASCOPE_REPORT_VIEW_H

#include "analyze.h"

/* One failed connection and the incident that lines up with it best. */
struct failure {
	const struct connection *connection;
	const struct incident *incident; /* NULL: none */
	const struct match *match;
	size_t theme; /* index into view.themes */
};

/* Findings of one cause and one origin: their connections failed for one reason, if not at one stage. */
struct theme {
	const struct finding *finding; /* the strongest of them */
	size_t finding_count;
	uint64_t connections, outcomes[OUTCOMES];
	uint64_t incidents, proven;
	double confidence, strength, share;
	uint64_t acknowledged; /* connections whose request the server's TCP acknowledged before the close */
	uint64_t closed_by[4]; /* by enum side */
	int64_t wait_least_us, wait_most_us; /* of the side that closed; CONNECTION_NONE_US */
	int64_t wait_median_us;
	const struct refusal *refusal; /* what the server said; NULL: nothing */
	bool refusals_differ;
	const struct timer *timer; /* the one that most of the connections share; NULL */
	size_t server_count;
	struct address servers[4]; /* the first of them */
};

struct view {
	const struct analysis *analysis;
	struct failure *failures; /* by the time of their first packet */
	size_t failure_count;
	struct theme *themes; /* in the order of their strongest findings, so that the first is the summary's */
	size_t theme_count;
};

void view_make(struct view *view, const struct analysis *analysis);
void view_free(struct view *view);

/*
 * Which failures are told of one by one, where there is room for most of them: those already wanted, which may not be
 * more, then those with an incident, then of the others as many as there is room for, evenly. wanted has a place for
 * each failure. Returns how many there are.
 */
size_t view_choose(const struct view *view, size_t most, bool *wanted);

/* Whether the theme is the connection's. */
bool theme_holds(const struct theme *theme, const struct connection *connection);

/* When the last thing that is told of the failure happened: its close, an OK that came after it, its incident. */
time_ns failure_end(const struct failure *failure);

/* What would tell where an undetermined failure comes from. Static. */
const char *view_settles(const struct view *view, const struct connection *connection);

#endif
