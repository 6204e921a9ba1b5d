/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the inputs at hand cannot tell, and which capture would. */
#ifndef MTASCOPE_REPORT_LIMITS_H
#define MTASCOPE_REPORT_LIMITS_H

#include "report/phrase.h"
#include "report/view.h"

enum { LIMITS_MAX = 24 };

struct limits {
	struct words *says; /* a sentence each */
	size_t count;
};

void limits_make(struct limits *limits, const struct view *view);
void limits_free(struct limits *limits);

#endif
