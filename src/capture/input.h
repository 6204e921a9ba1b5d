/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file or standard input as bytes: looked at before they are taken, unpacked on the way, and with a position that
 * needs no seeking. A file that was not read for a while may lose its descriptor to another (struct input_pool) and
 * gets one again when it is read on, so that thousands of files can be merged.
 */
#ifndef MTASCOPE_CAPTURE_INPUT_H
#define MTASCOPE_CAPTURE_INPUT_H

#include "capture/unpack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INPUT_PEEK = 4096 };

struct input;

/* The inputs that hold a descriptor, the one read last first. limit 0 means that they are not limited. */
struct input_pool {
	struct input *newest, *oldest;
	size_t open, limit;
	/* One nameless temporary file for all inputs that need one, opened beforehand; or why it could not be. */
	bool keeps_store;
	int store, store_error;
};

/* From now on the pool's inputs make no temporary files of their own. Undone by input_pool_close. */
void input_pool_keep_store(struct input_pool *pool);
void input_pool_close(struct input_pool *pool);

struct input {
	const char *path;
	struct input_pool *pool;
	struct input *newer, *older;
	int descriptor; /* -1 when there is none now */
	int store;      /* a nameless temporary file with the unpacked bytes, or -1 */
	uint64_t base;  /* where in it they begin */
	bool regular;   /* can be opened again, and read anywhere */
	bool random;    /* input_at is in use */
	bool ended;
	int error; /* errno of a read that failed, 0 */
	enum packing packing;
	struct unpacker *unpacker;
	uint8_t *packed; /* bytes of the file that were not unpacked yet */
	size_t packed_begin, packed_end;
	bool packed_damage; /* the packed data are damaged or cut off: see input_trouble */
	uint64_t raw;       /* bytes read from the file */
	uint8_t *buffer;
	size_t begin, end, capacity; /* buffer[begin..end) has been read and not taken */
	size_t block;                /* how much is read at a time */
	uint64_t offset;             /* of buffer[begin], counted in unpacked bytes */
	uint64_t size;               /* of the unpacked bytes; only known when random */
};

/*
 * Opens path, or standard input for "-", into *input, which must not move afterwards. block is the size of reads; 0
 * takes the usual 256 KiB. pool may be NULL. Returns 0 or an errno.
 */
int input_open(struct input *input, const char *path, size_t block, struct input_pool *pool);
void input_close(struct input *input);

/*
 * The next bytes without taking them: up to length, fewer only at the end of the file; *available says how many. Valid
 * until the next call. Memory grows with the bytes that arrive, not with length.
 */
const uint8_t *input_look_on(struct input *input, size_t length, size_t *available); /* reads on, where it must */
static inline const uint8_t *input_look(struct input *input, size_t length, size_t *available)
{
	*available = length;
	return length <= input->end - input->begin ? input->buffer + input->begin
						   : input_look_on(input, length, available);
}

/* Takes length bytes that input_look has shown. */
static inline void input_take(struct input *input, size_t length)
{
	input->begin += length;
	input->offset += length;
}

/* Copies up to size bytes out; 0 at the end. */
size_t input_read(struct input *input, void *data, size_t size);

/*
 * From now on the file is read at any offset with input_at. A file that can't seek is copied into a nameless temporary
 * file of at most limit bytes first. Returns 0 or an errno; EFBIG when limit was reached.
 */
int input_make_random(struct input *input, uint64_t limit);

/*
 * Up to length bytes at offset, fewer only where the file ends; *available says how many. Valid until the next call.
 */
const uint8_t *input_at(struct input *input, uint64_t offset, size_t length, size_t *available);

/*
 * Why the bytes ended where they did, when it was not the end of the file: a sentence's part, valid until the input is
 * closed. NULL when it was.
 */
const char *input_trouble(const struct input *input);

#endif
