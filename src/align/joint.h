/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offset and lags together: a higher offset with shorter lags explains nearly the same, and how nearly is to be told.
 */
#ifndef MTASCOPE_ALIGN_JOINT_H
#define MTASCOPE_ALIGN_JOINT_H

#include "align/lag.h"
#include "align/residuals.h"
#include "align/search.h"

enum { JOINT_OFFSETS = 61 };

/* What the residuals leave of a line's offset: change k, in seconds, and the lags that go with it. */
struct joint {
	double more[JOINT_OFFSETS];
	double probability[JOINT_OFFSETS]; /* sum 1 */
	struct lag_model lags[JOINT_OFFSETS];
	double mean, sigma; /* of the change */
};

/*
 * Learns the lags anew at each offset around line's, from lag on. fixed: line's was given, and only its rounding is
 * unknown; learn: lags can be told at all, else lag stands for all.
 */
void joint_fit(const struct residuals *residuals, const struct offset_prior *prior, bool fixed, bool learn,
	       const struct clock_line *line, const struct lag_model *lag, struct joint *joint);

#endif
