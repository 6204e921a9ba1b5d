/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The known faults, as data: what a cause is called, what it means, and the article that tells of it. */
#ifndef MTASCOPE_ORIGIN_CATALOGUE_H
#define MTASCOPE_ORIGIN_CATALOGUE_H

#include "origin/sign.h"

#include <stdbool.h>
#include <stddef.h>

enum { CAUSE_REFERENCES = 4, CAUSE_SIGNS = 6 };

/* What an entry is held against. */
enum cause_scope {
	CAUSE_OF_FAILURES,    /* the connections of a finding */
	CAUSE_OF_CONNECTIONS, /* every connection, those that did not fail too */
	CAUSE_OF_INCIDENTS,   /* incidents */
	CAUSE_OF_CAPTURE      /* the capture as a whole */
};

/* Static text, all of it. The data are in causes.def, which tells what each field holds. */
struct cause {
	const char *name;
	const char *means;                        /* one sentence */
	const char *wire;                         /* its signs in a capture */
	const char *log;                          /* its signs in the MTA's log; NULL: none is known */
	const char *excluded;                     /* what rules it out */
	const char *next_step;                    /* what to do or to capture next */
	const char *references[CAUSE_REFERENCES]; /* Microsoft article numbers; NULL ends them early */
	const char *sample, *near_miss;           /* captures without their suffix; NULL: there is none */
	/* What the rules look for; SIGN_NONE ends a list early. */
	size_t least; /* subjects for which it must hold; 0: one */
	enum cause_scope scope;
	enum sign needs[CAUSE_SIGNS];        /* all of them, each on the same connection or incident */
	enum sign supported_by[CAUSE_SIGNS]; /* told where seen */
	enum sign excluded_by[CAUSE_SIGNS];  /* none of them */
	bool named;                          /* by a rule of judge.c */
	bool only_shown;                     /* not told as what may be, where a sign could not be seen */
};

/* The cause of that place in the catalogue, from 0; NULL after the last. */
const struct cause *catalogue_at(size_t index);

/* The cause of that name, or NULL. */
const struct cause *catalogue_find(const char *name);

#endif
