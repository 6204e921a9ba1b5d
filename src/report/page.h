/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evidence as one HTML page that needs nothing else: to be attached to an escalation and looked at. */
#ifndef MTASCOPE_REPORT_PAGE_H
#define MTASCOPE_REPORT_PAGE_H

#include "analyze.h"
#include "report/exchanges.h"

#include <stdbool.h>
#include <stdio.h>

/* So many failures, and incidents, get a lane of their own; all are in the counts. */
enum { PAGE_FAILURES = 10000, PAGE_INCIDENTS = 10000 };

/*
 * Writes the page to out, which stays the caller's. exchanges are of the same analysis, and are finished. The same
 * analysis gives the same bytes. Returns false, with errno set, when it could not be written whole.
 */
bool page_write(FILE *out, const struct analysis *analysis, const struct exchanges *exchanges);

#endif
