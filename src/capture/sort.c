/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/sort.h"

#include "base/memory.h"
#include "capture/held.h"

#include <stdlib.h>

struct sorter {
	struct held_heap waiting;
	struct held *given;     /* valid until the next call */
	time_ns newest, passed; /* the latest packet of this epoch that was read, and that was given out */
	uint64_t epoch;
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

void sorter_free(struct sorter *sorter)
{
	if (sorter == NULL)
		return;
	held_heap_free(&sorter->waiting);
	held_free(sorter->given);
	free(sorter);
}

/* Takes note of where the packet stands, and whether it can still get its place. */
static void see(struct sorter *sorter, struct capture_file *file, time_ns time, bool waits)
{
	bool late = sorter->newest != TIME_NONE && time < sorter->newest;

	if (file->info.batches) {
		/* The file is meant to be so: nothing to tell of. */
		sorter->newest = late ? sorter->newest : time;
		sorter->calm = 0;
		return;
	}

	sorter->calm += sorter->calm < SORT_CALM;
	if (late && (uint64_t)sorter->newest - (uint64_t)time > MISPLACED_MOST) {
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
static bool is_ripe(const struct sorter *sorter, bool batches)
{
	const struct held *first = held_heap_first(&sorter->waiting);

	if (batches)
		return sorter->ended || sorter->waiting.count >= SORT_BATCHES_PACKETS ||
		       sorter->waiting.bytes >= SORT_BATCHES_BYTES;

	if (sorter->ended || (sorter->calm >= SORT_CALM && first != NULL))
		return true;
	return first != NULL &&
	       (first->epoch < sorter->epoch || sorter->newest - first->packet.moment.time >= MISPLACED_MOST ||
		sorter->waiting.count >= SORT_PACKETS || sorter->waiting.bytes >= SORT_BYTES);
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

static bool next_sorted(struct sorter *sorter, struct capture_file *file, struct packet *packet)
{
	while (!is_ripe(sorter, file->info.batches))
		if (read_one(sorter, file, packet))
			held_heap_add(&sorter->waiting, packet, sorter->epoch);
	if (sorter->waiting.count == 0)
		return false;
	sorter->given = held_heap_take(&sorter->waiting);
	*packet = sorter->given->packet;
	pass(sorter, packet->moment.time, sorter->given->epoch);
	return true;
}

bool sorter_next(struct sorter *sorter, struct capture_file *file, struct packet *packet)
{
	if (sorter->given != NULL) {
		held_free(sorter->given);
		sorter->given = NULL;
	}
	if (sorter->calm >= SORT_CALM && sorter->waiting.count == 0)
		return next_straight(sorter, file, packet);
	return next_sorted(sorter, file, packet);
}
