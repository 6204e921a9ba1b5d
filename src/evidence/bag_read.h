/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BagIt bag (RFC 8493) that somebody else made: a folder, or a tar file, compressed or not. Nothing of it is ever
 * written anywhere: names are compared, and files hashed as they come, with memory that does not grow with them.
 */
#ifndef MTASCOPE_EVIDENCE_BAG_READ_H
#define MTASCOPE_EVIDENCE_BAG_READ_H

#include "evidence/bag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BAG_FILES_MAX = 10000,  /* what has more is no bag of ours */
	BAG_NAME_MAX = 1024,    /* bytes of a file's name */
	BAG_KEPT_MAX = 4 << 20, /* bytes of a file that are kept: manifests, options */
	BAG_PROBLEMS_MAX = 100, /* told of; the rest is counted */
	BAG_FOLDERS_DEEP = 8
};

/* A file as it was found. */
struct bag_entry {
	char *name; /* within the bag */
	uint64_t length;
	char sha256[SHA256_TEXT_SIZE];
	char *kept; /* its bytes with a NUL behind them, where it is one of those that are kept; NULL */
	bool told;  /* a manifest names it */
};

struct bag_found {
	struct bag_entry *entries;
	size_t count, capacity;
	char **problems; /* sentences */
	size_t problem_count;
	uint64_t problems_left_off;
};

/*
 * Reads the bag at path and holds it against its manifests: RFC 8493 3, "valid", with SHA-256 as the algorithm. Returns
 * false when it could not be read at all; problems then says why, as it says what else is wrong. Free with
 * bag_found_free in any case.
 */
bool bag_read(const char *path, struct bag_found *found);
void bag_found_free(struct bag_found *found);

const struct bag_entry *bag_found_file(const struct bag_found *found, const char *name);

/* Opens one file of the bag to be read from its beginning, in a nameless temporary file; NULL when it is not there, or
 * has more than limit bytes. */
FILE *bag_open_file(const char *path, const char *name, uint64_t limit);

#endif
