/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stream_list.h"

#include <stdlib.h>
#include <string.h>

struct piece {
	uint32_t seq;
	uint8_t *data;
	size_t length;
	struct piece *next;
};

struct stream {
	uint32_t next;
	struct piece *first;
	stream_deliver *deliver;
	void *user;
};

static void *must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static int32_t distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

static void drop_first(struct stream *stream)
{
	struct piece *piece = stream->first;

	stream->first = piece->next;
	free(piece->data);
	free(piece);
}

static void drain(struct stream *stream)
{
	while (stream->first != NULL && distance(stream->next, stream->first->seq) <= 0) {
		const struct piece *piece = stream->first;
		size_t old = (size_t)distance(piece->seq, stream->next);
		if (old < piece->length) {
			stream->next += (uint32_t)(piece->length - old);
			stream->deliver(stream->user, piece->data + old, piece->length - old);
		}
		drop_first(stream);
	}
}

static struct stream *list_open(uint32_t next, stream_deliver *deliver, void *user)
{
	struct stream *stream = must(calloc(1, sizeof *stream));

	*stream = (struct stream){.next = next, .deliver = deliver, .user = user};
	return stream;
}

static void list_segment(struct stream *stream, uint32_t seq, const uint8_t *data, size_t length)
{
	if (length == 0)
		return;
	struct piece *piece = must(calloc(1, sizeof *piece));
	struct piece **link = &stream->first;

	piece->seq = seq;
	piece->length = length;
	piece->data = must(malloc(length));
	memcpy(piece->data, data, length);
	while (*link != NULL && distance((*link)->seq, seq) >= 0)
		link = &(*link)->next;
	piece->next = *link;
	*link = piece;
	drain(stream);
}

static void list_gap(struct stream *stream, size_t length)
{
	stream->next += (uint32_t)length;
	drain(stream);
}

static void list_close(struct stream *stream)
{
	while (stream->first != NULL)
		drop_first(stream);
	free(stream);
}

const struct stream_engine *stream_list(void)
{
	static const struct stream_engine engine = {
	    .name = "list", .open = list_open, .segment = list_segment, .gap = list_gap, .close = list_close};

	return &engine;
}

static struct stream *full_open(uint32_t next, stream_deliver *deliver, void *user)
{
	(void)next;
	(void)deliver;
	(void)user;
	return NULL;
}

const struct stream_engine *stream_full(void)
{
	static const struct stream_engine engine = {
	    .name = "full", .open = full_open, .segment = list_segment, .gap = list_gap, .close = list_close};

	return &engine;
}
