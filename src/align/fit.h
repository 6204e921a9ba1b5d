/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a rough line to the exact one: offset, drift and lags are estimated in turn from the residuals. */
#ifndef MTASCOPE_ALIGN_FIT_H
#define MTASCOPE_ALIGN_FIT_H

#include "align/search.h"

/*
 * Improves line (by a second or two at most; with fixed not at all) and builds the kernel of its residuals, blurred by
 * what stays unknown of the clock.
 */
void fit_line(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior, bool fixed,
	      struct clock_line *line, struct kernel *kernel);

#endif
