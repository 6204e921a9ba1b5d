/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the offset between the clocks rests on: how many events stand where a connection failed, at it and beside it. */
#ifndef MTASCOPE_REPORT_OFFSETS_H
#define MTASCOPE_REPORT_OFFSETS_H

#include "report/text.h"
#include "report/view.h"

enum { OFFSET_COLUMNS = 61, OFFSET_STRIPS = 2 };

/* Seconds around an offset, that in the middle; of each, how many events would stand at the end of a failure. */
struct offset_strip {
	double middle_s; /* added to the offset that was found */
	uint32_t counts[OFFSET_COLUMNS];
};

struct offsets {
	unsigned columns; /* odd */
	unsigned count;   /* of strips: the offset found, and the next best where that is not in the first */
	unsigned next;    /* the first strip's column of the next best offset; columns: none */
	uint32_t highest;
	struct offset_strip strips[OFFSET_STRIPS];
};

/* At most so many columns. False: there is no offset, or no event at any. */
bool offsets_make(struct offsets *offsets, const struct analysis *analysis, unsigned columns);

/*
 * Draws a strip around the offset found, a second a column, and one around the next best, where there is one. Nothing
 * where there is no offset, or no room.
 */
void offsets_draw(struct text *text, const struct view *view);

#endif
