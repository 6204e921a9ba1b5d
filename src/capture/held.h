/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that wait for earlier ones, copied, in the order in which they are to be given out. */
#ifndef MTASCOPE_CAPTURE_HELD_H
#define MTASCOPE_CAPTURE_HELD_H

#include "capture/reader.h"

struct held {
	struct packet packet; /* data and comments are in room */
	uint64_t epoch;       /* goes before the time: how often the clock had been set back */
	uint64_t arrival;     /* counts the packets of the heap: those of one time stay in order */
	size_t size;
	uint8_t *room;
};

/* All zero: empty. */
struct held_heap {
	struct held **list;
	size_t count, capacity;
	size_t bytes; /* of packets and comments */
	uint64_t arrivals;
};

/* Copies packet, with its data and comments. */
void held_heap_add(struct held_heap *heap, const struct packet *packet, uint64_t epoch);

/* The first to go, still in the heap; NULL: it is empty. */
const struct held *held_heap_first(const struct held_heap *heap);

/* The first to go, which is the caller's from now on (held_free). The heap is not empty. */
struct held *held_heap_take(struct held_heap *heap);

void held_free(struct held *held); /* NULL: nothing */
void held_heap_free(struct held_heap *heap);

#endif
