/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which captures a run writes parts of, and which it takes out of parts (capture/part.h). */
#ifndef MTASCOPE_PARTS_H
#define MTASCOPE_PARTS_H

#include "capture/part.h"
#include "tcp/tracker.h"

#include <stddef.h>

struct parts {
	struct capture_part *list; /* one for each capture */
	size_t count;
	char *folder; /* where parts are written; NULL: none are */
	/* What a list's elements point to. */
	char **texts;
	size_t text_count, text_capacity;
};

/* "2/4". False when text is no such share. */
bool parse_shard(const char *text, uint32_t *shard, uint32_t *shards);

/*
 * Each capture gets its part in folder, which is made: what is there and fits is taken in the place of the capture, the
 * others will be written. captures and filter must outlive parts. False, with a message, where that can't be.
 */
struct parts_request {
	const char *folder;
	uint32_t shard, shards;
	const char *const *captures;
	size_t count;
	const struct watched_ports *ports;
	const char *filter;
};
bool parts_plan(struct parts *parts, const struct parts_request *request);

/* Whether what was to be written is there; says what is not. */
bool parts_written(const struct parts *parts);

/*
 * The captures that these files are parts of, the shards of each together, in the order in which the first of each
 * stands; taken[i] says whether file i was taken: what looks like no part is left for logs. files must outlive parts.
 * False, with a message, where the parts do not go together, or where a file is something that must be made a part
 * first.
 */
bool parts_collect(struct parts *parts, const char *const *files, size_t count, bool *taken);

/* What the parts were made with; NULL: none of them can be read. */
const struct part_terms *parts_terms(const struct parts *parts);

/* A capture that can't be read again, since it is not where it was, or has changed; NULL: all can. */
const char *parts_without_capture(const struct parts *parts);

void parts_free(struct parts *parts);

#endif
