/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of lines that grows without an end: cut into pieces by size, FILE.1 being the piece before, and whole lines
 * alone, also where the disk is full or the program was killed.
 */
#ifndef MTASCOPE_LIVE_ROTATE_H
#define MTASCOPE_LIVE_ROTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct rotated;

/* What became of writing: full true when lines begin to be lost, false when they are written again; lost: lines. */
typedef void rotated_told(void *user, bool full, uint64_t lost, int error);

/*
 * Opens path to be added to, and cuts off a line that is not whole (its writer was killed). size 0: it is never cut
 * into pieces; pieces: so many besides FILE are kept. NULL with errno when it can't be opened.
 */
struct rotated *rotated_open(const char *path, uint64_t size, unsigned pieces, rotated_told *told, void *user);
void rotated_close(struct rotated *rotated);

/*
 * Where lines go: unbuffered, so that each fwrite is one write. What is handed over must be whole lines. It never
 * fails: lines that cannot be written are counted.
 */
FILE *rotated_stream(struct rotated *rotated);

/* Lines that could not be written, since the beginning. */
uint64_t rotated_lost(const struct rotated *rotated);

/* Not a pipe or a terminal. */
bool rotated_is_file(const struct rotated *rotated);

/* Whether FILE is as large as it may be. */
bool rotated_is_due(const struct rotated *rotated);

/*
 * Renames the pieces one on, and begins FILE anew; each name is at every moment that of a whole piece. Where FILE is
 * gone the pieces stay, and it is only begun. False with errno where that fails: FILE then grows on, under whatever
 * name it has.
 */
bool rotated_turn(struct rotated *rotated);

/* Opens path again, where somebody else has renamed it. False with errno: the file stays as it is. */
bool rotated_reopen(struct rotated *rotated);

#endif
