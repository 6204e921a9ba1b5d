/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts in a row by one client host to one service, up to the first that gets its OK: what the sending MTA really
 * waited. Attempts that run side by side are ladders of their own.
 */
#ifndef MTASCOPE_TIMELINE_LADDER_H
#define MTASCOPE_TIMELINE_LADDER_H

#include "base/moment.h"
#include "tcp/connection.h"

struct ladders;

struct ladder_place {
	uint32_t id, attempt; /* both count from 1 */
};

struct ladders *ladders_new(void);
void ladders_free(struct ladders *ladders);

/* A connection begins: its place. The connection must live until ladders_finished. */
struct ladder_place ladders_opened(struct ladders *ladders, const struct tcp_connection *connection);

/* The connection got its OK, or is freed. */
void ladders_ok(struct ladders *ladders, const struct tcp_connection *connection);
void ladders_finished(struct ladders *ladders, const struct tcp_connection *connection);

#endif
