/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parts.h"

#include "base/memory.h"
#include "base/path.h"
#include "capture/format.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Keeps a text for as long as parts is there. */
static char *keep(struct parts *parts, char *text)
{
	parts->texts = memory_grow(parts->texts, parts->text_count, &parts->text_capacity, sizeof(char *));
	parts->texts[parts->text_count++] = text;
	return text;
}

void parts_free(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		free((void *)parts->list[i].files);
	for (size_t i = 0; i < parts->text_count; i++)
		free(parts->texts[i]);
	free(parts->texts);
	free(parts->list);
	free(parts->folder);
	*parts = (struct parts){0};
}

/* A number of a shard, with end behind it. */
static bool take_number(const char **text, char end, uint32_t *number)
{
	char *rest;
	unsigned long value = strtoul(*text, &rest, 10);
	bool good = **text >= '0' && **text <= '9' && *rest == end && value >= 1 && value <= PART_SHARDS;

	*number = good ? (uint32_t)value : 0;
	*text = good && end != '\0' ? rest + 1 : rest;
	return good;
}

bool parse_shard(const char *text, uint32_t *shard, uint32_t *shards)
{
	return take_number(&text, '/', shard) && take_number(&text, '\0', shards) && *shard <= *shards;
}

static void add_file(struct capture_part *part, const char *file)
{
	part->files = memory_resize((void *)part->files, (part->file_count + 1) * sizeof *part->files);
	((const char **)part->files)[part->file_count++] = file;
}

/* ---- Parts to be written ---- */

static bool make_folder(const char *folder)
{
	struct stat about;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "mtascope: %s: the folder for the parts cannot be made: %s\n", folder, strerror(errno));
		return false;
	}
	if (stat(folder, &about) == 0 && S_ISDIR(about.st_mode) && access(folder, R_OK | W_OK | X_OK) == 0)
		return true;
	fprintf(stderr, "mtascope: %s: parts cannot be written there: give a folder that you may write to\n", folder);
	return false;
}

