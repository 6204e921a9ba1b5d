/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log files of Windows NT to 2003 (.evt): a header of 48 bytes, then a ring of records, each with its size at
 * both ends and "LfLe" behind the first, then an end record that says where the ring begins and ends. Times are UTC.
 * Layout: EVENTLOGRECORD and ELF_LOGFILE_HEADER of the Windows SDK, checked against evtexport of libevt.
 *
 * A log copied while it was in use has a header that lags behind and is marked dirty, so that the end record decides,
 * and no record is believed for its place: each is found by its marks, wherever it is. What lies outside the ring is
 * what Windows dropped and has not written over yet; where it is whole it is an event like any other.
 */
#include "events/entry.h"
#include "events/scan.h"
#include "events/unicode.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEADER_SIZE = 48, END_SIZE = 40, FIXED_SIZE = 56, LEAST_SIZE = FIXED_SIZE + 4, MARK = 0x654C664C };

/* Longer than any record that ReportEvent writes: 256 strings of 32 Ki characters are not reached by far. */
enum { RECORD_MAX = 1 << 20 };

struct found {
	size_t offset;
	uint32_t size;
	uint32_t number;
	uint32_t written; /* the time */
	bool copy;        /* another one is the same record */
	bool in_ring;
	size_t place; /* in the ring: bytes behind its beginning */
};

struct evt {
	const struct log_input *input;
	struct found *found;
	size_t count;
	size_t room;
	bool has_ring;
	size_t begin; /* of the ring: its oldest record */
	size_t end;   /* the end record */
	size_t text_length;
	uint8_t *record; /* one record in a row: RECORD_MAX bytes */
	uint8_t *text;   /* its strings in UTF-8; an UTF-16 unit makes at most three bytes */
};

static uint32_t word_at(const struct log_input *input, size_t offset)
{
	struct cursor bytes = cursor_over(input->data, input->length);

	cursor_skip(&bytes, offset);
	return cursor_le32(&bytes);
}

static bool is_evt(const struct log_input *input)
{
	return input->length >= 8 && word_at(input, 0) == HEADER_SIZE && word_at(input, 4) == MARK;
}

static bool is_end(const struct log_input *input, size_t offset)
{
	if (offset > input->length || input->length - offset < END_SIZE || word_at(input, offset) != END_SIZE)
		return false;
	for (unsigned i = 1; i <= 4; i++)
		if (word_at(input, offset + 4 * i) != 0x11111111 * i)
			return false;
	return true;
}

/* The end record: where the header says, or anywhere; a later one has the higher number of the next record. */
static void find_ring(struct evt *evt)
{
	const struct log_input *input = evt->input;
	size_t end = word_at(input, 20);
	uint32_t next = 0;

	evt->has_ring = is_end(input, end);
	for (size_t at = HEADER_SIZE; !evt->has_ring && at + END_SIZE <= input->length; at += 4) {
		if (is_end(input, at) && word_at(input, at + 28) >= next) {
			next = word_at(input, at + 28);
			end = at;
		}
	}
	evt->has_ring = is_end(input, end);
	if (evt->has_ring) {
		evt->end = end;
		evt->begin = word_at(input, end + 20);
	}
}

/* Whether a record of that size at offset has it at its other end too, which may be behind the file's header. */
static bool closes(const struct log_input *input, size_t offset, uint32_t size, size_t first)
{
	size_t left = input->length - offset;

	if (size <= left)
		return word_at(input, offset + size - 4) == size;
	size_t beyond = HEADER_SIZE + (size - left);
	/* Sizes are multiples of four, and so are places, so that the last word is in one piece. */
	return beyond <= first && beyond <= input->length && beyond >= HEADER_SIZE + 4 &&
	       word_at(input, beyond - 4) == size;
}

static void keep(struct evt *evt, size_t offset, uint32_t size)
{
	size_t span = evt->input->length - HEADER_SIZE;
	struct found found = {.offset = offset,
			      .size = size,
			      .number = word_at(evt->input, offset + 8),
			      .written = word_at(evt->input, offset + 12)};

	if (evt->has_ring) {
		size_t length = (evt->end + span - evt->begin) % span;
		found.place = (offset + span - evt->begin) % span;
		found.in_ring = found.place < length;
	}
	evt->found = memory_grow(evt->found, evt->count, &evt->room, sizeof(*evt->found));
	evt->found[evt->count++] = found;
}

