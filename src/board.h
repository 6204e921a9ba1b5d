/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The present, drawn for a person who looks at it now and then: what mtascope live --view shows. */
#ifndef MTASCOPE_BOARD_H
#define MTASCOPE_BOARD_H

#include "live/recent.h"
#include "live/ring.h"
#include "live/warn.h"
#include "report/records.h"
#include "report/text.h"

/* Plain values and what others keep; nothing here is the board's own. */
struct board {
	time_ns now, since; /* packet time; since when it is watched */
	const char *interfaces;
	uint64_t packets, dropped, cut;
	uint64_t waiting;      /* for the OK, now */
	time_ns longest;       /* that one of them has waited for; 0: none, or not known */
	uint64_t alive, final; /* connections that are followed; that have their records */
	uint64_t early_closes;
	const uint64_t *origins; /* ORIGINS of them: failures by origin */
	const struct recent *recent;
	const struct let_go *let_go;
	uint64_t memory, memory_limit; /* bytes */
	const char *ring_folder;       /* NULL: no packets are kept */
	struct ring_counts ring;
	uint64_t records_lost;
	bool has_log;
	uint64_t events, incidents, matched;                /* matched: certainly or probably */
	double clock_offset_s;                              /* NAN: not known */
	const struct warning *incident_warnings, *warnings; /* the oldest first */
	size_t incident_warning_count, warning_count;
};

/*
 * Draws it into about so many lines of the text's width: of what happened last as much is told as there is room for,
 * but the figures are always there.
 */
void board_draw(struct text *text, const struct board *board, unsigned lines);

#endif
