/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets of the captures an excerpt has, and what is said of them. */
#ifndef MTASCOPE_EVIDENCE_PICKS_H
#define MTASCOPE_EVIDENCE_PICKS_H

#include "base/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All bytes that the capture has of the packet. */
#define KEEP_ALL UINT32_MAX

enum pick_kind {
	PICK_WANTED,
	PICK_CONTEXT,
	PICK_CONTEXT_FIRST, /* the first packet of a connection that is context */
	PICK_BOUNDARY       /* the captures' first or last packet */
};

struct pick {
	uint64_t place; /* of the packet: place_of */
	uint32_t keep;  /* so many bytes of it */
	uint32_t connection : 30;
	unsigned kind : 2;
};

struct note {
	uint64_t place;
	size_t order; /* in which they were made */
	char *text;   /* owned */
};

struct picks {
	struct pick *picks;
	size_t count, capacity;
	struct note *notes;
	size_t note_count, note_capacity;
};

/* A packet's capture and frame in one number. */
static inline uint64_t place_of(const struct moment *moment)
{
	return (uint64_t)moment->capture << FRAME_BITS | moment->frame;
}

void picks_add(struct picks *picks, const struct moment *moment, uint32_t keep, uint32_t connection,
	       enum pick_kind kind);

/* What is to be said of a packet. */
void picks_note(struct picks *picks, const struct moment *moment, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts both lists in the order of captures and frames, each packet once: to be called before the next two. */
void picks_sort(struct picks *picks);

/* The pick of a packet, or NULL. */
const struct pick *picks_find(const struct picks *picks, const struct moment *moment);

/* The first note of a packet, and how many there are; NULL, 0: none. */
const struct note *picks_notes(const struct picks *picks, const struct moment *moment, size_t *count);

void picks_free(struct picks *picks);

#endif
