/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The causes of the catalogue that hold, with the signs that show them. */
#ifndef MTASCOPE_REPORT_CITED_H
#define MTASCOPE_REPORT_CITED_H

#include "analyze.h"
#include "report/text.h"

/* Writes the causes of the findings, and those beside them, to text; nothing where there is none. all: of all findings.
 */
void cited_draw(struct text *text, const struct analysis *analysis, bool all);

#endif
