/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timeline/outcome.h"

static const struct moment *at(const struct connection *connection, enum milestone milestone)
{
	return &connection->milestones[milestone];
}

static bool seen(const struct connection *connection, enum milestone milestone)
{
	return moment_seen(at(connection, milestone));
}

/*
 * Whether the OK came when the end had already begun. A server's own FIN lies behind its OK in the stream, so that an
 * OK that the tap saw later than that FIN was only out of order.
 */
static bool ok_is_late(const struct connection *connection)
{
	const struct moment *ok = at(connection, MILESTONE_OK);
	const struct moment *close = at(connection, MILESTONE_CLOSE);

	if (!moment_seen(ok) || !moment_seen(close))
		return false;
	if (connection->close_how == CLOSE_FIN && connection->close_by == SIDE_SERVER)
		return false;
	if (ok->time != close->time)
		return ok->time > close->time;
	return ok->capture == close->capture && ok->frame > close->frame;
}

static bool ok_is_lost(const struct connection *connection)
{
	const struct delivery *ok = &connection->facts.ok;
	const struct moment *close = at(connection, MILESTONE_CLOSE);

	if (!ok->set || !moment_seen(close) || !moment_seen(&ok->first_repeat) || ok->first_repeat.time > close->time)
		return false;
	return !moment_seen(&ok->acked) || ok->acked.time > close->time;
}

static bool by_the_close(const struct connection *connection, const struct moment *moment)
{
	return moment_seen(moment) && moment->time <= at(connection, MILESTONE_CLOSE)->time;
}

/*
 * Whether the server gave anything that follows the OK: a bind's result, or whatever it sends where there is no bind.
 * What the snap length cut off is taken for the result, since something came.
 */
static bool went_on_after_ok(const struct connection *connection)
{
	const struct facts *facts = &connection->facts;
	bool readable = facts->cut[FROM_CLIENT] == 0 && facts->cut[FROM_SERVER] == 0;

	if (by_the_close(connection, at(connection, MILESTONE_BIND_RESULT)))
		return true;
	if (seen(connection, MILESTONE_BIND_REQUEST) && readable)
		return false;
	return by_the_close(connection, &facts->more) || by_the_close(connection, &facts->first_dt[FROM_SERVER]);
}

/* A request that the tap saw after the first sign of the end came too late to be one. */
static bool asked_before_close(const struct connection *connection)
{
	const struct moment *request = at(connection, MILESTONE_REQUEST);

	return moment_seen(request) && request->time <= at(connection, MILESTONE_CLOSE)->time;
}

bool outcome_refused_in_time(const struct connection *connection)
{
	const struct moment *close = at(connection, MILESTONE_CLOSE);

	if (!connection->refusal.set || !moment_seen(close))
		return connection->refusal.set;
	return (connection->close_how == CLOSE_FIN && connection->close_by == SIDE_SERVER) ||
	       connection->refusal.moment.time <= close->time;
}

static enum outcome outcome_of(const struct connection *connection)
{
	const struct facts *facts = &connection->facts;
	bool closed = seen(connection, MILESTONE_CLOSE);

	if (!seen(connection, MILESTONE_SYN) || facts->answer_never_seen)
		return OUTCOME_PARTIAL;
	if (!seen(connection, MILESTONE_SYNACK) && !seen(connection, MILESTONE_ESTABLISHED))
		return facts->refusals > 0 ? OUTCOME_SYN_REFUSED : OUTCOME_SYN_UNANSWERED;
	if (!seen(connection, MILESTONE_ESTABLISHED))
		return OUTCOME_HANDSHAKE_UNFINISHED;
	if (closed && !asked_before_close(connection) && !seen(connection, MILESTONE_OK))
		return OUTCOME_NO_REQUEST;
	if (connection->refusal.set)
		return OUTCOME_REFUSED;
	if (ok_is_late(connection))
		return OUTCOME_LATE_OK;
	if (ok_is_lost(connection))
		return OUTCOME_OK_LOST;
	if (closed && !seen(connection, MILESTONE_OK))
		return OUTCOME_NO_OK;
	if (closed && !went_on_after_ok(connection))
		return OUTCOME_CLOSED_AFTER_OK;
	if (!seen(connection, MILESTONE_OK))
		return OUTCOME_PENDING;
	return OUTCOME_OK;
}

/* What the closing side had last done that called for an answer, and that was still unanswered when it closed. */
static const struct moment *waited_since(const struct connection *connection, enum side side)
{
	if (!seen(connection, MILESTONE_ESTABLISHED))
		return NULL;
	bool ok = seen(connection, MILESTONE_OK) && !ok_is_late(connection) && connection->outcome != OUTCOME_OK_LOST;
	if (side == SIDE_CLIENT) {
		if (!seen(connection, MILESTONE_REQUEST))
			return NULL;
		if (!ok && !moment_seen(&connection->facts.confirm))
			return at(connection, MILESTONE_REQUEST);
		if (!ok && connection->outcome != OUTCOME_NO_OK)
			return at(connection, MILESTONE_REQUEST);
		if (seen(connection, MILESTONE_BIND_REQUEST))
			return seen(connection, MILESTONE_BIND_RESULT) ? NULL : at(connection, MILESTONE_BIND_REQUEST);
		return moment_seen(&connection->facts.first_dt[FROM_SERVER]) ? NULL
									     : &connection->facts.first_dt[FROM_CLIENT];
	}
	if (!seen(connection, MILESTONE_REQUEST))
		return at(connection, MILESTONE_ESTABLISHED);
	if (!ok)
		return at(connection, MILESTONE_REQUEST);
	if (!moment_seen(&connection->facts.first_dt[FROM_CLIENT]))
		return at(connection, MILESTONE_OK);
	return NULL;
}

void outcome_decide(struct connection *connection)
{
	const struct moment *close = at(connection, MILESTONE_CLOSE);
	const struct moment *ok = at(connection, MILESTONE_OK);

	connection->outcome = outcome_of(connection);
	connection->early_close = moment_seen(close) && (!moment_seen(ok) || ok_is_late(connection));
	connection->wait_us = CONNECTION_NONE_US;
	if (!moment_seen(close) || connection->outcome == OUTCOME_PARTIAL)
		return;
	enum side side = connection->facts.close_side == FROM_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
	const struct moment *since = waited_since(connection, side);
	if (since != NULL)
		connection->wait_us = moment_span_us(since, close);
}