static void report(const struct evt *evt, size_t offset, const char *says)
{
	const struct log_input *input = evt->input;
	char sentence[200];
	uint32_t number = input->length - offset >= 12 ? word_at(input, offset + 8) : 0;

	snprintf(sentence, sizeof(sentence), "record %u %s", (unsigned)number, says);
	log_problem(input, 0, offset, sentence);
}

/* In the ring a broken record is damage; outside it is only one that was partly written over. */
static bool is_within_ring(const struct evt *evt, size_t offset)
{
	size_t span = evt->input->length - HEADER_SIZE;

	return !evt->has_ring || (offset + span - evt->begin) % span < (evt->end + span - evt->begin) % span;
}

static void find_records(struct evt *evt)
{
	const struct log_input *input = evt->input;
	size_t first = input->length;

	for (size_t at = HEADER_SIZE; input->length - at >= 8;) {
		if (word_at(input, at + 4) != MARK) {
			at += 4;
			continue;
		}
		uint32_t size = word_at(input, at);
		bool sized = size >= LEAST_SIZE && size % 4 == 0 && size <= RECORD_MAX;
		if (sized && input->length - at >= FIXED_SIZE && closes(input, at, size, first)) {
			keep(evt, at, size);
			first = at < first ? at : first;
			if (size >= input->length - at)
				break;
			at += size;
			continue;
		}
		if (sized && size > input->length - at && evt->end < at)
			report(evt, at, "is cut off by the end of the file");
		else if (is_within_ring(evt, at))
			report(evt, at, "is damaged: its size does not stand at its end");
		at += 4;
		if (input->length - at < 8)
			break;
	}
}

