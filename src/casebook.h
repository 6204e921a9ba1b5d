/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of live use on their way into a case (case/case.h): collected, and written together now and then, so that the
 * case is free for others in between, and whole whatever ends the program.
 */
#ifndef MTASCOPE_CASEBOOK_H
#define MTASCOPE_CASEBOOK_H

#include "timeline/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct casebook;

/*
 * Makes the case, or looks whether path is one that can be written, and begins a run there. NULL, with *error set to a
 * sentence that the caller frees. Later it is opened again each time, by the same name from the root on.
 */
struct casebook *casebook_open(const char *path, char **error);
void casebook_free(struct casebook *casebook);

/* The highest number of a connection that the case has. */
uint32_t casebook_last_connection(const struct casebook *casebook);

/*
 * Takes records as struct json hands them on; before a connection's, casebook_connection. user is the casebook. Those
 * of logs are left out: a case lines them up itself when it is given the log.
 */
void casebook_line(void *user, const char *text, size_t length);
void casebook_connection(void *user, const struct connection *connection);

/* Whether so much waits that it should be written at once. */
bool casebook_is_full(const struct casebook *casebook);

/*
 * Writes what waits; packets so far lie between first and last (TIME_NONE: there were none). Returns NULL, or why not,
 * valid until the next call: then it still waits, but for what there is no room for. That is counted. A case that
 * another program holds is waited for a moment only, but where this is the last time.
 */
const char *casebook_write(struct casebook *casebook, time_ns first, time_ns last, bool is_last);
uint64_t casebook_lost(const struct casebook *casebook);

#endif
