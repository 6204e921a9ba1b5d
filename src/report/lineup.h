/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the event log's clock lines up with the capture's, and how sure each event's connection is. */
#ifndef MTASCOPE_REPORT_LINEUP_H
#define MTASCOPE_REPORT_LINEUP_H

#include "report/text.h"
#include "report/view.h"

void lineup_draw(struct text *text, const struct view *view, bool all);

#endif
