/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The failures as a table, and what proves one of them. */
#ifndef MTASCOPE_REPORT_LISTING_H
#define MTASCOPE_REPORT_LISTING_H

#include "report/text.h"
#include "report/view.h"

/* Failures by theme; all of them, or the first of the first themes with a word on how many are left out. */
void listing_draw(struct text *text, const struct view *view, bool all);

/* The evidence for the failure that shows the theme best: sentences with their frames, and how to look them up. */
void listing_prove(struct text *text, const struct view *view, const struct theme *theme);

#endif
