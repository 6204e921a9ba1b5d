/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages from one process to another that it was forked from: they lie in memory that both share, chunk by chunk, and
 * two pipes say which chunks are full and which are free again. Who waits, waits for a pipe, so that the other's end is
 * seen whatever ended it. Waking a process costs more than handing over many a packet, so that chunks that are free
 * again are told of several at a time.
 *
 * A chunk's messages begin at its front, so that they lie close together; long bytes that a message speaks of stand at
 * its end.
 */
#ifndef MTASCOPE_CAPTURE_CHANNEL_H
#define MTASCOPE_CAPTURE_CHANNEL_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A message and its eight bytes of head fit one chunk. */
enum { CHANNEL_CHUNK = 1 << 19, CHANNEL_MESSAGE = CHANNEL_CHUNK - 8, CHANNEL_CHUNKS = 64 };

struct channel {
	uint8_t *memory; /* NULL: not open */
	uint32_t chunks;
	int full[2], free[2]; /* pipes; -1: closed */
	/* The writer's: chunks that are free, and the one that it fills (chunks: none). */
	uint32_t stack[CHANNEL_CHUNKS], stacked;
	/*
	 * Both sides': the chunk at hand, and how much of it is written or read. end is where its bytes begin (the
	 * writer's), or how much there is to be read.
	 */
	uint32_t chunk;
	size_t at, end;
	/* The reader's: chunks that are full, from came on, and those that are free and not yet told of. */
	struct channel_full {
		uint32_t chunk, length;
	} fulls[CHANNEL_CHUNKS];
	size_t came, full_count;
	uint32_t freed[CHANNEL_CHUNKS], freed_count;
};

/* Makes a channel of so many chunks, at most CHANNEL_CHUNKS, before the fork. Returns 0 or an errno. */
int channel_open(struct channel *channel, uint32_t chunks);
void channel_close(struct channel *channel);

/* After the fork, each on its side. */
void channel_is_writers(struct channel *channel);
void channel_is_readers(struct channel *channel);

/*
 * Room for a message of length bytes, at most CHANNEL_MESSAGE, aligned to eight; it is sent with the next chunk. NULL:
 * the reader is gone, or the message is longer.
 */
uint8_t *channel_put(struct channel *channel, uint32_t kind, size_t length);

/*
 * The same with room for more bytes in the same chunk: both together at most CHANNEL_MESSAGE - 72. *place is where they
 * stand, for the reader's channel_bytes.
 */
uint8_t *channel_put_bytes(struct channel *channel, uint32_t kind, size_t length, size_t more, uint32_t *place,
			   uint8_t **bytes);

/* Sends what was put. False: the reader is gone. */
bool channel_flush(struct channel *channel);

/* Whether the next message is in the chunk at hand, so that what was taken before stays valid. */
static inline bool channel_has(const struct channel *channel)
{
	return channel->chunk != channel->chunks && channel->at < channel->end;
}

/* The chunk at hand is done with: waits for the next. For channel_take. */
bool channel_next(struct channel *channel);

/* In front of each message; a multiple of eight. */
struct channel_head {
	uint32_t kind, length;
};

/* All of the chunk that the last message is in, where places of bytes are looked up: as little to be trusted. */
static inline struct cursor channel_bytes(const struct channel *channel)
{
	return cursor_over(channel->memory + (size_t)channel->chunk * CHANNEL_CHUNK, CHANNEL_CHUNK);
}

/*
 * The next message, which is valid until a call that was not preceded by channel_has. False: the writer is gone, or
 * sent what is none. What stands in the message is the writer's: it may change while it is read, and is to be checked.
 */
static inline bool channel_take(struct channel *channel, uint32_t *kind, struct cursor *message)
{
	/* Another processor wrote what comes: it is on its way while this message is dealt with. */
	enum { LINE = 64, AHEAD = 6 * LINE };
	struct channel_head head;

	while (!channel_has(channel))
		if (!channel_next(channel))
			return false;
	const uint8_t *rest = channel->memory + (size_t)channel->chunk * CHANNEL_CHUNK + channel->at;
	size_t left = channel->end - channel->at;
	struct cursor in = cursor_over(rest, left);
	const uint8_t *bytes = cursor_header(&in, sizeof head);
	if (bytes == NULL)
		return false;
	memcpy(&head, bytes, sizeof head);
	if (left > AHEAD + LINE) {
		__builtin_prefetch(rest + AHEAD);
		__builtin_prefetch(rest + AHEAD + LINE);
	}
	bytes = cursor_header(&in, head.length);
	*kind = head.kind;
	*message = cursor_over(bytes, head.length);
	channel->at += sizeof head + (((size_t)head.length + 7) & ~(size_t)7);
	return bytes != NULL;
}

#endif
