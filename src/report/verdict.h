/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first sentence of a report: what happened, how often, where it comes from, and how sure that is. */
#ifndef MTASCOPE_REPORT_VERDICT_H
#define MTASCOPE_REPORT_VERDICT_H

#include "report/phrase.h"
#include "report/view.h"

enum verdict_kind {
	VERDICT_UNREADABLE, /* no packet could be read or decoded */
	VERDICT_NOTHING,    /* no connection to a watched port, or no packet at all */
	VERDICT_UNSEEN,     /* connections, but none whose start and answer are in the capture */
	VERDICT_HEALTHY,
	VERDICT_CUT_SHORT, /* every OK came in time, but messages did not get through whole */
	VERDICT_UNDECIDED, /* failures, but the capture cannot tell their origin */
	VERDICT_FAILURES
};

struct verdict {
	enum verdict_kind kind;
	struct words sentence; /* what happened */
	struct words origin;   /* "Origin: …, confidence …."; empty where nothing failed */
	struct words log;      /* what the event log has to say to it; empty where there is nothing to say */
	struct words next;     /* what to do; empty where there is nothing to do */
};

/* "FAILURES", "NO FAILURE": the verdict in a word or two. Static. */
const char *verdict_word(enum verdict_kind kind);

void verdict_make(struct verdict *verdict, const struct view *view);

#endif
