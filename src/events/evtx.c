/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log files of Windows Vista and later (.evtx): a header of 4096 bytes, then chunks of 64 KiB. A chunk holds
 * records in binary XML whose names and templates lie somewhere in the same chunk, each at its first use (MS-EVEN6
 * 2.2.12 to 2.2.17 has the tokens; the file around them is described in the documentation of libevtx). Only what makes
 * up a classic event is kept of a record: the provider, the number, the time, and the strings of its Data. UTC.
 *
 * The reader is our own: docs/architecture.md tells what libevtx 20181227 makes of damaged logs.
 */
#include "events/entry.h"
#include "events/scan.h"
#include "events/unicode.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	FILE_HEADER = 4096,
	CHUNK_SIZE = 65536,
	CHUNK_HEADER = 512,
	RECORD_HEADER = 24,
	RECORD_LEAST = RECORD_HEADER + 4,
	RECORD_MARK = 0x00002A2A,
	TEMPLATE_HEADER = 24, /* place of the next, GUID, size */
	VALUES_MAX = 256,
	DEPTH_MAX = 32,     /* of elements */
	NESTING_MAX = 6,    /* of fragments in values */
	WORK_MAX = 1 << 20, /* of a chunk, in tokens and bytes of values: templates could multiply each other */
	NAME_SIZE = 32,
	TEXT_SIZE = 4 * CHUNK_SIZE,
};

/* Seconds from 1601 to 1970, and ticks of a FILETIME a second. */
#define FILETIME_EPOCH  INT64_C(11644473600)
#define FILETIME_SECOND UINT64_C(10000000)

enum token {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE_START,
	TOKEN_CLOSE_EMPTY,
	TOKEN_CLOSE,
	TOKEN_VALUE,
	TOKEN_ATTRIBUTE,
	TOKEN_CDATA,
	TOKEN_CHARACTER,
	TOKEN_ENTITY,
	TOKEN_PI_TARGET,
	TOKEN_PI_DATA,
	TOKEN_TEMPLATE,
	TOKEN_SUBSTITUTION,
	TOKEN_OPTIONAL,
	TOKEN_FRAGMENT,
	TOKEN_MORE = 0x40, /* more of the same follow, or an element has attributes */
};

enum type {
	TYPE_STRING = 0x01,
	TYPE_ANSI = 0x02,
	TYPE_INT_8 = 0x03,
	TYPE_UINT_64 = 0x0A,
	TYPE_FILETIME = 0x11,
	TYPE_XML = 0x21,
	TYPE_STRINGS = 0x81,
};

/* What is said where: an element, and an attribute of it. */
enum name { NAME_OTHER, NAME_PROVIDER, NAME_EVENT_ID, NAME_TIME, NAME_DATA, NAME_NAME, NAME_SYSTEM_TIME };

static const struct {
	const char *text;
	enum name name;
} names[] = {
    {"Provider", NAME_PROVIDER}, {"EventID", NAME_EVENT_ID},       {"TimeCreated", NAME_TIME},
    {"Data", NAME_DATA},         {"SystemTime", NAME_SYSTEM_TIME}, {"Name", NAME_NAME},
};

struct value {
	uint16_t size;
	uint8_t type;
	size_t at; /* in the chunk */
};

struct values {
	struct value at[VALUES_MAX];
	size_t count;
};

struct evtx {
	const struct log_input *input;
	struct cursor chunk; /* over its 64 KiB, or what the file has of them */
	size_t chunk_offset; /* in the file */
	struct entry entry;
	uint32_t work; /* done in this chunk */
	enum name elements[DEPTH_MAX];
	size_t depth;
	enum name attribute;
	bool in_attribute;
	bool has_data; /* the Data that is open has had its string */
	size_t text_length;
	uint8_t text[TEXT_SIZE]; /* the record's strings in UTF-8 */
};

static uint32_t mark_at(struct cursor bytes, size_t offset)
{
	cursor_skip(&bytes, offset);
	return cursor_le32(&bytes);
}

