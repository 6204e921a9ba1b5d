/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/log.h"

#include "base/memory.h"
#include "events/entry.h"
#include "events/foreign.h"
#include "events/sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Programs that logs are mistaken for first, since text is read whatever it holds. */
static const struct event_format *const whole[] = {&format_evt, &format_evtx, &format_foreign};

/* What a text may be that says nowhere for certain. */
static const struct event_format *const texts[] = {&format_xml, &format_listing, &format_table, &format_text};

/* Strings live until the log goes, so they need no header of their own: they are cut from chunks. */
struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	char bytes[];
};

enum { CHUNK_SIZE = 65536 };

struct event_store {
	struct chunk *chunks;
	size_t source_room;
	size_t event_room;
	size_t problem_room;
	size_t unread_room;
};

void event_log_init(struct event_log *log)
{
	*log = (struct event_log){.owned = memory_get_zeroed(1, sizeof(struct event_store))};
}

void event_log_free(struct event_log *log)
{
	struct event_store *store = log->owned;

	while (store != NULL && store->chunks != NULL) {
		struct chunk *next = store->chunks->next;
		free(store->chunks);
		store->chunks = next;
	}
	free(store);
	free(log->sources);
	free(log->events);
	free(log->incidents);
	free(log->problems);
	free(log->unread);
	*log = (struct event_log){0};
}

static char *room_for(struct event_log *log, size_t size)
{
	struct event_store *store = log->owned;
	struct chunk *chunk = store->chunks;

	if (chunk == NULL || size > chunk->size - chunk->used) {
		size_t fresh = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		chunk = memory_get(sizeof(*chunk) + fresh);
		chunk->next = store->chunks;
		chunk->used = 0;
		chunk->size = fresh;
		store->chunks = chunk;
	}
	char *room = chunk->bytes + chunk->used;
	chunk->used += size;
	return room;
}

const char *log_keep(struct event_log *log, struct cursor text)
{
	size_t length = cursor_readable(&text);
	char *copy = room_for(log, length + 1);

	if (length > 0)
		memcpy(copy, cursor_take(&text, length), length);
	copy[length] = '\0';
	return copy;
}

const char *log_keep_words(struct event_log *log, struct cursor text)
{
	char *copy = room_for(log, cursor_readable(&text) + 1);
	size_t length = 0;

	while (cursor_readable(&text) > 0) {
		uint8_t byte = cursor_u8(&text);
		bool space = byte == ' ' || byte == '\n';
		if (!space || (length > 0 && copy[length - 1] != ' '))
			copy[length++] = (char)(space ? ' ' : byte);
	}
	copy[length] = '\0';
	return copy;
}

struct event *log_append(const struct log_input *input)
{
	struct event_log *log = input->log;
	struct event_store *store = log->owned;

	log->events = memory_grow(log->events, log->event_count, &store->event_room, sizeof(*log->events));
	struct event *event = &log->events[log->event_count++];
	*event = (struct event){
	    .id = (uint32_t)log->event_count,
	    .source = input->source,
	    .record_number = EVENT_LACKS,
	    .number = EVENT_LACKS,
	    .severity = EVENT_LACKS,
	    .thread = EVENT_LACKS,
	    .process = EVENT_LACKS,
	    .t_local = INT64_MIN,
	    .cb = EVENT_LACKS,
	    .error_code = EVENT_LACKS,
	    .socket_error = EVENT_LACKS,
	};
	return event;
}

void log_lines(const struct log_input *input, struct line_reader *lines)
{
	lines_open(lines, input->data, input->length, input->encoding);
	lines->next_line += input->lines_before;
	lines->base = input->offset;
}

void log_problem(const struct log_input *input, int64_t line, uint64_t offset, const char *says)
{
	struct event_log *log = input->log;
	struct event_store *store = log->owned;

	if (log->problem_count >= EVENT_PROBLEMS_STORED) {
		log->problems_left_off++;
		return;
	}
	log->problems = memory_grow(log->problems, log->problem_count, &store->problem_room, sizeof(*log->problems));
	log->problems[log->problem_count++] = (struct event_problem){
	    .source = input->source,
	    .line = line,
	    .offset = offset,
	    .says = log_keep(log, cursor_over(says, strlen(says))),
	};
}

static const struct event_format *format_of(const struct event_format *const *list, size_t count,
					    const struct log_input *input)
{
	for (size_t i = 0; i < count; i++)
		if (list[i]->probe(input))
			return list[i];
	return NULL;
}

static struct log_input part_of(const struct log_input *input, const struct section *section, size_t count)
{
	struct log_input part = *input;

