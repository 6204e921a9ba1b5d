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

struct ladders *ladders_new(void);
void ladders_free(struct ladders *ladders);

/* A connection begins: sets its place, which counts from 1. The connection must live until ladders_finished. */
void ladders_opened(struct ladders *ladders, struct tcp_connection *connection);

/* The connection got its OK, or is freed. */
void ladders_ok(const struct tcp_connection *connection);
void ladders_finished(const struct tcp_connection *connection);

#endif
