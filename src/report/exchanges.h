/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The failed connections packet by packet, as many as a page has room for: those that findings show as their example,
 * those that an incident tells of, then of the others evenly. Their packets take another reading of the captures.
 *
 *	exchanges = exchanges_new(analysis);
 *	exchanges_read(exchanges, captures);   or any other reading with exchanges_observer
 *	exchanges_finish(exchanges);
 *	page_write(out, analysis, exchanges);
 *	exchanges_free(exchanges);
 */
#ifndef MTASCOPE_REPORT_EXCHANGES_H
#define MTASCOPE_REPORT_EXCHANGES_H

#include "report/exchange.h"

/* So many connections; of each so many of the first packets, and of the last. */
enum { EXCHANGES_MOST = 300, EXCHANGES_ENDS = 100 };

struct exchanges {
	const struct analysis *analysis;
	struct timeline_observer observer;
	struct exchange *list; /* by id, rising */
	size_t count;
	uint64_t failed;    /* connections that there would be without a limit */
	const char *lacks;  /* why no captures were read again; static; NULL: they were */
	bool unopened;      /* they could be read twice, and could not be opened when it came to that */
	uint64_t differing; /* that have other packets now: the captures changed */
};

/* analysis must outlive the result. */
struct exchanges *exchanges_new(const struct analysis *analysis);
void exchanges_free(struct exchanges *exchanges);

/* Reads captures, which must be the analysis' and at their beginning. */
void exchanges_read(struct exchanges *exchanges, struct capture_set *captures);

/* The captures can't be read again: why, static. */
void exchanges_lack(struct exchanges *exchanges, const char *why);

/* The captures could not be opened again. */
void exchanges_unopened(struct exchanges *exchanges);

/* Call once, when all was read. A connection whose packets are not those that were analysed loses them. */
void exchanges_finish(struct exchanges *exchanges);

#endif
