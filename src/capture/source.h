/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures in: files read through libpcap, one or several merged by time. */
#ifndef MTASCOPE_CAPTURE_SOURCE_H
#define MTASCOPE_CAPTURE_SOURCE_H

#include "capture/segment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_problem {
	bool has_offset;
	uint64_t offset; /* bytes into the file */
	char *says;      /* one sentence, without the file's name */
};

/* What is told of one capture in its record. */
struct capture_info {
	const char *file; /* as given */
	const char *format;
	const char *link_type; /* libpcap's name, "EN10MB"; NULL when it could not be opened */
	int link;              /* DLT_…; -1 when it could not be opened */
	unsigned digits;       /* of its times */
	uint64_t packets;
	uint64_t cut_packets; /* shorter than they were on the wire */
	uint64_t bytes;       /* read so far */
	time_ns first, last;  /* the earliest and the latest packet; TIME_NONE without packets */
	bool complete;
	struct capture_problem *problems;
	size_t problem_count;
};

struct capture_set;

/*
 * Opens every path ("-" is standard input). filter is a libpcap filter expression, or NULL; a packet that it rejects is
 * counted but not given out, so that frame numbers stay those of the file. Returns NULL, with *error set to a sentence
 * that the caller frees, when the filter is wrong for a capture's link type; a file that can't be read does not stop
 * the others: its info says so.
 */
struct capture_set *capture_set_open(const char *const *paths, size_t count, const char *filter, char **error);
void capture_set_close(struct capture_set *set);

/*
 * The next packet of all captures by time; captures that agree on a time go in the order they were given. Within one
 * capture the order is the file's. Returns false at the end. packet->data is valid until the next call.
 */
bool capture_set_next(struct capture_set *set, struct packet *packet);

size_t capture_set_count(const struct capture_set *set);
const struct capture_info *capture_set_info(const struct capture_set *set, size_t index);

/* Adds a problem that only decoding could find. says is copied. */
void capture_set_note(struct capture_set *set, size_t index, const char *says);

#endif
