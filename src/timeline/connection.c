/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timeline/connection.h"

int64_t moment_span_us(const struct moment *a, const struct moment *b)
{
	if (!moment_seen(a) || !moment_seen(b) || b->time < a->time)
		return CONNECTION_NONE_US;
	return (b->time - a->time) / NS_PER_US;
}

const char *side_name(enum side side)
{
	static const char *const names[] = {NULL, "client", "server", "middlebox"};

	return names[side];
}

const char *close_kind_name(enum close_kind kind)
{
	static const char *const names[] = {NULL, "fin", "rst", "dr", "abort", "icmp"};

	return names[kind];
}

const char *milestone_name(enum milestone milestone)
{
	static const char *const names[MILESTONES] = {"syn",          "synack",      "established", "request", "ok",
						      "bind_request", "bind_result", "first_data",  "close"};

	return names[milestone];
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOMES] = {
	    "partial", "syn-refused", "syn-unanswered", "handshake-unfinished", "no-request", "refused",
	    "late-ok", "ok-lost",     "no-ok",          "closed-after-ok",      "pending",    "ok"};

	return names[outcome];
}

const char *origin_name(enum origin origin)
{
	static const char *const names[ORIGINS] = {
	    NULL,     "server-application", "server-tcp",  "path-to-server", "path-to-client",
	    "client", "middlebox",          "undetermined"};

	return names[origin];
}
