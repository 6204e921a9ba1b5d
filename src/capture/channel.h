/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages from one process to another that it was forked from: they lie in memory that both share, chunk by chunk, and
 * two pipes say which chunks are full and which are free again. Who waits, waits for a pipe, so that the other's end is
 * seen whatever ended it.
 */
#ifndef MTASCOPE_CAPTURE_CHANNEL_H
#define MTASCOPE_CAPTURE_CHANNEL_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message and its eight bytes of head fit one chunk. */
enum { CHANNEL_CHUNK = 1 << 19, CHANNEL_MESSAGE = CHANNEL_CHUNK - 8, CHANNEL_CHUNKS = 64 };

struct channel {
	uint8_t *memory; /* NULL: not open */
	uint32_t chunks;
	int full[2], free[2]; /* pipes; -1: closed */
	/* The writer's: chunks that are free, and the one that it fills (chunks: none). */
	uint32_t stack[CHANNEL_CHUNKS], stacked;
	/* Both sides': the chunk at hand, how much of it is written or read, and for the reader how much there is. */
	uint32_t chunk;
	size_t at, end;
};

/* Makes a channel of so many chunks, at most CHANNEL_CHUNKS, before the fork. Returns 0 or an errno. */
int channel_open(struct channel *channel, uint32_t chunks);
void channel_close(struct channel *channel);

/* After the fork, each on its side. */
void channel_is_writers(struct channel *channel);
void channel_is_readers(struct channel *channel);

/*
 * Room for a message of length bytes, at most CHANNEL_MESSAGE, aligned to eight; it is sent with the next chunk. NULL:
 * the reader is gone.
 */
uint8_t *channel_put(struct channel *channel, uint32_t kind, size_t length);

/* Sends what was put. False: the reader is gone. */
bool channel_flush(struct channel *channel);

/*
 * The next message, which is valid until the next call. False: the writer is gone, or sent what is none. What stands in
 * the message is the writer's: it may change while it is read, and is to be checked.
 */
bool channel_take(struct channel *channel, uint32_t *kind, struct cursor *message);

#endif