/* Oldest first: what Windows has dropped, then the ring. */
static int by_age(const void *left, const void *right)
{
	const struct found *a = left;
	const struct found *b = right;

	if (a->in_ring != b->in_ring)
		return a->in_ring ? 1 : -1;
	if (a->in_ring && a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* The record's bytes in one piece: one that goes on behind the header is put together. */
static struct cursor record_bytes(struct evt *evt, const struct found *found)
{
	const struct log_input *input = evt->input;
	struct cursor bytes = cursor_over(input->data, input->length);
	size_t left = input->length - found->offset;

	cursor_skip(&bytes, found->offset);
	if (found->size <= left)
		return cursor_sub(&bytes, found->size);
	for (size_t i = 0; i < found->size; i++) {
		if (i == left) {
			bytes = cursor_over(input->data, input->length);
			cursor_skip(&bytes, HEADER_SIZE);
		}
		evt->record[i] = cursor_u8(&bytes);
	}
	return cursor_over(evt->record, found->size);
}

/* A string of UTF-16 that a zero ends, in UTF-8. False: the record ends before it. */
static bool take_string(struct evt *evt, struct cursor *bytes, struct cursor *string)
{
	size_t from = evt->text_length;

	while (cursor_readable(bytes) >= 2) {
		uint32_t character = unicode_utf_16(bytes, true);
		if (character == 0) {
			*string = scan_trimmed(cursor_over(evt->text + from, evt->text_length - from));
			return true;
		}
		if (character == '\t')
			character = ' ';
		if (character >= 0x20 || character == '\n')
			evt->text_length += unicode_put(evt->text + evt->text_length, character);
	}
	return false;
}

static void read_record(struct evt *evt, const struct found *found)
{
	struct cursor bytes = record_bytes(evt, found);
	struct cursor whole = bytes;
	struct cursor computer;
	struct entry entry;

	entry_clear(&entry);
	evt->text_length = 0;
	entry.offset = found->offset;
	entry.record_number = found->number;
	cursor_skip(&bytes, 12);
	/* When the program reported it; the time written, behind it, is the event log service's. */
	entry.t = cursor_le32(&bytes);
	entry.utc = true;
	cursor_skip(&bytes, 4);
	entry.number = (int32_t)(cursor_le32(&bytes) & 0xFFFF);
	cursor_skip(&bytes, 2);
	uint16_t strings = cursor_le16(&bytes);
	cursor_skip(&bytes, 8);
	uint32_t at = cursor_le32(&bytes);
	cursor_skip(&bytes, FIXED_SIZE - 40);
	bool good = take_string(evt, &bytes, &entry.source) && take_string(evt, &bytes, &computer);
	cursor_skip(&whole, at);
	for (uint16_t i = 0; good && i < strings && i < STRINGS_MAX; i++) {
		struct cursor string;
		good = take_string(evt, &whole, &string);
		if (good)
			strings_add(&entry.strings, string);
	}
	if (!good)
		report(evt, found->offset, "is damaged: a text of it runs over its end");
	if (entry.t == 0)
		entry.t = INT64_MIN;
	entry_take(evt->input, &entry);
}

/*
 * The ring has no holes, but for what was left at the file's end because it is too short for a record. ring is the
 * ring's records in their order.
 */
static void report_holes(const struct evt *evt, const struct found *ring, size_t count)
{
	size_t span = evt->input->length - HEADER_SIZE;
	size_t length = evt->has_ring ? (evt->end + span - evt->begin) % span : 0;
	size_t place = 0;

	for (size_t i = 0; evt->has_ring && i <= count; i++) {
		size_t next = i < count ? ring[i].place : length;
		size_t at = HEADER_SIZE + (evt->begin - HEADER_SIZE + place) % span;
		if (next > place && !(next - place < FIXED_SIZE && at + (next - place) == evt->input->length))
			log_problem(evt->input, 0, at, "the bytes from here to the next record are none");
		place = i < count ? next + ring[i].size : length;
	}
}

/* Of a record that is there twice, the one in the ring first. */
static int by_identity(const void *left, const void *right)
{
	const struct found *a = *(const struct found *const *)left;
	const struct found *b = *(const struct found *const *)right;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->written != b->written)
		return a->written < b->written ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a->in_ring != b->in_ring)
		return a->in_ring ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* A log that grew was copied to its new place, and what it left behind is still there. */
static void find_copies(struct evt *evt)
{
	struct found **sorted = memory_get((evt->count + 1) * sizeof(struct found *));

	for (size_t i = 0; i < evt->count; i++)
		sorted[i] = &evt->found[i];
	if (evt->count > 0)
		qsort(sorted, evt->count, sizeof(struct found *), by_identity);
	for (size_t i = 1; i < evt->count; i++)
		sorted[i]->copy = sorted[i]->number == sorted[i - 1]->number &&
				  sorted[i]->written == sorted[i - 1]->written &&
				  sorted[i]->size == sorted[i - 1]->size;
	free(sorted);
}

/* The strings may be said to lie over the names, but not over each other: a record is read at most twice. */
static void read_found(struct evt *evt)
{
	evt->record = memory_get(RECORD_MAX);
	evt->text = memory_get((size_t)RECORD_MAX * 3);
	if (evt->count > 0)
		qsort(evt->found, evt->count, sizeof(*evt->found), by_age);
	size_t first = 0;
	while (first < evt->count && !evt->found[first].in_ring)
		first++;
	report_holes(evt, first < evt->count ? &evt->found[first] : NULL, evt->count - first);
	find_copies(evt);
	for (size_t i = 0; i < evt->count; i++) {
		if (evt->found[i].copy)
			continue;
		evt->input->log->recovered_count += evt->has_ring && !evt->found[i].in_ring;
		read_record(evt, &evt->found[i]);
	}
	free(evt->text);
	free(evt->record);
}

static void read_evt(const struct log_input *input)
{
	struct evt evt = {.input = input};
	size_t before = entry_count(input->log);

	if (input->length < HEADER_SIZE + END_SIZE) {
		log_problem(input, 0, 0, "this .evt event log is cut off within its header");
		return;
	}
	find_ring(&evt);
	if (!evt.has_ring || evt.begin < HEADER_SIZE || evt.begin >= input->length) {
		evt.has_ring = false;
		log_problem(input, 0, 0,
			    "this .evt event log has no end record, as a cut copy has not: what is there is read");
	}
	find_records(&evt);
	read_found(&evt);
	entry_end(input, before);
	free(evt.found);
}

const struct event_format format_evt = {".evt event log", is_evt, read_evt, NULL};
