/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/sort.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct held {
	struct packet packet; /* data and comments are in room */
	uint64_t epoch;       /* how often the clock had been set back */
	uint64_t arrival;
	size_t size;
	uint8_t *room;
};

struct sorter {
	/* A heap: what is to be given out next first. */
	struct held **heap;
	size_t count, capacity, bytes;
	struct held *given;     /* valid until the next call */
	time_ns newest, passed; /* the latest packet of this epoch that was read, and that was given out */
	uint64_t epoch, arrivals;
	uint32_t calm; /* packets in order since the last that was not */
	bool ended;
};

struct sorter *sorter_new(void)
{
	struct sorter *sorter = memory_get_zeroed(1, sizeof *sorter);

	sorter->newest = TIME_NONE;
	sorter->passed = TIME_NONE;
	return sorter;
}

static void held_free(struct held *held)
{
	free(held->room);
	free(held);
}

void sorter_free(struct sorter *sorter)
{
	if (sorter == NULL)
		return;
	for (size_t i = 0; i < sorter->count; i++)
		held_free(sorter->heap[i]);
	if (sorter->given != NULL)
		held_free(sorter->given);
	free(sorter->heap);
	free(sorter);
}

/* ---- The heap ---- */

static bool goes_before(const struct held *a, const struct held *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch;
	if (a->packet.moment.time != b->packet.moment.time)
		return a->packet.moment.time < b->packet.moment.time;
	return a->arrival < b->arrival;
}

static void heap_add(struct sorter *sorter, struct held *held)
{
	sorter->heap = memory_grow(sorter->heap, sorter->count, &sorter->capacity, sizeof(struct held *));
	size_t place = sorter->count++;
	while (place > 0 && goes_before(held, sorter->heap[(place - 1) / 2])) {
		sorter->heap[place] = sorter->heap[(place - 1) / 2];
		place = (place - 1) / 2;
	}
	sorter->heap[place] = held;
	sorter->bytes += held->size;
}

static struct held *heap_take(struct sorter *sorter)
{
	struct held *first = sorter->heap[0], *moved = sorter->heap[--sorter->count];
	size_t place = 0;

	for (;;) {
		size_t child = 2 * place + 1;
		if (child >= sorter->count)
			break;
		if (child + 1 < sorter->count && goes_before(sorter->heap[child + 1], sorter->heap[child]))
			child++;
		if (!goes_before(sorter->heap[child], moved))
			break;
		sorter->heap[place] = sorter->heap[child];
		place = child;
	}
	if (sorter->count > 0)
		sorter->heap[place] = moved;
	sorter->bytes -= first->size;
	return first;
}

/* ---- Packets that wait ---- */

static size_t size_of(const struct packet *packet)
{
	size_t size = packet->captured + packet->comment_count * sizeof *packet->comments;

	for (uint32_t i = 0; i < packet->comment_count; i++)
		size += packet->comments[i].length;
	return size;
}

/* The comments' table comes first, for it must be aligned; then their texts, and the bytes of the packet. */
static struct held *hold(const struct sorter *sorter, const struct packet *packet)
{
	struct held *held = memory_get(sizeof *held);

	*held = (struct held){.packet = *packet, .epoch = sorter->epoch, .arrival = sorter->arrivals};
	held->size = size_of(packet);
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

/* Takes note of where the packet stands, and whether it can still get its place. */
static void see(struct sorter *sorter, struct capture_file *file, time_ns time, bool waits)
{
	bool late = sorter->newest != TIME_NONE && time < sorter->newest;

	sorter->arrivals++;
	sorter->calm += sorter->calm < SORT_CALM;
	if (late && (uint64_t)sorter->newest - (uint64_t)time > SORT_WINDOW) {
		sorter->epoch++;
		sorter->newest = time;
		sorter->passed = TIME_NONE;
	} else if (late) {
		sorter->calm = 0;
		file->info.reordered += waits && (sorter->passed == TIME_NONE || time >= sorter->passed);
	} else {
		sorter->newest = time;
	}
}

static void pass(struct sorter *sorter, time_ns time, uint64_t epoch)
{
	if (epoch == sorter->epoch && (sorter->passed == TIME_NONE || time > sorter->passed))
		sorter->passed = time;
}

/* Nothing that can still come belongs before the first that waits, or no more may wait. */
static bool is_ripe(const struct sorter *sorter)
{
	const struct held *first = sorter->count > 0 ? sorter->heap[0] : NULL;

	if (sorter->ended || (sorter->calm >= SORT_CALM && first != NULL))
		return true;
	return first != NULL &&
	       (first->epoch < sorter->epoch || sorter->newest - first->packet.moment.time >= SORT_WINDOW ||
		sorter->count >= SORT_PACKETS || sorter->bytes >= SORT_BYTES);
}

/* Records that are no packets have no place among them. */
static bool read_one(struct sorter *sorter, struct capture_file *file, struct packet *packet)
{
	do {
		if (!capture_file_next(file, packet)) {
			sorter->ended = true;
			return false;
		}
	} while (packet->link_type == LINK_METADATA);
	see(sorter, file, packet->moment.time, true);
	return true;
}

/* A packet of a capture that keeps to its order goes straight through. False where it has to be looked at closer. */
static inline bool goes_through(struct sorter *sorter, const struct packet *packet)
{
	time_ns time = packet->moment.time;

	if (packet->link_type == LINK_METADATA || time < sorter->newest)
		return false;
	sorter->newest = time;
	sorter->passed = time;
	return true;
}

/* The next packet, in order or not: nothing waits that it could be behind. */
static bool next_straight(struct sorter *sorter, struct capture_file *file, struct packet *packet)
{
	do {
		if (!capture_file_next(file, packet)) {
			sorter->ended = true;
			return false;
		}
		if (goes_through(sorter, packet))
			return true;
	} while (packet->link_type == LINK_METADATA);
	see(sorter, file, packet->moment.time, false);
	pass(sorter, packet->moment.time, sorter->epoch);
	return true;
}

bool sorter_next(struct sorter *sorter, struct capture_file *file, struct packet *packet)
{
	if (sorter->given != NULL)
		held_free(sorter->given);
	sorter->given = NULL;
	if (sorter->calm >= SORT_CALM && sorter->count == 0)
		return next_straight(sorter, file, packet);
	while (!is_ripe(sorter))
		if (read_one(sorter, file, packet))
			heap_add(sorter, hold(sorter, packet));
	if (sorter->count == 0)
		return false;
	sorter->given = heap_take(sorter);
	*packet = sorter->given->packet;
	pass(sorter, packet->moment.time, sorter->given->epoch);
	return true;
}