static uint64_t le64(struct cursor *bytes)
{
	uint64_t low = cursor_le32(bytes);

	return (uint64_t)cursor_le32(bytes) << 32 | low;
}

static struct cursor chunk_from(const struct evtx *evtx, size_t at)
{
	struct cursor bytes = evtx->chunk;

	cursor_skip(&bytes, at);
	return bytes;
}

/* ---- What a record says ---- */

static struct cursor put_text(struct evtx *evtx, struct cursor utf_16)
{
	size_t from = evtx->text_length;

	while (cursor_readable(&utf_16) > 0 && evtx->text_length <= TEXT_SIZE - UTF_8_MAX) {
		uint32_t character = unicode_utf_16(&utf_16, true);
		if (character == '\t')
			character = ' ';
		if (character >= 0x20 || character == '\n')
			evtx->text_length += unicode_put(evtx->text + evtx->text_length, character);
	}
	return cursor_over(evtx->text + from, evtx->text_length - from);
}

static struct cursor put_number(struct evtx *evtx, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	size_t from = evtx->text_length;

	for (int i = 0; i < length && evtx->text_length < TEXT_SIZE; i++)
		evtx->text[evtx->text_length++] = (uint8_t)digits[i];
	return cursor_over(evtx->text + from, evtx->text_length - from);
}

static enum name element_of(const struct evtx *evtx)
{
	return evtx->depth == 0 || evtx->depth > DEPTH_MAX ? NAME_OTHER : evtx->elements[evtx->depth - 1];
}

static void say(struct evtx *evtx, struct cursor text)
{
	struct entry *entry = &evtx->entry;
	enum name element = element_of(evtx);
	bool utc = false;

	if (evtx->in_attribute) {
		if (element == NAME_PROVIDER && evtx->attribute == NAME_NAME)
			entry->source = text;
		else if (element == NAME_TIME && evtx->attribute == NAME_SYSTEM_TIME)
			entry_iso_time(&text, &entry->t, &utc);
	} else if (element == NAME_EVENT_ID) {
		entry_number(text, &entry->number);
	} else if (element == NAME_DATA) {
		strings_add(&entry->strings, text);
		evtx->has_data = true;
	}
}

static void say_time(struct evtx *evtx, uint64_t filetime)
{
	if (evtx->in_attribute && element_of(evtx) == NAME_TIME && filetime <= INT64_MAX)
		evtx->entry.t = (int64_t)(filetime / FILETIME_SECOND) - FILETIME_EPOCH;
}

/* The strings of a classic event are one value, each with a zero behind it. */
static void say_strings(struct evtx *evtx, struct cursor bytes)
{
	while (cursor_readable(&bytes) >= 2) {
		struct cursor string = bytes;
		size_t length = 0;
		while (cursor_readable(&bytes) >= 2 && cursor_le16(&bytes) != 0)
			length += 2;
		say(evtx, put_text(evtx, cursor_sub(&string, length)));
	}
}

static struct cursor put_bytes(struct evtx *evtx, struct cursor bytes)
{
	size_t from = evtx->text_length;

	while (cursor_readable(&bytes) > 0 && cursor_peek(&bytes) != 0 && evtx->text_length <= TEXT_SIZE - UTF_8_MAX)
		evtx->text_length += unicode_put(evtx->text + evtx->text_length, cursor_u8(&bytes));
	return cursor_over(evtx->text + from, evtx->text_length - from);
}

/* False: no log makes so much work. */
static bool spend(struct evtx *evtx, uint32_t work)
{
	evtx->work = work < WORK_MAX - evtx->work ? evtx->work + work : WORK_MAX;
	return evtx->work < WORK_MAX;
}

static bool read_fragment(struct evtx *evtx, struct cursor bytes, const struct values *values, unsigned nesting);

