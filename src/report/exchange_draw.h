/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of one connection for a person at a terminal: client on the left, server on the right. */
#ifndef MTASCOPE_REPORT_EXCHANGE_DRAW_H
#define MTASCOPE_REPORT_EXCHANGE_DRAW_H

#include "report/exchange.h"
#include "report/text.h"

/* The exchange must be finished. several_captures: frames are told with their capture. */
void exchange_draw(struct text *text, const struct exchange *exchange, bool several_captures);

/*
 * What a row says, in three parts: the milestones that a packet is (false: none), what it holds, and what is wrong with
 * it, which begins with a space.
 */
bool exchange_say_milestones(struct text *text, const struct exchange_row *row);
void exchange_say(struct text *text, const struct exchange *exchange, const struct exchange_row *row);
void exchange_say_marks(struct text *text, const struct exchange_row *row);

#endif