	part.data = input->data + section->from;
	part.length = section->to - section->from;
	part.is_part = count > 1;
	part.encoding = section->encoding;
	part.lines_before = section->lines_before;
	part.offset = section->from;
	return part;
}

/* A part that leaves the order of its dates open takes that of the others. */
static void set_orders(struct log_input *part, struct dates *dates, const struct dates *all)
{
	for (unsigned i = 0; i < DATE_MARKS; i++) {
		if (!dates_decided(&dates->at[i]) && dates_decided(&all->at[i])) {
			part->orders.of[i] = dates_order(&all->at[i], i);
			dates->at[i].open = 0;
		} else {
			part->orders.of[i] = dates_order(&dates->at[i], i);
		}
	}
}

static void read_part(const struct event_format *format, const struct log_input *part, const struct dates *dates)
{
	size_t before = entry_count(part->log);

	format->read(part);
	for (unsigned i = 0; i < DATE_MARKS && entry_count(part->log) > before; i++) {
		const char *says = dates_explain(&dates->at[i], i, part->orders.of[i]);
		if (says != NULL)
			log_problem(part, part->lines_before + 1, part->offset, says);
	}
}

static void read_parts(const struct log_input *input, struct sections *sections)
{
	struct dates *dates = memory_get_zeroed(sections->count, sizeof(*dates));
	struct dates all = {0};

	for (size_t i = 0; i < sections->count; i++) {
		struct section *section = &sections->at[i];
		if (section->encoding == LINES_NARROW)
			section->encoding = lines_page(input->data + section->from, section->to - section->from);
		struct log_input part = part_of(input, section, sections->count);
		if (section->format == NULL)
			section->format = format_of(texts, sizeof(texts) / sizeof(texts[0]), &part);
		if (section->format->see != NULL)
			section->format->see(&part, &dates[i]);
		dates_add(&all, &dates[i]);
	}
	for (size_t i = 0; i < sections->count; i++) {
		struct log_input part = part_of(input, &sections->at[i], sections->count);
		set_orders(&part, &dates[i], &all);
		read_part(sections->at[i].format, &part, &dates[i]);
	}
	free(dates);
}

static void read_text(const struct log_input *input)
{
	struct event_log *log = input->log;
	struct sections sections;
	size_t events = entry_count(log);
	size_t foreign = log->foreign_count;
	size_t problems = log->problem_count + log->problems_left_off;

	sections_find(&sections, input->data, input->length);
	read_parts(input, &sections);
	if (sections.count > 1 && entry_count(log) == events && log->foreign_count > foreign)
		entry_end(input, events);
	else if (sections.count > 1 && entry_count(log) == events &&
		 log->problem_count + log->problems_left_off == problems)
		log_problem(input, 1, 0, foreign_explain(input));
	sections_free(&sections);
}

static const char *keep_text(struct event_log *log, const char *text)
{
	return text == NULL ? NULL : log_keep(log, cursor_over(text, strlen(text)));
}

void event_log_add_source(struct event_log *log, const char *name)
{
	struct event_store *store = log->owned;

	log->sources = memory_grow(log->sources, log->source_count, &store->source_room, sizeof(*log->sources));
	log->sources[log->source_count++] = keep_text(log, name);
}

void event_log_unread(struct event_log *log, const char *name, const char *reason)
{
	struct event_store *store = log->owned;
	size_t size = strlen(name) + strlen(reason) + sizeof ": cannot be read: ";
	char *says = room_for(log, size);

	snprintf(says, size, "%s: cannot be read: %s", name, reason);
	log->unread = memory_grow(log->unread, log->unread_count, &store->unread_room, sizeof(*log->unread));
	log->unread[log->unread_count++] = says;
}

void event_log_add(struct event_log *log, const struct event *event)
{
	const struct log_input input = {.log = log, .source = event->source};
	struct event *added = log_append(&input);
	uint32_t id = added->id;

	*added = *event;
	added->id = id;
	added->duplicate_of = 0;
	added->component = keep_text(log, event->component);
	added->thread_name = keep_text(log, event->thread_name);
	added->class_name = keep_text(log, event->class_name);
	added->message_type = keep_text(log, event->message_type);
	added->peer_name = keep_text(log, event->peer_name);
	added->text = keep_text(log, event->text);
}

bool event_log_read(struct event_log *log, const char *name, const uint8_t *data, size_t length)
{
	struct log_input input = {.log = log, .source = (uint32_t)log->source_count, .data = data, .length = length};
	size_t problems = log->problem_count + log->problems_left_off;

	event_log_add_source(log, name);
	const struct event_format *format = format_of(whole, sizeof(whole) / sizeof(whole[0]), &input);
	if (format != NULL)
		format->read(&input);
	else
		read_text(&input);
	return log->problem_count + log->problems_left_off == problems;
}