static bool say_value(struct evtx *evtx, const struct value *value, unsigned nesting)
{
	struct cursor bytes = chunk_from(evtx, value->at);
	uint64_t number = 0;

	bytes = cursor_sub(&bytes, value->size);
	if (!spend(evtx, value->size))
		return false;
	if (value->type == TYPE_XML)
		return read_fragment(evtx, bytes, NULL, nesting + 1);
	if (value->type == TYPE_STRING) {
		say(evtx, put_text(evtx, bytes));
	} else if (value->type == TYPE_STRINGS) {
		say_strings(evtx, bytes);
	} else if (value->type == TYPE_ANSI) {
		say(evtx, put_bytes(evtx, bytes));
	} else if (value->type == TYPE_FILETIME && value->size == 8) {
		say_time(evtx, le64(&bytes));
	} else if (value->type >= TYPE_INT_8 && value->type <= TYPE_UINT_64 && value->size <= 8) {
		for (unsigned i = 0; i < value->size; i++)
			number |= (uint64_t)cursor_u8(&bytes) << (8 * i);
		say(evtx, put_number(evtx, number));
	}
	return true;
}

/* ---- Tokens ---- */

/* The name at a place of the chunk. False: there is none there. */
static bool read_name(const struct evtx *evtx, size_t at, enum name *name, size_t *size)
{
	struct cursor bytes = chunk_from(evtx, at);
	char text[NAME_SIZE] = "";

	cursor_skip(&bytes, 6);
	uint16_t length = cursor_le16(&bytes);
	*size = 8 + 2 * ((size_t)length + 1);
	if (at < CHUNK_HEADER || length == 0 || length > 255)
		return false;
	for (uint16_t i = 0; i < length; i++) {
		uint16_t character = cursor_le16(&bytes);
		if (i < NAME_SIZE - 1)
			text[i] = (char)(character < 0x80 ? character : '?');
	}
	if (cursor_le16(&bytes) != 0 || !cursor_good(&bytes))
		return false;
	*name = NAME_OTHER;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cursor probe = cursor_over(text, length < NAME_SIZE ? length : NAME_SIZE - 1);
		if (scan_words(&probe, names[i].text) && cursor_readable(&probe) == 0)
			*name = names[i].name;
	}
	return true;
}

/* Where a name lies; if that is right here, it is passed. */
static bool take_name(const struct evtx *evtx, struct cursor *bytes, enum name *name)
{
	size_t size = 0;
	uint32_t at = cursor_le32(bytes);
	size_t here = (size_t)(bytes->data - evtx->chunk.data) + bytes->position;

	if (!cursor_good(bytes) || !read_name(evtx, at, name, &size))
		return false;
	if (at == here)
		cursor_skip(bytes, size);
	return cursor_good(bytes);
}

static bool open_element(struct evtx *evtx, struct cursor *bytes, bool attributes)
{
	enum name name = NAME_OTHER;
	struct cursor probe = *bytes;

	/* Which value an element depends on stands only before those of templates; a name shows where it lies. */
	cursor_skip(&probe, 2 + 4);
	if (!take_name(evtx, &probe, &name)) {
		probe = *bytes;
		cursor_skip(&probe, 4);
		if (!take_name(evtx, &probe, &name))
			return false;
	}
	*bytes = probe;
	if (attributes)
		cursor_skip(bytes, 4);
	if (evtx->depth < DEPTH_MAX)
		evtx->elements[evtx->depth] = name;
	evtx->depth++;
	evtx->in_attribute = false;
	evtx->has_data = false;
	return cursor_good(bytes);
}

static bool close_element(struct evtx *evtx)
{
	if (evtx->depth == 0)
		return false;
	evtx->in_attribute = false;
	/* An empty string has its place among the strings too. */
	if (element_of(evtx) == NAME_DATA && !evtx->has_data)
		say(evtx, cursor_over(NULL, 0));
	evtx->depth--;
	return true;
}

