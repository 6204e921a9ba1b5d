/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one run leaves to the next, in a small file that is written anew as a whole: the numbers of connections go on,
 * incidents are not warned of twice, and one that is logged after the restart finds the connection from before it.
 */
#ifndef MTASCOPE_LIVE_STATE_H
#define MTASCOPE_LIVE_STATE_H

#include "align/align.h"

#include <stdbool.h>
#include <stddef.h>

struct state {
	uint32_t connections; /* the highest id so far */
	struct align_connection *candidates;
	size_t candidate_count, candidate_capacity;
	uint64_t *told; /* told_key */
	size_t told_count, told_capacity;
};

enum { STATE_LINES = 1 << 16 };

/*
 * Reads the file into state, which state_free frees. Returns false where it is damaged, with what could be read; a file
 * that is not there is an empty state. Lines beyond STATE_LINES are left out.
 */
bool state_read(struct state *state, const char *path);

/* Writes it beside path, and then into its place. False with errno. */
bool state_write(const struct state *state, const char *path);
void state_free(struct state *state);

void state_add_candidate(struct state *state, const struct align_connection *candidate);
void state_add_told(struct state *state, uint64_t key);

#endif
