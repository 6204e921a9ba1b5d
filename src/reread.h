/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that were analysed, read once more by who wants their packets: connections have the ids that they had. */
#ifndef MTASCOPE_REREAD_H
#define MTASCOPE_REREAD_H

#include "analyze.h"

enum { REREADERS = 2 };

struct rereading {
	const struct timeline_observer *observers[REREADERS]; /* the first of them is told first; NULL: nobody */
	/* Each packet and what it holds, before the observers are told; both are there until the next. NULL: nobody. */
	void (*packet)(void *user, const struct packet *packet, const struct decode *parsed);
	void *user;
};

/* captures must be the same as analysis', with the same filter, and at their beginning. */
void reread(struct capture_set *captures, const struct analysis *analysis, const struct rereading *rereading);

#endif
