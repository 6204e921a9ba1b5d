/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The work of `mtascope bundle` and of `mtascope analyze --redact`, from closed inputs to a bag that is whole. */
#ifndef MTASCOPE_BUNDLE_RUN_H
#define MTASCOPE_BUNDLE_RUN_H

#include "evidence/bundle.h"

struct bundle_run {
	const char *const *captures, *const *logs;
	size_t capture_count, log_count;
	const char *output;    /* the bag's path; NULL: only its files are wanted */
	bag_archiver *archive; /* writes it where output is the name of an archive; may be NULL where it is NULL */
	const char *without;   /* said after an input that cannot be read */
	bool quiet;            /* no progress */
	/* Before the program is confined: opens what else is to be written. False, with a message, when it can't. */
	bool (*open)(void *user);
	/* The bag is whole. False, with a message, when what is made of it could not be written. */
	bool (*made)(void *user, const struct bag *bag);
	void *user; /* of the two, each of which may be NULL */
};

/* job tells all but its inputs and sets, which are the run's. Returns an exit status; what was wrong has been said. */
int bundle_run(const struct bundle_run *run, struct bundle_job *job);

#endif
