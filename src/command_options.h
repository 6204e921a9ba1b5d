/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands' options have in common: how they are read, those that several have, and what is said of a wrong
 * one. */
#ifndef MTASCOPE_COMMAND_OPTIONS_H
#define MTASCOPE_COMMAND_OPTIONS_H

#include "analyze.h"

#include <getopt.h>

enum parsed { PARSED_GO, PARSED_STOP, PARSED_WRONG };

/* Options without a letter that several commands have; a command's own begin at OPTION_OWN. */
enum {
	OPTION_OK = 256,
	OPTION_TZ,
	OPTION_CLOCK_OFFSET,
	OPTION_JSON,
	OPTION_CASE,
	OPTION_NO_CONTEXT,
	OPTION_REDACT,
	OPTION_REDACT_KEY,
	OPTION_OWN
};

struct command_line {
	const char *command;          /* its name */
	const char *help;             /* what -h and --help print; each command has them */
	const struct option *options; /* as getopt_long takes them; a val below 256 is the option's letter too */
};

/* Takes note of one option; value is NULL where the option has none. */
typedef enum parsed take_option(void *user, int option, const char *value);

/*
 * Reads the options of argv, of which argv[0] is overwritten, and hands each to take, up to the first that take does
 * not go on behind. What follows them begins at optind.
 */
enum parsed read_options(const struct command_line *line, int argc, char **argv, take_option *take, void *user);

/* Says on stderr what is wrong with the command line. Returns PARSED_WRONG. */
enum parsed wrong_option(const struct command_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What becomes of an option: problem is NULL, or what is wrong with its value, as it is said behind it. */
enum parsed option_taken(const struct command_line *line, const char *value, const char *problem);

/* The exit status of a command whose line was read so, and which is not to go on. */
int parsed_status(enum parsed parsed);

/*
 * Takes note of an option that decides what an analysis finds: 'p', 'm', OPTION_OK, OPTION_TZ or OPTION_CLOCK_OFFSET.
 * Returns NULL, or what is wrong with the value ("is no port: …"; static). analysis keeps the value, and its mtas have
 * room for *mta_capacity.
 */
const char *analysis_option(struct analysis_options *analysis, size_t *mta_capacity, int option, const char *value);

/* Where no port was named: RFC 1006's. */
void watch_usual_port(struct analysis_options *analysis);

#endif
