/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would logs and captures that have nothing in common line up as well? */
#ifndef MTASCOPE_ALIGN_CHANCE_H
#define MTASCOPE_ALIGN_CHANCE_H

#include "align/search.h"

/*
 * What a line's evidence is worth. Were logs and capture strangers, each cluster of events could as well stand some
 * seconds earlier or later, independently of the others; of what the evidence would then be the tail is known. Steps of
 * the tail: up to evidence[k] the natural logarithm of "one in so many" is rarity[k].
 */
enum { RARITY_STEPS = 18 };

struct strangers {
	double evidence[RARITY_STEPS], rarity[RARITY_STEPS];
	double events; /* event seconds inside the capture */
	double shape;  /* to be added to a rarity: bursts that last as long as the closes' */
};

/*
 * stride is as for evidence_at. beat: where the closes repeat themselves, throws keep that; it costs more.
 */
void strangers_model(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
		     const struct candidate *candidate, size_t stride, bool beat, struct strangers *strangers);

/* How rare evidence this high is among strangers, at one offset picked without looking; at least 0. */
double strangers_rarity(const struct strangers *strangers, double evidence);

/*
 * The same with the parts exchanged: the closes are thrown about and the events stand. It knows of closes without an
 * event what the other way round cannot be seen.
 */
double strangers_reverse(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
			 const struct clock_line *line, bool beat);

/*
 * The probability (at most 1) that a line as rare and as near to a zone as the first candidate's arises at any offset
 * by chance. The candidates stand best first and have their rarities.
 */
double chance_of(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		 const struct kernel *kernel, const struct candidate *candidates, size_t candidate_count,
		 size_t stride);

#endif
