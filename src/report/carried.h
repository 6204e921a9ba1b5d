/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages, probes and reports that were on their way when their connection ended. */
#ifndef MTASCOPE_REPORT_CARRIED_H
#define MTASCOPE_REPORT_CARRIED_H

#include "analyze.h"
#include "report/text.h"

/* Nothing where none was; otherwise the first few, or all that are kept. */
void carried_draw(struct text *text, const struct analysis *analysis, bool all);

#endif