static int by_number(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Rising, each once. */
static size_t sort_ports(uint16_t *ports, const struct watched_ports *from)
{
	size_t count = 0;

	static_assert((unsigned)WATCHED_PORTS == (unsigned)PART_PORTS, "a part names all of them");
	memcpy(ports, from->list, from->count * sizeof *ports);
	qsort(ports, from->count, sizeof *ports, by_number);
	for (size_t i = 0; i < from->count; i++)
		if (i == 0 || ports[i] != ports[count - 1])
			ports[count++] = ports[i];
	return count;
}

/* What a tree of parts' own texts points to stays. */
static void keep_text(void *text)
{
	(void)text;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/*
 * The capture's part: its file's name with what shard it is. Where another capture's part is called so, a number makes
 * them two; what is no part is never written over.
 */
static bool place_part(struct parts *parts, size_t index, void **taken)
{
	enum { TRIES = 1000 };
	struct capture_part *part = &parts->list[index];
	const char *name = part->head.name;
	const char *base = strcmp(name, "-") == 0 ? "stdin" : path_name(name);
	const struct part_terms *terms = &part->head.terms;

	for (unsigned i = 1; i < TRIES; i++) {
		char shard[32] = "", number[16] = "";
		char *path;
		bool whose;
		if (terms->shards > 1)
			snprintf(shard, sizeof shard, ".%" PRIu32 "of%" PRIu32, terms->shard, terms->shards);
		if (i > 1)
			snprintf(number, sizeof number, "-%u", i);
		if (asprintf(&path, "%s/%s%s%s.part", parts->folder, base, number, shard) < 0)
			return false;
		keep(parts, path);
		if (tfind(path, taken, by_text) != NULL)
			continue;
		bool fits = part_fits(path, &part->head, &whose);
		if (!fits && !whose && access(path, F_OK) == 0)
			continue;
		if (fits)
			add_file(part, path);
		else
			part->written = path;
		return tsearch(path, taken, by_text) != NULL;
	}
	fprintf(stderr, "mtascope: %s: there is no name left for the part of %s: give another folder\n", parts->folder,
		name);
	return false;
}

bool parts_plan(struct parts *parts, const struct parts_request *request)
{
	struct part_terms terms = {.version = MTASCOPE_VERSION,
				   .any = request->ports->any,
				   .filter = request->filter,
				   .shard = request->shard,
				   .shards = request->shards};

	void *taken = NULL; /* the names of parts, as a tree */
	bool placed = true;

	if (!make_folder(request->folder))
		return false;
	terms.port_count = sort_ports(terms.ports, request->ports);
	parts->folder = memory_text(request->folder, strlen(request->folder));
	parts->list = memory_get_zeroed(request->count, sizeof *parts->list);
	parts->count = request->count;
	for (size_t i = 0; i < request->count && placed; i++) {
		struct capture_part *part = &parts->list[i];
		struct stat about;
		part->head.terms = terms;
		part->head.name = (char *)request->captures[i];
		if (strcmp(request->captures[i], "-") != 0 && stat(request->captures[i], &about) == 0 &&
		    S_ISREG(about.st_mode)) {
			part->head.size = (uint64_t)about.st_size;
			part->head.modified = about.st_mtim.tv_sec * NS_PER_S + about.st_mtim.tv_nsec;
		}
		part->folder = parts->folder;
		placed = place_part(parts, i, &taken);
	}
	tdestroy(taken, keep_text);
	return placed;
}

bool parts_written(const struct parts *parts)
{
	bool all = true;

	for (size_t i = 0; i < parts->count; i++) {
		const char *path = parts->list[i].written;
		if (path == NULL || access(path, F_OK) == 0)
			continue;
		fprintf(stderr, "mtascope: %s: the part could not be written: see whether the disk is full\n", path);
		all = false;
	}
	return all;
}

/* ---- Parts to be read ---- */

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Records are text: one JSON object a line, and in the first few bytes of the first what record it is. */
static bool looks_like_records(const uint8_t *data, size_t length)
{
	static const char begin[] = "{\"record\":";

	return length >= sizeof begin - 1 && memcmp(data, begin, sizeof begin - 1) == 0;
}

enum looks { LOOKS_LIKE_PART, LOOKS_LIKE_LOG, LOOKS_WRONG };

static enum looks look_at(const char *file, const uint8_t *data, size_t length)
{
	if (part_probe(data, length) || ends_in(file, ".part"))
		return LOOKS_LIKE_PART;
	if (looks_like_records(data, length)) {
		fprintf(
		    stderr,
		    "mtascope: %s: records cannot be merged, for a judgement rests on more than they hold: analyze the "
		    "captures with --parts DIR, and merge what it writes there\n",
		    file);
		return LOOKS_WRONG;
	}
	if (capture_reader_of(data, length) == NULL)
		return LOOKS_LIKE_LOG;
	fprintf(stderr,
		"mtascope: %s: this is a capture: `mtascope analyze --parts DIR %s` makes a part of it, which can be "
		"merged\n",
		file, file);
	return LOOKS_WRONG;
}

/* Of one capture, wherever it lay when they were made. */
static bool is_shard_of(const struct part_head *a, const struct part_head *b)
{
	return a->terms.shards > 1 && a->terms.shards == b->terms.shards && a->size == b->size &&
	       strcmp(path_name(a->name), path_name(b->name)) == 0;
}

static void print_terms(const char *file, const struct part_terms *terms)
{
	fprintf(stderr, "mtascope: %s: made by mtascope %s", file, terms->version);
	for (size_t i = 0; i < terms->port_count; i++)
		fprintf(stderr, "%s%u", i == 0 ? " with --port " : ", ", (unsigned)terms->ports[i]);
	fprintf(stderr, "%s%s%s%s\n", terms->any ? " and auto" : "", terms->filter != NULL ? ", --filter '" : "",
		terms->filter != NULL ? terms->filter : "", terms->filter != NULL ? "'" : "");
}

static bool go_together(const struct capture_part *first, const char *file, const struct part_head *head)
{
	if (part_terms_agree(&first->head.terms, &head->terms))
		return true;
	print_terms(first->files[0], &first->head.terms);
	print_terms(file, &head->terms);
	fputs("mtascope: parts that were made with other options cannot be merged: make them anew with the same\n",
	      stderr);
	return false;
}

/* The first of which the head could be read; NULL: there is none. */
static const struct capture_part *first_known(const struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		if (parts->list[i].head.version != NULL)
			return &parts->list[i];
	return NULL;
}

/* What the new capture's head points to is parts' own from now on. */
static void add_capture(struct parts *parts, const char *file, const struct part_head *head)
{
	parts->list = memory_resize(parts->list, (parts->count + 1) * sizeof *parts->list);
	struct capture_part *part = &parts->list[parts->count++];
	*part = (struct capture_part){.head = *head};
	add_file(part, file);
	keep(parts, head->name);
	keep(parts, head->format);
	keep(parts, head->compression);
	keep(parts, head->version);
	keep(parts, head->filter);
}

/* False, with a message, when the part does not go with the others. */
static bool take_part(struct parts *parts, const char *file, struct part_head *head)
{
	const struct capture_part *first = first_known(parts);

	if (first != NULL && !go_together(first, file, head)) {
		part_head_free(head);
		return false;
	}
	for (size_t i = 0; i < parts->count && head->terms.shards > 1; i++) {
		if (!is_shard_of(&parts->list[i].head, head))
			continue;
		add_file(&parts->list[i], file);
		part_head_free(head);
		return true;
	}
	add_capture(parts, file, head);
	return true;
}

/* What may be a log is left alone. False, with a message, when it is nothing that can be merged. */
static bool take_file(struct parts *parts, const char *file, bool *taken)
{
	struct part_head head = {0};
	struct input input;
	size_t available;
	bool opened = input_open(&input, file, INPUT_PEEK, NULL) == 0;
	const uint8_t *data = opened ? input_look(&input, INPUT_PEEK, &available) : NULL;
	enum looks looks = look_at(file, data, opened ? available : 0);
	bool known = looks == LOOKS_LIKE_PART && opened && part_head_read(&input, &head);

	if (opened)
		input_close(&input);
	*taken = looks == LOOKS_LIKE_PART;
	if (known)
		return take_part(parts, file, &head);
	if (looks != LOOKS_LIKE_PART)
		return looks == LOOKS_LIKE_LOG;
	/* What it is a part of can't be known: that is said when it is read. */
	head.name = memory_text(file, strlen(file));
	add_capture(parts, file, &head);
	return true;
}

bool parts_collect(struct parts *parts, const char *const *files, size_t count, bool *taken)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(files[i], "-") == 0) {
			fputs("mtascope: parts are looked at before they are read, so none can come from standard "
			      "input\n",
			      stderr);
			return false;
		}
		if (!take_file(parts, files[i], &taken[i]))
			return false;
	}
	return true;
}

const struct part_terms *parts_terms(const struct parts *parts)
{
	const struct capture_part *first = first_known(parts);

	return first == NULL ? NULL : &first->head.terms;
}

const char *parts_without_capture(const struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		const struct part_head *head = &parts->list[i].head;
		struct stat about;
		if (head->version == NULL || stat(head->name, &about) != 0 || !S_ISREG(about.st_mode) ||
		    (uint64_t)about.st_size != head->size)
			return head->name;
	}
	return NULL;
}
