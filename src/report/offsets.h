/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the offset between the clocks rests on: how many events stand where a connection failed, at it and beside it. */
#ifndef MTASCOPE_REPORT_OFFSETS_H
#define MTASCOPE_REPORT_OFFSETS_H

#include "report/text.h"
#include "report/view.h"

/*
 * Draws a strip around the offset found, a second a column, and one around the next best, where there is one. Nothing
 * where there is no offset, or no room.
 */
void offsets_draw(struct text *text, const struct view *view);

#endif
