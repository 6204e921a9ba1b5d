/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule engine: which of the catalogue's causes hold, and on which signs. */
#ifndef MTASCOPE_ORIGIN_RULES_H
#define MTASCOPE_ORIGIN_RULES_H

#include "origin/catalogue.h"
#include "origin/sign.h"

/* A cause that holds for some subjects. */
struct citation {
	const struct cause *cause;
	bool shown;    /* all that the entry asks for was seen; else some of it could not be, and nothing speaks
			  against it */
	uint32_t *ids; /* the subjects', as they were given; owned by the citations */
	size_t count;
	uint64_t seen;   /* sign_bit()s, of any of them */
	uint64_t unseen; /* that would count, and that could not be seen */
};

struct citations {
	struct citation *list; /* strongest first */
	size_t count;
};

/*
 * Holds every entry of that scope against every subject. judged is the cause that the origin's rule gave them all, or
 * NULL. Free with citations_free.
 */
struct citations rules_apply(enum cause_scope scope, const char *judged, const struct subject *subjects, size_t count,
			     const struct log_sights *sights);
void citations_free(struct citations *citations);

#endif
