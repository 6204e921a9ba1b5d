/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that write files have in common. */
#ifndef MTASCOPE_COMMAND_OUTPUT_H
#define MTASCOPE_COMMAND_OUTPUT_H

#include "report/json.h"

#include <stdbool.h>
#include <stdio.h>

/* path may be NULL: no output was asked for. */
bool is_stdout(const char *path);

/*
 * Whether none of the outputs (NULL: not wanted) is a file that is an input, under whatever name; says which is, before
 * anything is opened. Inputs that are not there, and pipes and devices, are no matter.
 */
bool outputs_spare_inputs(const char *const *outputs, size_t output_count, const char *const *inputs,
			  size_t input_count);

/* A file that an option asks for; path may be NULL: it does not. */
struct named_output {
	const char *option, *path;
};

/*
 * Whether no two of the outputs are one file; says which options name it, before anything is opened. Devices and pipes
 * may take several.
 */
bool outputs_differ(const struct named_output *outputs, size_t count);

/* Opens path to be written, - standard output. NULL, with a message on stderr, where it cannot be. */
FILE *open_output(const char *path);

/* Closes what open_output opened. False, with a message that calls it what, when it was not written whole. */
bool close_output(FILE *out, bool failed, const char *path, const char *what);

/*
 * At a command's end, with its exit status: what it printed may have nowhere to go. Returns the status, EXIT_INPUT with
 * a message where that was EXIT_DONE and is not true.
 */
int end_output(int status);

/* Begins records in out with the run's own. argv[0] is no option. Free json with json_free. */
void begin_records(struct json *json, FILE *out, int argc, char **argv);

/* The same for somebody else who wants the records too (NULL: nobody); out may then be NULL. */
void begin_records_for(struct json *json, FILE *out, json_hand_on *hand_on, void *user, int argc, char **argv);

#endif
