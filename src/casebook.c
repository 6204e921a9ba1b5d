/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "casebook.h"

#include "base/memory.h"
#include "base/path.h"
#include "case/case.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BYTES_FULL = 4 << 20,
	BYTES_MOST = 32 << 20,
};

/* A record, and of a connection's what the record does not tell exactly. */
struct line {
	char *text;
	size_t length;
	uint32_t id; /* 0: no connection's */
	time_ns first, last;
	struct moment close;
};

struct casebook {
	char path[PATH_MAX];
	int64_t run;
	uint32_t last_connection; /* of the case, when it was opened last */
	struct line *lines;
	size_t count, capacity, bytes;
	struct line connection; /* whose record comes next */
	uint64_t lost;
	char says[512];
};

/* The whole name: a confined program does not know the folder that it is in. */
static bool whole_path(const char *path, char *whole, size_t size)
{
	char *folder = path_folder(path);
	char *real = realpath(folder, NULL);
	int length = real == NULL ? -1 : snprintf(whole, size, "%s/%s", real, path_name(path));

	free(folder);
	free(real);
	return length >= 0 && (size_t)length < size;
}

/* What root makes belongs to who has the folder: that is who root may become. */
static void give_to_folder(const char *path)
{
	char *name = path_folder(path), other[PATH_MAX + 16];
	struct stat folder;
	bool found = geteuid() == 0 && stat(name, &folder) == 0 && folder.st_uid != 0;

	free(name);
	if (!found)
		return;
	/* Without them later openings fail, and are told of. */
	(void)!lchown(path, folder.st_uid, folder.st_gid);
	snprintf(other, sizeof other, "%s-journal", path);
	(void)!lchown(other, folder.st_uid, folder.st_gid);
}

struct casebook *casebook_open(const char *path, char **error)
{
	struct casebook *casebook = memory_get_zeroed(1, sizeof *casebook);
	struct case_settings settings = {0};
	bool is_there = false;

	*error = NULL;
	if (!whole_path(path, casebook->path, sizeof casebook->path)) {
		if (asprintf(error, "%s: there is no such folder", path) < 0)
			*error = NULL;
		free(casebook);
		return NULL;
	}
	bool is_new = access(casebook->path, F_OK) != 0;
	struct case_file *file = case_open(casebook->path, &settings, error);
	const char *why = NULL;
	if (file != NULL) {
		casebook->run = case_number_of_run(file);
		casebook->last_connection = case_past(file)->last_connection;
		why = case_keep(file, TIME_NONE, TIME_NONE, &is_there);
		if (why != NULL && asprintf(error, "%s: %s", path, why) < 0)
			*error = NULL;
	}
	case_close(file);
	if (file != NULL && why == NULL) {
		if (is_new)
			give_to_folder(casebook->path);
		return casebook;
	}
	free(casebook);
	return NULL;
}

static void empty(struct casebook *casebook)
{
	for (size_t i = 0; i < casebook->count; i++)
		free(casebook->lines[i].text);
	casebook->count = 0;
	casebook->bytes = 0;
}

void casebook_free(struct casebook *casebook)
{
	if (casebook == NULL)
		return;
	empty(casebook);
	free(casebook->lines);
	free(casebook);
}

uint32_t casebook_last_connection(const struct casebook *casebook)
{
	return casebook->last_connection;
}

uint64_t casebook_lost(const struct casebook *casebook)
{
	return casebook->lost;
}

bool casebook_is_full(const struct casebook *casebook)
{
	return casebook->bytes >= BYTES_FULL;
}

void casebook_connection(void *user, const struct connection *connection)
{
	struct casebook *casebook = user;

	casebook->connection = (struct line){.id = connection->id,
					     .first = connection->first.time,
					     .last = connection->last.time,
					     .close = connection->milestones[MILESTONE_CLOSE]};
}

/* Every record begins with its kind. */
static bool is_wanted(const char *text, size_t length, const char *kind)
{
	static const char begin[] = "{\"record\":\"";
	size_t at = sizeof begin - 1;

	return length > at + strlen(kind) && memcmp(text + at, kind, strlen(kind)) == 0 &&
	       text[at + strlen(kind)] == '"';
}

void casebook_line(void *user, const char *text, size_t length)
{
	static const char *const kinds[] = {"run", "connection", "capture", "finding", "summary"};
	struct casebook *casebook = user;
	bool wanted = false;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		wanted = wanted || is_wanted(text, length, kinds[i]);
	if (!wanted)
		return;
	if (casebook->bytes + length > BYTES_MOST) {
		casebook->lost++;
		return;
	}
	struct line line = is_wanted(text, length, "connection") ? casebook->connection : (struct line){0};
	line.text = memory_get(length);
	line.length = length;
	memcpy(line.text, text, length);
	casebook->lines = memory_grow(casebook->lines, casebook->count, &casebook->capacity, sizeof *casebook->lines);
	casebook->lines[casebook->count++] = line;
	casebook->bytes += length;
}

static void write_line(struct case_file *file, const struct line *line)
{
	struct connection connection = {.id = line->id, .first = {.time = line->first}, .last = {.time = line->last}};

	connection.milestones[MILESTONE_CLOSE] = line->close;
	if (line->id != 0)
		case_connection(file, &connection);
	case_line(file, line->text, line->length);
}

/* Numbers that somebody else gave out in the meantime cannot be given twice. */
static bool is_ahead(const struct casebook *casebook, uint32_t last_connection)
{
	for (size_t i = 0; last_connection > casebook->last_connection && i < casebook->count; i++)
		if (casebook->lines[i].id != 0 && casebook->lines[i].id <= last_connection)
			return false;
	return true;
}

static const char *write_all(struct casebook *casebook, struct case_file *file, time_ns first, time_ns last)
{
	uint32_t highest = case_past(file)->last_connection;
	bool is_there = false;

	if (!is_ahead(casebook, highest))
		return "another run has put connections of the same numbers into it";
	for (size_t i = 0; i < casebook->count; i++) {
		write_line(file, &casebook->lines[i]);
		if (casebook->lines[i].id > highest)
			highest = casebook->lines[i].id;
	}
	const char *why = case_keep(file, first, last, &is_there);
	if (why == NULL)
		casebook->last_connection = highest;
	return why;
}

const char *casebook_write(struct casebook *casebook, time_ns first, time_ns last, bool is_last)
{
	struct case_settings settings = {.run = casebook->run, .hurried = !is_last};
	char *error = NULL;

	if (casebook->count == 0)
		return NULL;
	struct case_file *file = case_open(casebook->path, &settings, &error);
	const char *why =
	    file == NULL ? (error == NULL ? "it cannot be opened" : error) : write_all(casebook, file, first, last);
	if (why != NULL)
		snprintf(casebook->says, sizeof casebook->says, "%s", why);
	else
		empty(casebook);
	free(error);
	case_close(file);
	return why == NULL ? NULL : casebook->says;
}
