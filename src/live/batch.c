/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/batch.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct kept *kept_new(const struct packet *packet, const struct kept *after)
{
	struct kept *kept = memory_get(sizeof *kept + packet->captured);
	time_ns time = packet->moment.time;

	*kept = (struct kept){.time = time,
			      .place = after != NULL && after->place > time ? after->place : time,
			      .interface = (uint32_t)packet->moment.capture - 1,
			      .captured = packet->captured,
			      .length = packet->length};
	memcpy(kept->data, packet->data, packet->captured);
	return kept;
}

void batch_add(struct batch *batch, struct kept *kept)
{
	kept->arrival = batch->arrivals++;
	kept->next = NULL;
	batch->list = memory_grow(batch->list, batch->count, &batch->capacity, sizeof *batch->list);
	batch->list[batch->count++] = kept;
	batch->bytes += sizeof *kept + kept->captured;
}

static int by_place(const void *a, const void *b)
{
	const struct kept *left = *(struct kept *const *)a;
	const struct kept *right = *(struct kept *const *)b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return left->arrival < right->arrival ? -1 : left->arrival > right->arrival;
}

void batch_sort(struct batch *batch)
{
	if (batch->count > 1)
		qsort(batch->list, batch->count, sizeof *batch->list, by_place);
}

void batch_empty(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		free(batch->list[i]);
	batch->count = 0;
	batch->bytes = 0;
}

void batch_free(struct batch *batch)
{
	batch_empty(batch);
	free(batch->list);
	*batch = (struct batch){0};
}
