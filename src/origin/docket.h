/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that wait for their judgement. What failed is judged by what others got at that time, so a failure is
 * held back until that is known: for a bounded stretch of packet time, and a bounded number of them.
 */
#ifndef MTASCOPE_ORIGIN_DOCKET_H
#define MTASCOPE_ORIGIN_DOCKET_H

#include "origin/service.h"
#include "timeline/connection.h"

/* The connection is judged. One that failed is the callee's, to be freed with connection_free; others stay as they are.
 */
typedef void docket_judged(void *user, struct connection *connection);

struct docket;

struct docket *docket_new(const struct services *services, docket_judged *judged, void *user);
void docket_free(struct docket *docket);

/* A connection is finished. One that did not fail is judged during the call, one that did is kept (connection_keep). */
void docket_add(struct docket *docket, struct connection *connection);

/* Packet time has come so far: judges what has waited enough, in the order in which it came. */
void docket_time(struct docket *docket, time_ns now);

/* The latest time until which docket_time will judge nothing more, whatever packets come that are nobody's. */
time_ns docket_due(const struct docket *docket);

/* The captures are over: judges the rest. */
void docket_end(struct docket *docket);

#endif
