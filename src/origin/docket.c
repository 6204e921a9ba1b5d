/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/docket.h"

#include "base/memory.h"
#include "origin/judge.h"
#include "timeline/timeline.h"

#include <stdlib.h>

/* The rules look a minute past a failure; a second more, since what others got is kept by whole seconds. */
#define HOLD (61 * NS_PER_S)
/* Where the tap stands must be known too; a capture in which hardly anything is answered won't tell it soon. */
#define HOLD_FOR_TAP (3600 * NS_PER_S)

#define HOLD_SET_BACK (600 * NS_PER_S)

enum { HELD_MAX = 8192, HANDSHAKES_ENOUGH = 20 };

struct docket {
	const struct services *services;
	docket_judged *judged;
	void *user;
	struct connection *held[HELD_MAX]; /* a ring */
	size_t first, count;
	time_ns since; /* the last packet's of the first that is held, where one is */
};

struct docket *docket_new(const struct services *services, docket_judged *judged, void *user)
{
	struct docket *docket = memory_get_zeroed(1, sizeof *docket);

	docket->services = services;
	docket->judged = judged;
	docket->user = user;
	return docket;
}

static struct connection *take_first(struct docket *docket)
{
	struct connection *connection = docket->held[docket->first];

	docket->first = (docket->first + 1) % HELD_MAX;
	docket->count--;
	if (docket->count > 0)
		docket->since = docket->held[docket->first]->last.time;
	return connection;
}

static void decide(struct docket *docket, struct connection *connection)
{
	judge(connection, docket->services);
	docket->judged(docket->user, connection);
}

void docket_free(struct docket *docket)
{
	free(docket);
}

void docket_add(struct docket *docket, struct connection *connection)
{
	bool failed = connection->outcome != OUTCOME_OK && connection->outcome != OUTCOME_PARTIAL &&
		      connection->outcome != OUTCOME_PENDING;

	if (!failed) {
		decide(docket, connection);
		return;
	}
	if (docket->count == HELD_MAX)
		decide(docket, take_first(docket));
	docket->held[(docket->first + docket->count) % HELD_MAX] = connection_keep(connection);
	if (docket->count++ == 0)
		docket->since = connection->last.time;
}

/* How long the first that is held may still learn something. */
static time_ns hold(const struct docket *docket)
{
	return services_handshakes(docket->services) < HANDSHAKES_ENOUGH ? HOLD_FOR_TAP : HOLD;
}

static bool first_waits(const struct docket *docket, time_ns now)
{
	time_ns since = now - docket->since;

	/* Far ahead of now is what happened before the clock was set back: no more will be known of that time. */
	return since >= -HOLD_SET_BACK && since < hold(docket);
}

/* Seldom: not among what every packet takes. */
static __attribute__((noinline)) void decide_ripe(struct docket *docket, time_ns now)
{
	while (docket->count > 0 && !first_waits(docket, now))
		decide(docket, take_first(docket));
}

void docket_time(struct docket *docket, time_ns now)
{
	/* It waits so long in any case. */
	if (docket->count > 0 && (uint64_t)(now - docket->since) >= HOLD)
		decide_ripe(docket, now);
}

time_ns docket_due(const struct docket *docket)
{
	return docket->count == 0 ? INT64_MAX : docket->since + hold(docket) - 1;
}

void docket_end(struct docket *docket)
{
	while (docket->count > 0)
		decide(docket, take_first(docket));
}
