/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/unpack.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
/* zlib's input is const only when it is told so. */
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

struct unpacker {
	enum packing packing;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool at_end;  /* nothing, or a whole member, has been read */
	bool padding; /* gzip: what follows the last member is no other member */
	const char *error;
};

enum packing packing_of(const uint8_t *data, size_t length)
{
	if (length >= 3 && memcmp(data, "\x1f\x8b\x08", 3) == 0)
		return PACKING_GZIP;
	if (length >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0)
		return PACKING_ZSTD;
	return PACKING_NONE;
}

const char *packing_name(enum packing packing)
{
	return packing == PACKING_GZIP ? "gzip" : packing == PACKING_ZSTD ? "zstd" : NULL;
}

struct unpacker *unpacker_new(enum packing packing)
{
	/* 15 + 16: the largest window, and gzip's header and trailer checked by zlib. */
	enum { GZIP_WINDOW = 15 + 16 };
	struct unpacker *unpacker = memory_get_zeroed(1, sizeof *unpacker);
	bool ready;

	unpacker->packing = packing;
	unpacker->at_end = true;
	if (packing == PACKING_GZIP) {
		ready = inflateInit2(&unpacker->gzip, GZIP_WINDOW) == Z_OK;
	} else {
		unpacker->zstd = ZSTD_createDStream();
		ready = unpacker->zstd != NULL;
	}
	if (ready)
		return unpacker;
	free(unpacker);
	return NULL;
}

void unpacker_free(struct unpacker *unpacker)
{
	if (unpacker == NULL)
		return;
	if (unpacker->packing == PACKING_GZIP)
		inflateEnd(&unpacker->gzip);
	ZSTD_freeDStream(unpacker->zstd);
	free(unpacker);
}

/* A file may hold several members (RFC 1952 2.2), as `cat a.gz b.gz` makes. Zeros after the last are tape padding. */
static bool gzip_next_member(struct unpacker *unpacker, const uint8_t *data)
{
	if (!unpacker->at_end)
		return true;
	if (unpacker->gzip.total_in == 0)
		return true;
	if (data[0] != 0x1f) {
		unpacker->padding = true;
		return false;
	}
	return inflateReset(&unpacker->gzip) == Z_OK;
}

static bool gzip_run(struct unpacker *unpacker, const uint8_t *data, size_t length, size_t *taken, uint8_t *out,
		     size_t room, size_t *given)
{
	/* avail_in and avail_out are unsigned int. */
	uInt in = (uInt)(length < UINT32_MAX / 2 ? length : UINT32_MAX / 2);
	uInt place = (uInt)(room < UINT32_MAX / 2 ? room : UINT32_MAX / 2);
	z_stream *gzip = &unpacker->gzip;

	if (length > 0 && (unpacker->padding || !gzip_next_member(unpacker, data))) {
		*taken = length;
		return true;
	}
	gzip->next_in = data;
	gzip->avail_in = in;
	gzip->next_out = out;
	gzip->avail_out = place;
	int result = inflate(gzip, Z_NO_FLUSH);
	*taken = in - gzip->avail_in;
	*given = place - gzip->avail_out;
	if (*taken > 0)
		unpacker->at_end = false;
	if (result == Z_STREAM_END)
		unpacker->at_end = true;
	if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
		return true;
	unpacker->error = gzip->msg != NULL ? gzip->msg : "the compressed data are damaged";
	return false;
}

static bool zstd_run(struct unpacker *unpacker, const uint8_t *data, size_t length, size_t *taken, uint8_t *out,
		     size_t room, size_t *given)
{
	ZSTD_inBuffer in = {data, length, 0};
	ZSTD_outBuffer place = {out, room, 0};
	size_t result = ZSTD_decompressStream(unpacker->zstd, &place, &in);

	*taken = in.pos;
	*given = place.pos;
	if (ZSTD_isError(result)) {
		unpacker->error = ZSTD_getErrorName(result);
		return false;
	}
	if (in.pos > 0 || place.pos > 0)
		unpacker->at_end = result == 0;
	return true;
}

bool unpacker_run(struct unpacker *unpacker, const uint8_t *data, size_t length, size_t *taken, uint8_t *out,
		  size_t room, size_t *given)
{
	*taken = 0;
	*given = 0;
	if (unpacker->packing == PACKING_GZIP)
		return gzip_run(unpacker, data, length, taken, out, room, given);
	return zstd_run(unpacker, data, length, taken, out, room, given);
}

bool unpacker_at_end(const struct unpacker *unpacker)
{
	return unpacker->at_end;
}

const char *unpacker_error(const struct unpacker *unpacker)
{
	return unpacker->error;
}
