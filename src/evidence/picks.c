/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/picks.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The kinds are in the order in which one is told of a packet that is picked twice. */
void picks_add(struct picks *picks, const struct moment *moment, uint32_t keep, uint32_t connection,
	       enum pick_kind kind)
{
	picks->picks = memory_grow(picks->picks, picks->count, &picks->capacity, sizeof *picks->picks);
	picks->picks[picks->count++] = (struct pick){.place = place_of(moment),
						     .keep = keep,
						     .connection = connection & ((1U << 30) - 1),
						     .kind = (unsigned)kind & 3U};
}

void picks_note(struct picks *picks, const struct moment *moment, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	picks->notes = memory_grow(picks->notes, picks->note_count, &picks->note_capacity, sizeof *picks->notes);
	picks->notes[picks->note_count] = (struct note){place_of(moment), picks->note_count, text};
	picks->note_count++;
}

static int by_place(const void *a, const void *b)
{
	const struct pick *left = a, *right = b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return (int)left->kind - (int)right->kind;
}

static int notes_by_place(const void *a, const void *b)
{
	const struct note *left = a, *right = b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

void picks_sort(struct picks *picks)
{
	size_t kept = 0;

	if (picks->count > 0)
		qsort(picks->picks, picks->count, sizeof *picks->picks, by_place);
	for (size_t i = 0; i < picks->count; i++) {
		struct pick *last = kept > 0 ? &picks->picks[kept - 1] : NULL;
		if (last == NULL || last->place != picks->picks[i].place)
			picks->picks[kept++] = picks->picks[i];
		else if (picks->picks[i].keep > last->keep)
			last->keep = picks->picks[i].keep;
	}
	picks->count = kept;
	if (picks->note_count > 0)
		qsort(picks->notes, picks->note_count, sizeof *picks->notes, notes_by_place);
}

const struct pick *picks_find(const struct picks *picks, const struct moment *moment)
{
	uint64_t place = place_of(moment);
	size_t low = 0, high = picks->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (picks->picks[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < picks->count && picks->picks[low].place == place ? &picks->picks[low] : NULL;
}

const struct note *picks_notes(const struct picks *picks, const struct moment *moment, size_t *count)
{
	uint64_t place = place_of(moment);
	size_t low = 0, high = picks->note_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (picks->notes[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < picks->note_count && picks->notes[low + *count].place == place)
		++*count;
	return *count == 0 ? NULL : &picks->notes[low];
}

void picks_free(struct picks *picks)
{
	for (size_t i = 0; i < picks->note_count; i++)
		free(picks->notes[i].text);
	free(picks->notes);
	free(picks->picks);
	*picks = (struct picks){0};
}
