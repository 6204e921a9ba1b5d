/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps to a beat: where one cluster of events stands at a close, the beat brings the next ones to others. */
#ifndef MTASCOPE_ALIGN_BEAT_H
#define MTASCOPE_ALIGN_BEAT_H

#include "align/lag.h"
#include "align/scene.h"

/* Neighbouring events under some line. gain and close are written by beat_stand. */
struct beat_cluster {
	const double *place; /* seconds since capture_first on the capture's clock */
	const float *worth;
	size_t count;
	double gain;  /* what they gain where they stand */
	double close; /* that one of them follows best; NAN: none */
};

/* What evidence is reckoned with, as evidence_at does. */
struct beat_scene {
	const struct closes *closes;
	const struct kernel *kernel;
	double gap, share;
};

void beat_stand(const struct beat_scene *scene, struct beat_cluster *cluster);

enum { BEAT_PLACES = 98 };

/*
 * What a cluster would gain if an earlier one stood at other closes, both moved alike: writes up to BEAT_PLACES gains
 * and returns how many; 0 if it meets closes no more often than usual, which is the share of all places at which it
 * gains half of what it has.
 */
size_t beat_gains(const struct beat_scene *scene, const struct beat_cluster *earlier,
		  const struct beat_cluster *cluster, double usual, double *gains);

#endif
