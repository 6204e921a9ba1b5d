/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/tpkt.h"

#include "base/memory.h"
#include "dissectors/pdu.h"

#include <stdlib.h>
#include <string.h>

/* What one call works with, so that the steps need not hand on six things. */
struct feed {
	struct tpkt_reader *reader;
	struct cursor piece;
	const struct moment *moment;
	tpkt_handler *handler;
	void *user;
};

void tpkt_init(struct tpkt_reader *reader, bool midstream)
{
	*reader = (struct tpkt_reader){.keep = TPKT_KEEP, .midstream = midstream};
	if (midstream)
		reader->state = TPKT_SEARCHING;
}

static inline void drop_buffer(struct tpkt_reader *reader)
{
	if (reader->buffer != NULL) {
		/* It may hold a bind's password. */
		explicit_bzero(reader->buffer, reader->kept);
		free(reader->buffer);
		reader->buffer = NULL;
	}
	reader->kept = 0;
}

void tpkt_free(struct tpkt_reader *reader)
{
	drop_buffer(reader);
}

void tpkt_give_up(struct tpkt_reader *reader)
{
	drop_buffer(reader);
	reader->state = TPKT_FOREIGN;
}

/* H.225.0 has the signalling of calls, Q.931, on TPKT without COTP; its call reference has two bytes. */
enum { Q931_DISCRIMINATOR = 8, Q931_REFERENCE = 2, Q931_LONGEST = 8192 };

bool tpkt_plausible(const uint8_t *bytes)
{
	struct cursor header = cursor_over(bytes, TPKT_LEAST);
	uint8_t version = cursor_u8(&header);
	uint8_t reserved = cursor_u8(&header);
	unsigned length = cursor_be16(&header);
	unsigned indicator = cursor_u8(&header);
	uint8_t code = cursor_u8(&header);
	uint8_t next = cursor_u8(&header);

	if (version != 3 || length < TPKT_LEAST)
		return false;
	if (indicator == Q931_DISCRIMINATOR && code == Q931_REFERENCE && reserved == 0 && length <= Q931_LONGEST)
		return true;
	if (indicator + 1 > length - TPKT_HEADER)
		return false;
	switch (code) {
	case 0xf0: /* DT: a class 0 header has just this byte after the code, with the number 0 */
		return indicator == 2 && (next & 0x7f) == 0;
	case 0xe0: /* In class 0 nothing follows the header of the others. */
		return indicator >= 6 && next == 0 && indicator + 5 == length;
	case 0xd0:
	case 0x80:
		return indicator >= 6 && indicator + 5 == length;
	case 0xc0:
		return indicator >= 5 && indicator + 5 == length;
	case 0x70:
		return indicator >= 4 && indicator + 5 == length;
	default:
		return false;
	}
}

static inline void hand_on(struct feed *feed, const struct cursor *tpdu, uint64_t end)
{
	struct tpkt_reader *reader = feed->reader;

	reader->state = TPKT_AT_HEADER;
	reader->searched = 0;
	if (reader->length + TPKT_HEADER < TPKT_LEAST) {
		reader->remarks |= remark_bit(REMARK_TPKT_LENGTH);
		reader->passes = false;
		return;
	}
	struct tpkt_unit unit = {
	    .tpdu = *tpdu, .start = reader->start, .end = end, .reserved = reader->reserved, .moment = feed->moment};
	feed->handler(feed->user, &unit);
}

/* The TPKT in hand is complete at the given stream offset. The buffer is given back before the next is begun. */
static void complete(struct feed *feed, uint64_t end)
{
	struct tpkt_reader *reader = feed->reader;
	bool passed = reader->buffer == NULL && reader->kept > 0;
	struct cursor tpdu = cursor_cut(passed ? reader->held : reader->buffer, reader->kept, reader->length);

	hand_on(feed, &tpdu, end);
	drop_buffer(reader);
}

