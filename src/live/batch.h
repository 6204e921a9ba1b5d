/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that were held in memory and are to be written: by their times, though they come one connection after the
 * other. What was written before is not touched again, so that order holds within a batch alone.
 */
#ifndef MTASCOPE_LIVE_BATCH_H
#define MTASCOPE_LIVE_BATCH_H

#include "capture/segment.h"

#include <stddef.h>
#include <stdint.h>

/* One packet in memory. */
struct kept {
	struct kept *next; /* of its connection, while it is held */
	time_ns time;
	time_ns place; /* its time, or that of an earlier packet of its connection where the clock was set back */
	uint64_t arrival;
	uint32_t interface; /* as packets name it */
	uint32_t captured, length;
	uint8_t data[];
};

/* Copies a packet, to be freed with free. after: what came before it of its connection, or NULL. */
struct kept *kept_new(const struct packet *packet, const struct kept *after);

/* All zero: empty. */
struct batch {
	struct kept **list;
	size_t count, capacity;
	size_t bytes;
	uint64_t arrivals;
};

/* kept is the batch's from now on. */
void batch_add(struct batch *batch, struct kept *kept);

/* By place, and those of one place as they were added. */
void batch_sort(struct batch *batch);

/* Frees the packets. */
void batch_empty(struct batch *batch);
void batch_free(struct batch *batch);

#endif
