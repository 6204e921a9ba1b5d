/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events other than incidents that tell of the clock, each kind held against what stands on the wire for it. */
#ifndef MTASCOPE_ALIGN_ANCHORS_H
#define MTASCOPE_ALIGN_ANCHORS_H

#include "align/lag.h"
#include "align/scene.h"

/* Events of one kind and party, and their marks in the place of closes. */
struct anchor_scene {
	enum anchor_kind kind;
	struct closes marks; /* neither start nor order nor server */
	struct seconds seconds;
};

struct anchors {
	struct anchor_scene *scenes;
	size_t count, capacity;
};

/* The anchors of one log, or of all, of those that have a mark at all. capture tells from when to when it reaches. */
void anchors_make(struct anchors *anchors, const struct align_options *options, const struct closes *capture, bool all,
		  uint32_t source);
void anchors_free(struct anchors *anchors);

/* The sum of evidence_at over all scenes. */
double anchors_evidence(const struct anchors *anchors, const struct kernel *kernel, const struct clock_line *line);

/* How seldom strangers' anchors would stand as well at this very line: minus the logarithm of the probability. */
double anchors_rarity(const struct anchors *anchors, const struct kernel *kernel, const struct clock_line *line);

/* Adds to counts, of ANCHOR_KINDS, the events that stand where the line puts a mark of theirs; returns how many. */
uint32_t anchors_standing(const struct anchors *anchors, const struct kernel *kernel, const struct clock_line *line,
			  uint32_t *counts);

#endif