static inline uint64_t here(const struct feed *feed)
{
	return feed->reader->offset + feed->piece.position;
}

/* Whether a TPDU's first bytes are a class 0 DT's header (X.224 13.7). */
enum { DT_HEADER = 3 };

static inline bool begins_data(const uint8_t *bytes, size_t length)
{
	return length >= DT_HEADER && bytes[0] == 2 && bytes[1] == 0xf0;
}

static inline void keep_bytes(struct tpkt_reader *reader, const uint8_t *bytes, size_t length)
{
	if (reader->cut || bytes == NULL)
		return;
	/* What is kept of this TPDU is settled here, whatever tpkt_keep says while it is in hand. */
	bool first = reader->buffer == NULL && reader->kept == 0;
	if (first && reader->passes && begins_data(bytes, length)) {
		memcpy(reader->held, bytes, DT_HEADER);
		reader->kept = reader->room = DT_HEADER;
		return;
	}
	if (first) {
		reader->room = reader->length < reader->keep ? reader->length : reader->keep;
		if (reader->room == 0)
			return;
		reader->buffer = memory_get(reader->room);
	}
	size_t most = reader->room;
	if (reader->kept >= most)
		return;
	if (length > most - reader->kept)
		length = most - reader->kept;
	memcpy(reader->buffer + reader->kept, bytes, length);
	reader->kept = (uint16_t)(reader->kept + length);
}

static void step_body(struct feed *feed)
{
	struct tpkt_reader *reader = feed->reader;
	size_t length = cursor_left(&feed->piece);

	if (length > reader->remaining)
		length = reader->remaining;
	keep_bytes(reader, cursor_take(&feed->piece, length), length);
	reader->remaining = (uint16_t)(reader->remaining - length);
	if (reader->remaining == 0)
		complete(feed, here(feed));
}

static void lose_footing(struct tpkt_reader *reader)
{
	reader->remarks |= remark_bit(REMARK_LOST_FOOTING);
	reader->state = TPKT_SEARCHING;
	reader->passes = false;
	drop_buffer(reader);
}

/* The piece stands at the body, behind its header. */
static inline void begin_body(struct feed *feed, const uint8_t *header)
{
	struct tpkt_reader *reader = feed->reader;
	unsigned length = bytes_be16(header + 2);

	if (header[0] != 3 || length < (reader->state == TPKT_AT_START ? TPKT_LEAST : TPKT_HEADER)) {
		if (reader->state == TPKT_AT_HEADER) {
			lose_footing(reader);
			/* The search goes on from here. */
			memmove(reader->held, header, TPKT_HEADER);
			reader->held_count = TPKT_HEADER;
			return;
		}
		reader->remarks |= remark_bit(REMARK_NOT_TPKT);
		reader->state = TPKT_FOREIGN;
		return;
	}
	reader->reserved = header[1];
	reader->start = here(feed) - TPKT_HEADER;
	reader->length = (uint16_t)(length - TPKT_HEADER);
	reader->held_count = 0;
	reader->cut = false;
	if (reader->length <= cursor_left(&feed->piece)) {
		struct cursor tpdu = cursor_sub(&feed->piece, reader->length);
		hand_on(feed, &tpdu, here(feed));
		return;
	}
	reader->remaining = reader->length;
	reader->state = TPKT_IN_BODY;
}

/* A header of which not all lies in the piece. */
static void step_header(struct feed *feed)
{
	struct tpkt_reader *reader = feed->reader;

	/* A stream that is something else says so in its first byte, as a rule. */
	if (reader->state == TPKT_AT_START && reader->held_count == 0 && cursor_peek(&feed->piece) != 3) {
		reader->remarks |= remark_bit(REMARK_NOT_TPKT);
		reader->state = TPKT_FOREIGN;
		return;
	}
	size_t wanted = TPKT_HEADER - (size_t)reader->held_count;
	if (wanted > cursor_left(&feed->piece))
		wanted = cursor_left(&feed->piece);
	memcpy(reader->held + reader->held_count, cursor_take(&feed->piece, wanted), wanted);
	reader->held_count = (uint8_t)(reader->held_count + wanted);
	if (reader->held_count == TPKT_HEADER)
		begin_body(feed, reader->held);
}

