/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a rough line to the exact one: offset, drift and lags are estimated in turn from the residuals. */
#ifndef MTASCOPE_ALIGN_FIT_H
#define MTASCOPE_ALIGN_FIT_H

#include "align/search.h"

/* What stays unknown of a line: the middle 95 % of its offset at the line's middle, and its drift's standard deviation.
 */
struct line_doubt {
	double low, high; /* seconds, as a change of line.offset */
	double drift;     /* without unit */
};

/*
 * Improves line (by a second or two at most; with fixed not at all) and builds the kernel of its residuals, blurred by
 * what stays unknown of the clock, which doubts tells.
 */
void fit_line(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior, bool fixed,
	      struct clock_line *line, struct kernel *kernel, struct line_doubt *doubts);

#endif
