/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed files, unpacked as they are read: gzip (RFC 1952) and Zstandard (RFC 8878). */
#ifndef MTASCOPE_CAPTURE_UNPACK_H
#define MTASCOPE_CAPTURE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

/* How the first bytes of a file say that it is packed. */
enum packing packing_of(const uint8_t *data, size_t length);

/* "gzip", "zstd"; NULL for PACKING_NONE. */
const char *packing_name(enum packing packing);

struct unpacker;

/* Returns NULL when the library finds no memory. packing is not PACKING_NONE. */
struct unpacker *unpacker_new(enum packing packing);
void unpacker_free(struct unpacker *unpacker);

/*
 * Unpacks some of the length bytes at data into the room bytes at out. *taken bytes of data are done with, *given are
 * at out; both may be 0, and both are valid on damage too. Returns false when the data are damaged or need more memory
 * than the format's usual 128 MiB.
 */
bool unpacker_run(struct unpacker *unpacker, const uint8_t *data, size_t length, size_t *taken, uint8_t *out,
		  size_t room, size_t *given);

/* Whether the data so far end where a member or frame ends: if not, the file is cut off. */
bool unpacker_at_end(const struct unpacker *unpacker);

/* What the library says about the damage; NULL without any. */
const char *unpacker_error(const struct unpacker *unpacker);

#endif
