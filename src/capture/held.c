/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/held.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void held_free(struct held *held)
{
	if (held == NULL)
		return;
	free(held->room);
	free(held);
}

void held_heap_free(struct held_heap *heap)
{
	for (size_t i = 0; i < heap->count; i++)
		held_free(heap->list[i]);
	free(heap->list);
	*heap = (struct held_heap){0};
}

static size_t size_of(const struct packet *packet)
{
	size_t size = packet->captured + packet->comment_count * sizeof *packet->comments;

	for (uint32_t i = 0; i < packet->comment_count; i++)
		size += packet->comments[i].length;
	return size;
}

/* The comments' table comes first, for it must be aligned; then their texts, and the bytes of the packet. */
static struct held *hold(const struct packet *packet)
{
	struct held *held = memory_get(sizeof *held);

	*held = (struct held){.packet = *packet, .size = size_of(packet)};
	held->room = memory_get(held->size + 1);
	struct capture_text *comments = (struct capture_text *)(void *)held->room;
	uint8_t *end = held->room + packet->comment_count * sizeof *comments;
	for (uint32_t i = 0; i < packet->comment_count; i++) {
		const struct capture_text *from = &packet->comments[i];
		if (from->length > 0)
			memcpy(end, from->text, from->length);
		comments[i] = (struct capture_text){(const char *)end, from->length};
		end += from->length;
	}
	if (packet->captured > 0)
		memcpy(end, packet->data, packet->captured);
	held->packet.data = end;
	held->packet.comments = packet->comment_count > 0 ? comments : NULL;
	return held;
}

static bool goes_before(const struct held *a, const struct held *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch;
	if (a->packet.moment.time != b->packet.moment.time)
		return a->packet.moment.time < b->packet.moment.time;
	return a->arrival < b->arrival;
}

void held_heap_add(struct held_heap *heap, const struct packet *packet, uint64_t epoch)
{
	struct held *held = hold(packet);

	held->epoch = epoch;
	held->arrival = heap->arrivals++;
	heap->list = memory_grow(heap->list, heap->count, &heap->capacity, sizeof(struct held *));
	size_t place = heap->count++;
	while (place > 0 && goes_before(held, heap->list[(place - 1) / 2])) {
		heap->list[place] = heap->list[(place - 1) / 2];
		place = (place - 1) / 2;
	}
	heap->list[place] = held;
	heap->bytes += held->size;
}

const struct held *held_heap_first(const struct held_heap *heap)
{
	return heap->count > 0 ? heap->list[0] : NULL;
}

struct held *held_heap_take(struct held_heap *heap)
{
	struct held *first = heap->list[0], *moved = heap->list[--heap->count];
	size_t place = 0;

	for (;;) {
		size_t child = 2 * place + 1;
		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && goes_before(heap->list[child + 1], heap->list[child]))
			child++;
		if (!goes_before(heap->list[child], moved))
			break;
		heap->list[place] = heap->list[child];
		place = child;
	}
	if (heap->count > 0)
		heap->list[place] = moved;
	heap->bytes -= first->size;
	return first;
}
