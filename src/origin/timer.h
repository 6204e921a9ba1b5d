/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_ORIGIN_TIMER_H
#define MTASCOPE_ORIGIN_TIMER_H

#include "origin/finding.h"

/*
 * Looks for a timer among the waits of connections that failed alike. Returns true, with *timer set, when enough of
 * them agree on one length.
 */
bool timer_find(const struct connection *const *connections, size_t count, struct timer *timer);

#endif
