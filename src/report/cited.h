/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The causes of the catalogue that hold, with the signs that show them. */
#ifndef MTASCOPE_REPORT_CITED_H
#define MTASCOPE_REPORT_CITED_H

#include "analyze.h"
#include "report/text.h"

/* Writes the causes of the findings, and those beside them, to text; nothing where there is none. all: of all findings.
 */
void cited_draw(struct text *text, const struct analysis *analysis, bool all);

/* Adds one of them to the line: what it is called, what it means, what shows it, what to do next. of: the finding's
 * connections, or 0. */
void cited_say(struct text *text, const struct citation *citation, size_t of);

#endif
