/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input is a script: a byte with its top bit set is a gap of up to 127 bytes, another is the length of the piece of
 * the stream that follows it. Offsets must never run backwards nor past the stream.
 */
#include "dissectors/tpkt.h"

#include <stdlib.h>

static const struct moment unseen_moment = {.time = TIME_NONE};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct check {
	uint64_t last_end;
};

static void on_unit(void *user, struct tpkt_unit *unit)
{
	struct check *check = user;
	struct cursor tpdu = unit->tpdu;

	if (unit->start < check->last_end || unit->end <= unit->start || tpdu.captured > tpdu.declared ||
	    unit->end - unit->start != tpdu.declared + TPKT_HEADER)
		abort();
	check->last_end = unit->end;
	while (cursor_readable(&tpdu) > 0)
		cursor_u8(&tpdu);
}

static void run(struct cursor script, bool midstream)
{
	struct tpkt_reader reader;
	struct check check = {0};
	struct moment moment = {.time = 0};
	uint64_t offset = 0;

	tpkt_init(&reader, midstream);
	while (cursor_readable(&script) > 0) {
		size_t length = cursor_u8(&script);
		if ((length & 0x80) != 0) {
			length &= 0x7f;
			tpkt_gap(&reader, length, &unseen_moment, on_unit, &check);
		} else {
			if (length > cursor_readable(&script))
				length = cursor_readable(&script);
			tpkt_feed(&reader, cursor_take(&script, length), length, &moment, on_unit, &check);
		}
		offset += length;
		if (reader.offset != offset || check.last_end > offset)
			abort();
	}
	tpkt_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(cursor_over(data, size), false);
	run(cursor_over(data, size), true);
	return 0;
}
