/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which line takes the event clock to the capture clock, and how likely chance alone would draw one as good. */
#ifndef MTASCOPE_ALIGN_CLOCK_H
#define MTASCOPE_ALIGN_CLOCK_H

#include "align/anchors.h"
#include "align/fit.h"
#include "align/lag.h"
#include "align/scene.h"

struct clock_found {
	bool accepted;
	struct clock_line line;
	struct kernel kernel; /* of the residuals, the line's own uncertainty included */
	struct line_doubt doubt;
	double certainty;               /* probability of this line against its rivals */
	double p_chance;                /* NAN: not asked */
	double runner_up;               /* offset at capture_first; NAN: none */
	uint32_t anchors[ANCHOR_KINDS]; /* that stand where the line puts them; incidents are not counted here */
	double evidence;                /* log likelihood ratio over chance */
};

/*
 * Finds the clock of events (those of one clock) against the closes, and of their anchors against their marks. Always
 * fills found; accepted is false when there is nothing to line up on, chance would do as well, or a rival is as good.
 * With options->has_offset it is that offset, accepted, and only the kernel is learnt.
 */
void clock_find(const struct closes *closes, const struct seconds *seconds, const struct anchors *anchors,
		const struct align_options *options, struct clock_found *found);

#endif
