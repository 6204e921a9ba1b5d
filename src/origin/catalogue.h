/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The known faults, as data: what a cause is called, what it means, and the article that tells of it. */
#ifndef MTASCOPE_ORIGIN_CATALOGUE_H
#define MTASCOPE_ORIGIN_CATALOGUE_H

#include <stddef.h>

enum { CAUSE_REFERENCES = 4 };

struct cause {
	const char *name;
	const char *means;                        /* one sentence */
	const char *next_step;                    /* what to do or to capture next */
	const char *references[CAUSE_REFERENCES]; /* Microsoft article numbers; NULL ends them */
};

/* The cause of that name, or NULL. */
const struct cause *catalogue_find(const char *name);

#endif
