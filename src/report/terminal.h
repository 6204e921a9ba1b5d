/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report for a person at a terminal: the verdict, what proves it, a timeline, and what cannot be told. */
#ifndef MTASCOPE_REPORT_TERMINAL_H
#define MTASCOPE_REPORT_TERMINAL_H

#include "analyze.h"
#include "report/text.h"

#include <stdio.h>

/*
 * What out can show: colour and the window's width where it is a terminal (NO_COLOR is heeded), plain elsewhere;
 * without a window as wide as COLUMNS says, or 80. Signs beyond ASCII where the locale has them.
 */
struct text_form terminal_form(FILE *out);

/* Writes the report to out, in the form of terminal_form. verbose 1 lists every failure. */
void report_terminal(FILE *out, const struct analysis *analysis, unsigned verbose);

/* The same in a form that the caller knows. */
void report_text(FILE *out, const struct analysis *analysis, const struct text_form *form, unsigned verbose);

#endif
