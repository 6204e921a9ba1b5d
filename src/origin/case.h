/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that the rules are held against, and what they find. */
#ifndef MTASCOPE_ORIGIN_CASE_H
#define MTASCOPE_ORIGIN_CASE_H

#include "origin/finding.h"
#include "origin/rules.h"
#include "origin/service.h"
#include "origin/subject.h"

enum { CASE_KEPT = 4096 };

/* Connections that did not fail and show something all the same: the first CASE_KEPT. */
struct case_notes {
	struct subject *subjects;
	size_t count, capacity;
};

/* Notes a connection that did not fail, if any entry may want it. */
void case_note(struct case_notes *notes, const struct connection *connection);
void case_notes_free(struct case_notes *notes);

struct case_files {
	const struct connection *const *failures;
	size_t failure_count;
	const struct case_notes *notes;
	const struct event_log *log;
	const struct match *matches;            /* one for each incident */
	const time_ns *event_times;             /* one for each event, on the capture's clock; TIME_NONE: no clock */
	const struct clock_estimate *of_source; /* one for each log */
	const struct services *services;
	const struct load *load;
	time_ns until; /* of the last packet */
};

/*
 * Sets the causes of each finding, and everywhere those that belong to no finding: what the capture shows beside its
 * failures, and of the incidents. Free the latter with citations_free; a finding frees its own.
 */
void case_decide(const struct case_files *files, struct findings *findings, struct citations *everywhere);

#endif