/* A template instance: the template, which may lie right here, and the values for it. */
static bool take_template(struct evtx *evtx, struct cursor *bytes, unsigned nesting)
{
	struct values *values = memory_get(sizeof(*values));
	size_t base = (size_t)(bytes->data - evtx->chunk.data);

	cursor_skip(bytes, 5);
	uint32_t at = cursor_le32(bytes);
	struct cursor template = chunk_from(evtx, at);
	cursor_skip(&template, TEMPLATE_HEADER - 4);
	uint32_t size = cursor_le32(&template);
	template = cursor_sub(&template, size);
	if (at == base + bytes->position)
		cursor_skip(bytes, TEMPLATE_HEADER + (size_t)size);
	uint32_t count = cursor_le32(bytes);
	bool good =
	    cursor_good(bytes) && cursor_good(&template) && count <= cursor_left(bytes) / 4 && spend(evtx, count);
	values->count = count < VALUES_MAX ? count : VALUES_MAX;
	struct cursor sizes = *bytes;
	cursor_skip(bytes, 4 * (size_t)count);
	for (uint32_t i = 0; good && i < count; i++) {
		struct value value = {.size = cursor_le16(&sizes), .type = cursor_u8(&sizes)};
		cursor_skip(&sizes, 1);
		value.at = base + bytes->position;
		cursor_skip(bytes, value.size);
		good = cursor_good(bytes);
		if (i < VALUES_MAX)
			values->at[i] = value;
	}
	good = good && read_fragment(evtx, template, values, nesting + 1);
	free(values);
	return good;
}

static bool take_substitution(struct evtx *evtx, struct cursor *bytes, const struct values *values, unsigned nesting)
{
	uint16_t index = cursor_le16(bytes);

	cursor_skip(bytes, 1);
	if (!cursor_good(bytes) || values == NULL)
		return false;
	return index >= values->count || values->at[index].size == 0 || say_value(evtx, &values->at[index], nesting);
}

static bool take_characters(struct evtx *evtx, struct cursor *bytes, bool said)
{
	uint16_t length = cursor_le16(bytes);
	struct cursor text = cursor_sub(bytes, 2 * (size_t)length);

	if (said && cursor_good(bytes))
		say(evtx, put_text(evtx, text));
	return cursor_good(bytes);
}

static bool take_token(struct evtx *evtx, struct cursor *bytes, uint8_t token, const struct values *values,
		       unsigned nesting)
{
	enum name name = NAME_OTHER;

	switch (token & ~(unsigned)TOKEN_MORE) {
	case TOKEN_OPEN:
		return open_element(evtx, bytes, (token & TOKEN_MORE) != 0);
	case TOKEN_CLOSE_START:
		evtx->in_attribute = false;
		return true;
	case TOKEN_CLOSE_EMPTY:
	case TOKEN_CLOSE:
		return close_element(evtx);
	case TOKEN_VALUE:
		return cursor_u8(bytes) == TYPE_STRING && take_characters(evtx, bytes, true);
	case TOKEN_ATTRIBUTE:
		evtx->in_attribute = true;
		return take_name(evtx, bytes, &evtx->attribute);
	case TOKEN_CDATA:
		return take_characters(evtx, bytes, true);
	case TOKEN_CHARACTER:
		cursor_skip(bytes, 2);
		return cursor_good(bytes);
	case TOKEN_ENTITY:
	case TOKEN_PI_TARGET:
		return take_name(evtx, bytes, &name);
	case TOKEN_PI_DATA:
		return take_characters(evtx, bytes, false);
	case TOKEN_TEMPLATE:
		return take_template(evtx, bytes, nesting);
	case TOKEN_SUBSTITUTION:
	case TOKEN_OPTIONAL:
		return take_substitution(evtx, bytes, values, nesting);
	case TOKEN_FRAGMENT:
		cursor_skip(bytes, 3);
		return cursor_good(bytes);
	default:
		return false;
	}
}

/* False: bytes are no binary XML, or more of it than a log has. */
static bool read_fragment(struct evtx *evtx, struct cursor bytes, const struct values *values, unsigned nesting)
{
	if (nesting > NESTING_MAX)
		return false;
	while (cursor_readable(&bytes) > 0) {
		uint8_t token = cursor_u8(&bytes);
		if (token == TOKEN_END)
			return true;
		if (!spend(evtx, 1) || !take_token(evtx, &bytes, token, values, nesting))
			return false;
	}
	return cursor_good(&bytes);
}

