/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers and texts of a part (part.h), and its blocks' heads. */
#ifndef MTASCOPE_CAPTURE_PART_BYTES_H
#define MTASCOPE_CAPTURE_PART_BYTES_H

#include "base/cursor.h"

struct part_bytes {
	uint8_t *data;
	size_t length, capacity;
};

/* Room for more bytes, that are then counted. */
uint8_t *part_room(struct part_bytes *bytes, size_t length);
void part_put(struct part_bytes *bytes, uint64_t value);
void part_put_signed(struct part_bytes *bytes, int64_t value);
/* NULL is another than "". Control characters become question marks, and are malformed where they are taken. */
void part_put_text(struct part_bytes *bytes, const char *text);
void part_put_fixed(uint8_t *to, uint64_t value, unsigned length);

/* A varint that is longer than 64 bits is malformed. */
uint64_t part_take(struct cursor *in);
int64_t part_take_signed(struct cursor *in);
uint64_t part_take_most(struct cursor *in, uint64_t most); /* a number above most is malformed */
char *part_take_text(struct cursor *in, size_t most);      /* to be freed; may be NULL */

/* A block's head: how it is stored. */
struct part_block {
	uint8_t kind, packed; /* packed: with zstd */
	uint32_t stored, raw;
	uint32_t sum;
};

/* The CRC-32 that the head must bear. */
uint32_t part_sum(const struct part_block *block, const uint8_t *stored);
void part_block_put(uint8_t *to, const struct part_block *block);
/* Unpacks a block to raw, which has room for block->raw bytes. False: it is none of its length. */
bool part_unpack(const struct part_block *block, const uint8_t *stored, uint8_t *raw);
/* False: there is no block's head. */
bool part_block_take(const uint8_t *from, struct part_block *block);

#endif
