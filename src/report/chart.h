/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failed connections drawn over time: one lane each, the event log's 4283 above them on the same axis. */
#ifndef MTASCOPE_REPORT_CHART_H
#define MTASCOPE_REPORT_CHART_H

#include "report/text.h"
#include "report/view.h"

enum { CHART_LANES = 20 };

/* Draws the first theme's failures, and where there is room others of that time; says what it leaves out. */
void chart_draw(struct text *text, const struct view *view);

/* Draws every failure, some at a time, each time with an axis of its own. */
void chart_draw_all(struct text *text, const struct view *view);

#endif