/* ---- Records and chunks ---- */

static void read_record(struct evtx *evtx, size_t at, uint32_t size, bool recovered)
{
	struct cursor bytes = chunk_from(evtx, at);
	struct cursor record = cursor_sub(&bytes, size - 4);
	char sentence[160];

	entry_clear(&evtx->entry);
	evtx->depth = 0;
	evtx->in_attribute = false;
	evtx->text_length = 0;
	cursor_skip(&record, 8);
	uint64_t number = le64(&record);
	uint64_t written = le64(&record);
	evtx->entry.offset = evtx->chunk_offset + at;
	evtx->entry.record_number = number <= INT64_MAX ? (int64_t)number : EVENT_LACKS;
	evtx->entry.utc = true;
	bool good = read_fragment(evtx, record, NULL, 0);
	/* What the log has dropped may have lost the names and templates that it had; then there is nothing to tell. */
	if (recovered && !good)
		return;
	evtx->input->log->recovered_count += recovered;
	if (!good) {
		snprintf(sentence, sizeof(sentence), "record %" PRIu64 " is damaged: its binary XML cannot be read",
			 number);
		log_problem(evtx->input, 0, evtx->entry.offset, sentence);
	}
	if (evtx->entry.t == INT64_MIN && written <= INT64_MAX)
		evtx->entry.t = (int64_t)(written / FILETIME_SECOND) - FILETIME_EPOCH;
	/* What cannot be named is damage that was told of above; not an event of anybody. */
	if (cursor_readable(&evtx->entry.source) > 0 || evtx->entry.strings.count > 0)
		entry_take(evtx->input, &evtx->entry);
	else
		evtx->input->log->foreign_count++;
}

static bool is_record(const struct evtx *evtx, size_t at, uint32_t *size)
{
	size_t length = cursor_readable(&evtx->chunk);

	if (length < RECORD_LEAST || at > length - RECORD_LEAST || mark_at(evtx->chunk, at) != RECORD_MARK)
		return false;
	*size = mark_at(evtx->chunk, at + 4);
	return *size >= RECORD_LEAST && *size <= length - at && mark_at(evtx->chunk, at + *size - 4) == *size;
}

/* The records behind each other without holes, then, behind the chunk's free space, those that it had before. */
static void read_chunk(struct evtx *evtx)
{
	size_t length = cursor_readable(&evtx->chunk);
	size_t used = mark_at(evtx->chunk, 48);
	uint32_t size = 0;
	bool in_hole = false;

	if (used < CHUNK_HEADER || used > length)
		used = length;
	for (size_t at = CHUNK_HEADER; at + RECORD_LEAST <= length;) {
		if (is_record(evtx, at, &size)) {
			read_record(evtx, at, size, at >= used);
			at += size;
			in_hole = false;
			continue;
		}
		if (at < used && !in_hole)
			log_problem(evtx->input, 0, evtx->chunk_offset + at,
				    "the bytes from here to the next record are none");
		in_hole = true;
		at += 4;
	}
}

struct chunk_place {
	size_t length;
	size_t offset;
	uint64_t first; /* number of its first record */
};

