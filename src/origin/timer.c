/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/timer.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Fewer waits that agree are no pattern, and a timer accounts for at least this share of those that wait. */
enum { WAITS_NEEDED = 3 };
#define SHARE_NEEDED 0.4
/* Shorter waits are reactions, not timers. */
#define SHORTEST_S 0.9

struct known_timer {
	double seconds;
	enum milestone waits_for;
	const char *name;
};

/* Documented values; docs/method.md has their sources. */
static const struct known_timer known_timers[] = {
    {21, MILESTONE_OK, "connect timeout of Windows 2000 and later (21 s), if the client counts from its SYN"},
    {45, MILESTONE_OK, "connect timeout of Windows NT (45 s), if the client counts from its SYN"},
    {60, MILESTONE_OK, "RTS recovery timeout of the MTA (60 s by default)"},
    {75, MILESTONE_OK, "connect timeout of BSD systems (75 s), if the client counts from its SYN"},
    {120, MILESTONE_OK, "Disconnect timer of the MTA (120 s by default)"},
    {60, MILESTONE_BIND_RESULT, "RTS recovery timeout of the MTA (60 s by default)"},
    {120, MILESTONE_BIND_RESULT, "Disconnect timer of the MTA (120 s by default)"},
    {300, MILESTONE_BIND_RESULT, "association lifetime of the MTA (300 s by default)"},
};

struct wait {
	double seconds;
	const struct connection *connection;
};

static int compare(const void *a, const void *b)
{
	const struct wait *left = a;
	const struct wait *right = b;

	if (left->seconds != right->seconds)
		return left->seconds < right->seconds ? -1 : 1;
	return left->connection->id < right->connection->id ? -1 : left->connection->id > right->connection->id;
}

/* Timers of one length fire this close together: a clock tick, a round trip, a busy moment. */
static double tolerance(double seconds)
{
	return fmax(0.25, seconds * 0.01);
}

static enum milestone stage_of(const struct connection *connection)
{
	if (!moment_seen(&connection->milestones[MILESTONE_REQUEST]))
		return MILESTONE_REQUEST;
	if (connection->early_close || connection->outcome == OUTCOME_OK_LOST)
		return MILESTONE_OK;
	return moment_seen(&connection->milestones[MILESTONE_BIND_REQUEST]) ? MILESTONE_BIND_RESULT
									    : MILESTONE_BIND_REQUEST;
}

static const char *stage_text(enum milestone stage)
{
	switch (stage) {
	case MILESTONE_REQUEST:
		return "waiting for the request";
	case MILESTONE_OK:
		return "waiting for the OK response";
	case MILESTONE_BIND_REQUEST:
		return "waiting for the bind request";
	default:
		return "waiting for the bind result";
	}
}

static const char *known_name(double seconds, enum milestone stage)
{
	for (size_t i = 0; i < sizeof known_timers / sizeof known_timers[0]; i++)
		if (known_timers[i].waits_for == stage &&
		    fabs(seconds - known_timers[i].seconds) <= tolerance(known_timers[i].seconds))
			return known_timers[i].name;
	return NULL;
}

static size_t collect(const struct connection *const *connections, size_t count, struct wait *waits)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		double seconds = (double)connections[i]->wait_us / 1e6;
		if (connections[i]->wait_us >= 0 && seconds >= SHORTEST_S && connections[i]->close_by != SIDE_MIDDLEBOX)
			waits[found++] = (struct wait){seconds, connections[i]};
	}
	qsort(waits, found, sizeof *waits, compare);
	return found;
}

bool timer_find(const struct connection *const *connections, size_t count, struct timer *timer)
{
	struct wait *waits = memory_get((count + 1) * sizeof *waits);
	size_t found = collect(connections, count, waits);
	size_t best = 0;
	size_t best_count = 0;
	size_t end = 0;

	for (size_t start = 0; start < found; start++) {
		while (end < found && waits[end].seconds - waits[start].seconds <= 2 * tolerance(waits[start].seconds))
			end++;
		if (end - start > best_count) {
			best = start;
			best_count = end - start;
		}
	}
	bool fired = best_count >= WAITS_NEEDED && (double)best_count >= SHARE_NEEDED * (double)found;
	if (fired) {
		const struct wait *middle = &waits[best + best_count / 2];
		enum milestone stage = stage_of(middle->connection);
		*timer = (struct timer){.seconds = middle->seconds,
					.spread_s = waits[best + best_count - 1].seconds - waits[best].seconds,
					.owner = middle->connection->close_by,
					.stage = stage_text(stage),
					.known = known_name(middle->seconds, stage),
					.count = best_count};
	}
	free(waits);
	return fired;
}
