/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole capture at a glance: failures, events and load in a column for each stretch of time. */
#ifndef MTASCOPE_REPORT_TREND_H
#define MTASCOPE_REPORT_TREND_H

#include "report/text.h"
#include "report/view.h"

void trend_draw(struct text *text, const struct view *view);

#endif
