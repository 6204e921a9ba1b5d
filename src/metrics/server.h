/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers GET /metrics over HTTP: on this machine's loopback address, unless another is given. */
#ifndef MTASCOPE_METRICS_SERVER_H
#define MTASCOPE_METRICS_SERVER_H

#include "metrics/metrics.h"

struct metrics_server;

/*
 * Listens on that address and port (family 0: 127.0.0.1; port 0: any that is free). metrics is read whenever somebody
 * asks, in metrics_server_run, and must outlive the server. No thread is made. NULL, with errno, where it cannot
 * listen. After the drop of confine/confine.h it goes on with `serves`.
 */
struct metrics_server *metrics_server_open(const struct endpoint *at, const struct metrics *metrics);
void metrics_server_close(struct metrics_server *server);

uint16_t metrics_server_port(const struct metrics_server *server);

/* Becomes readable when there is something to do: for poll. */
int metrics_server_descriptor(const struct metrics_server *server);

/* Does what there is to do, without waiting; also to be called once in a while, so that silent clients are let go. */
void metrics_server_run(struct metrics_server *server);

#endif
