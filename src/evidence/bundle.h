/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything about a case in one bag: what was found, the packets and events that show it, and how to come to it. */
#ifndef MTASCOPE_EVIDENCE_BUNDLE_H
#define MTASCOPE_EVIDENCE_BUNDLE_H

#include "analyze.h"
#include "evidence/bag.h"
#include "evidence/excerpt.h"
#include "evidence/redact.h"

/* One file that goes in. */
struct bundle_input {
	const char *path;
	const char *name; /* the path's last part */
	uint64_t length;
	char sha256[SHA256_TEXT_SIZE];
};

struct bundle_job {
	struct bundle_input *captures, *logs;
	size_t capture_count, log_count;
	const char *filter;
	struct analysis_options analysis; /* without json, observer, judged and style */
	struct excerpt_options excerpt;
	const char *const *options; /* as they are to be recorded: one `--option=value` each */
	size_t option_count;
	/* To read the captures again: prepared (capture_set_prepare), and taken away; NULL: they are opened when
	 * needed. */
	struct capture_set *again[2];
	struct redactor *redactor; /* NULL: nothing is changed */
	const char *libpcap, *libnids;
};

/* Fills in name, length and sha256. Returns false, with errno set, when the file cannot be read. */
bool bundle_input_read(struct bundle_input *input);

/*
 * Analyses captures and log, which the job's inputs were read into (captures under their names, capture_set_call), and
 * puts all that a bundle has into bag, bag_finish included. Returns false with *error a sentence that the caller frees.
 */
bool bundle_make(const struct bundle_job *job, struct capture_set *captures, const struct event_log *log,
		 struct bag *bag, char **error);

#endif
