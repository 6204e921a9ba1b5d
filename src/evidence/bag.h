/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BagIt bag (RFC 8493) while it is made: a folder, a tar file, or only its files, to be compared with another's.
 *
 *	bag = bag_new(BAG_FOLDER, path, NULL);
 *	file = bag_begin(bag, "data/report.txt");  …  bag_end(bag);
 *	bag_finish(bag, &info);
 *	if (bag_error(bag) != NULL) …
 *	bag_free(bag);
 *
 * The same files make the same bytes: no clock, no user and no directory of this machine gets in.
 */
#ifndef MTASCOPE_EVIDENCE_BAG_H
#define MTASCOPE_EVIDENCE_BAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { SHA256_TEXT_SIZE = 65 };

/* Writes the SHA-256 of what in holds from its beginning, and its length. False, with errno set, when it cannot be
 * read. */
bool sha256_file(FILE *in, char *text, uint64_t *length);

enum bag_kind { BAG_FOLDER, BAG_ARCHIVE, BAG_FILES };

/* Whether the path ends so, as in ".tar.zst". */
bool bag_name_ends(const char *path, const char *end);

/* What a name means: an archive ends with .tar, .tar.gz or .tar.zst, everything else is a folder. */
enum bag_kind bag_kind_of(const char *path);

struct bag_file {
	char *name; /* within the bag */
	FILE *file;
	uint64_t length;
	char sha256[SHA256_TEXT_SIZE];
};

struct bag_info {
	const char *agent;       /* Bag-Software-Agent */
	const char *description; /* External-Description; one line */
	int64_t modified;        /* of the archive's entries, in seconds since 1970 */
};

struct bag;

/*
 * Writes files to descriptor as the archive that path's name tells of (bag_archive.h), in that order. False when it
 * cannot be written: error is NULL or owned by the caller, and errno set where it is NULL.
 */
typedef bool bag_archiver(int descriptor, const char *path, const struct bag_file *files, size_t count,
			  int64_t modified, char **error);

/*
 * Begins a bag at path; a folder is made and must not be there yet. BAG_FILES takes no path. Only BAG_ARCHIVE takes a
 * writer, so that who makes none needs no library for it. The result is never NULL.
 */
struct bag *bag_new(enum bag_kind kind, const char *path, bag_archiver *write);

/*
 * Raises, as far as it may be, how many files the program can have open, for a bag of so many: they stay open until it
 * is freed. bag_reserve does so itself; to be called before the program is confined.
 */
void bag_make_room(size_t count);

/*
 * Opens what will be needed while that is allowed: the folder within the folder; or the archive, which is left as it is
 * until it is written, and so many nameless files. bag_reserved gives paths by which these can be opened to be read.
 */
void bag_reserve(struct bag *bag, size_t count);
const char *const *bag_reserved(const struct bag *bag, size_t *count);

/* As bag_new was told. */
const char *bag_path(const struct bag *bag);

/* A file of the bag to be written; NULL when it cannot be. One at a time. */
FILE *bag_begin(struct bag *bag, const char *name);
bool bag_end(struct bag *bag);

/* Adds the manifests and bag-info.txt, and writes the archive. */
bool bag_finish(struct bag *bag, const struct bag_info *info);

/* A file that was ended, or NULL; files are in the order of their names after bag_finish. */
const struct bag_file *bag_find(const struct bag *bag, const char *name);
const struct bag_file *bag_files(const struct bag *bag, size_t *count);

/* The first failure, in a sentence; NULL: none. */
const char *bag_error(const struct bag *bag);

void bag_free(struct bag *bag);

#endif