static int by_first(const void *left, const void *right)
{
	const struct chunk_place *a = left;
	const struct chunk_place *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static bool is_chunk(struct cursor bytes)
{
	return mark_at(bytes, 0) == 0x43666C45 && mark_at(bytes, 4) == 0x006B6E68;
}

static struct cursor bytes_from(const struct log_input *input, size_t offset)
{
	struct cursor bytes = cursor_over(input->data, input->length);

	cursor_skip(&bytes, offset);
	return bytes;
}

static bool is_file(struct cursor bytes)
{
	return mark_at(bytes, 0) == 0x46666C45 && mark_at(bytes, 4) == 0x00656C69;
}

/* By the file's mark, or by that of the first chunk: the header of the file is not needed to read it. */
static bool is_evtx(const struct log_input *input)
{
	return is_file(bytes_from(input, 0)) || is_chunk(bytes_from(input, 0)) ||
	       (input->length > FILE_HEADER && is_chunk(bytes_from(input, FILE_HEADER)));
}

static bool all_zero(struct cursor bytes)
{
	while (cursor_readable(&bytes) > 0)
		if (cursor_u8(&bytes) != 0)
			return false;
	return true;
}

/* Whether there are records at a chunk's place; what is neither they nor empty is told of. */
static bool check_chunk(struct evtx *evtx)
{
	bool marked = is_chunk(evtx->chunk);

	if (!marked && all_zero(evtx->chunk))
		return false;
	size_t length = cursor_readable(&evtx->chunk);
	if (length < CHUNK_SIZE && evtx->chunk_offset + length < evtx->input->length)
		log_problem(evtx->input, 0, evtx->chunk_offset, "this chunk of the log lacks bytes");
	else if (length < CHUNK_SIZE)
		log_problem(evtx->input, 0, evtx->chunk_offset, "the log is cut off within this chunk");
	else if (!marked)
		log_problem(evtx->input, 0, evtx->chunk_offset, "a chunk of the log has lost its mark");
	return true;
}

static void open_chunk(struct evtx *evtx, const struct chunk_place *place)
{
	struct cursor bytes = bytes_from(evtx->input, place->offset);

	evtx->chunk_offset = place->offset;
	evtx->work = 0;
	evtx->chunk = cursor_over(cursor_take(&bytes, place->length), place->length);
}

/*
 * How long the chunk at offset is: to where the next begins, which is seen by its mark where bytes were lost or put in,
 * and is in its place otherwise.
 */
static size_t chunk_length(const struct log_input *input, size_t offset)
{
	size_t most = input->length - offset < CHUNK_SIZE ? input->length - offset : CHUNK_SIZE;
	struct cursor bytes = bytes_from(input, offset);

	cursor_skip(&bytes, 1);
	for (size_t at = 1; at < most; at++) {
		/* With the size of its header, or it may be words in a record. */
		if (cursor_peek(&bytes) == 'E' && is_chunk(bytes) && mark_at(bytes, 40) == 128)
			return at;
		cursor_skip(&bytes, 1);
	}
	return most;
}

/* Chunks are used in a ring: the oldest records first. */
static void read_evtx(const struct log_input *input)
{
	struct evtx *evtx = memory_get_zeroed(1, sizeof(*evtx));
	struct chunk_place *chunks = NULL;
	size_t count = 0;
	size_t room = 0;
	size_t before = entry_count(input->log);

	bool headless = is_chunk(bytes_from(input, 0));
	if (headless || !is_file(bytes_from(input, 0)))
		log_problem(input, 0, 0, "this .evtx event log has lost its header: what is there is read");
	else if (input->length <= FILE_HEADER)
		log_problem(input, 0, 0, "this .evtx event log is cut off within its header");
	evtx->input = input;
	for (size_t offset = headless ? 0 : FILE_HEADER; offset < input->length;) {
		struct chunk_place place = {.offset = offset, .length = chunk_length(input, offset)};
		offset += place.length;
		open_chunk(evtx, &place);
		if (!check_chunk(evtx))
			continue;
		struct cursor first = chunk_from(evtx, 24);
		place.first = le64(&first);
		chunks = memory_grow(chunks, count, &room, sizeof(*chunks));
		chunks[count++] = place;
	}
	if (count > 0)
		qsort(chunks, count, sizeof(*chunks), by_first);
	for (size_t i = 0; i < count; i++) {
		open_chunk(evtx, &chunks[i]);
		read_chunk(evtx);
	}
	if (input->length > FILE_HEADER || headless)
		entry_end(input, before);
	free(chunks);
	free(evtx);
}

const struct event_format format_evtx = {".evtx event log", is_evtx, read_evtx, NULL};
