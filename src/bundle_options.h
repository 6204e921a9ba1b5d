/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bundle is made with: from the command line, and from the options that a bundle has recorded. */
#ifndef MTASCOPE_BUNDLE_OPTIONS_H
#define MTASCOPE_BUNDLE_OPTIONS_H

#include "command_options.h"
#include "evidence/bundle.h"

struct bundle_options {
	const char *output;
	const char **captures, **logs;
	size_t capture_count, capture_capacity, log_count, log_capacity;
	const char *filter;
	struct analysis_options analysis;
	size_t mta_capacity;
	struct exchange_wanted *wanted;
	size_t wanted_count, wanted_capacity;
	bool no_context;
	bool redact;
	const char *key; /* --redact-key: a file, or the words themselves; NULL: none */
	char **recorded; /* `--option=value`, owned: what the result depends on */
	size_t recorded_count, recorded_capacity;
};

/* Reads the command line of `mtascope bundle`; argv[0] is overwritten. Says on stderr what is wrong. */
enum parsed bundle_options_parse(struct bundle_options *options, int argc, char **argv);

/*
 * Reads recorded options, one a line, as a bundle has them, from which nobody knows whence it comes: none may name a
 * file. False when they are none that this program records.
 */
bool bundle_options_recorded(struct bundle_options *options, const char *text);

/* The job without its inputs; options must outlive it. */
struct bundle_job bundle_options_job(const struct bundle_options *options);

/* The redactor that was asked for, or NULL with *good set to whether none was. */
struct redactor *bundle_options_redactor(const struct bundle_options *options, bool *good);

/* Puts pseudonyms into the recorded options; and the other way round, into the job. */
void bundle_options_redact(struct bundle_options *options, const struct redactor *redactor);
void bundle_options_restore(struct bundle_options *options, const struct redactor *redactor, struct bundle_job *job);

/* How many files a bundle of so many logs has, or a few more: for bag_reserve. */
size_t bundle_files(size_t logs);

/*
 * Confines the program to reading its inputs and what bag has reserved, before the first of them is read; a folder's
 * files can still be made in it. False, with a message, when the work must not go on.
 */
bool confine_bundle(const struct bag *bag, const char *const *captures, size_t capture_count, const char *const *logs,
		    size_t log_count, bool is_folder);

void bundle_options_free(struct bundle_options *options);

#endif