static void found(struct feed *feed)
{
	struct tpkt_reader *reader = feed->reader;
	struct cursor header = cursor_over(reader->held, TPKT_LEAST);

	cursor_skip(&header, 2);
	reader->reserved = reader->held[1];
	reader->start = here(feed) - TPKT_LEAST;
	/* A stream seen from its middle that begins with a header was never out of step. */
	if (reader->start > 0)
		reader->remarks |= remark_bit(REMARK_RESYNCHRONISED);
	reader->length = (uint16_t)(cursor_be16(&header) - TPKT_HEADER);
	reader->remaining = (uint16_t)(reader->length - (TPKT_LEAST - TPKT_HEADER));
	reader->held_count = 0;
	reader->cut = false;
	reader->state = TPKT_IN_BODY;
	keep_bytes(reader, cursor_take(&header, TPKT_LEAST - TPKT_HEADER), TPKT_LEAST - TPKT_HEADER);
	if (reader->remaining == 0)
		complete(feed, here(feed));
}

/* Slides a window of seven bytes over the stream until it could be a header. */
static void step_search(struct feed *feed)
{
	struct tpkt_reader *reader = feed->reader;

	while (cursor_left(&feed->piece) > 0) {
		if (reader->held_count == TPKT_LEAST) {
			memmove(reader->held, reader->held + 1, TPKT_LEAST - 1);
			reader->held_count--;
			reader->skipped += reader->skipped < UINT32_MAX;
			if (++reader->searched > TPKT_SEARCH_LIMIT) {
				reader->state = TPKT_FOREIGN;
				return;
			}
		}
		reader->held[reader->held_count++] = cursor_u8(&feed->piece);
		if (reader->held_count == TPKT_LEAST && tpkt_plausible(reader->held)) {
			found(feed);
			return;
		}
	}
}

void tpkt_feed(struct tpkt_reader *reader, const uint8_t *data, size_t length, const struct moment *moment,
	       tpkt_handler *handler, void *user)
{
	struct feed feed = {reader, cursor_over(data, length), moment, handler, user};

	while (cursor_left(&feed.piece) > 0 && reader->state != TPKT_FOREIGN) {
		if (reader->state == TPKT_IN_BODY) {
			step_body(&feed);
		} else if (reader->state == TPKT_SEARCHING) {
			step_search(&feed);
		} else {
			const uint8_t *header = reader->held_count > 0 ? NULL : cursor_look(&feed.piece, TPKT_HEADER);
			if (header != NULL) {
				cursor_skip(&feed.piece, TPKT_HEADER);
				begin_body(&feed, header);
			} else {
				step_header(&feed);
			}
		}
	}
	reader->offset += length;
}

void tpkt_gap(struct tpkt_reader *reader, uint64_t length, const struct moment *moment, tpkt_handler *handler,
	      void *user)
{
	struct feed feed = {reader, cursor_over(NULL, 0), moment, handler, user};

	if (length == 0)
		return;
	if (reader->state == TPKT_IN_BODY) {
		uint16_t within = length < reader->remaining ? (uint16_t)length : reader->remaining;
		reader->cut = true;
		reader->remarks |= remark_bit(REMARK_GAP);
		reader->remaining = (uint16_t)(reader->remaining - within);
		reader->offset += within;
		length -= within;
		if (reader->remaining == 0)
			complete(&feed, reader->offset);
	}
	reader->offset += length;
	if (length == 0 || reader->state == TPKT_FOREIGN)
		return;
	/* A gap where the first header stood says nothing about what the stream is. */
	reader->held_count = 0;
	if (reader->state != TPKT_SEARCHING)
		lose_footing(reader);
}
