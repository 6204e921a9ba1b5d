/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/follow.h"

#include "base/memory.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHECKED = 4096,          /* bytes at the beginning and before the end that show a file to be the same */
	TELLING = 16,            /* with fewer a file elsewhere is not recognised */
	READ_AT_ONCE = 1 << 24,  /* bytes in one poll */
	ENTRIES_SEARCHED = 1024, /* of a folder, for a log under another name */
};

/* One log as it was written from beginning to end. */
struct generation {
	uint8_t *data;
	size_t length, capacity;
	size_t let_go;      /* bytes of the file before data */
	int64_t first_line; /* lines before data */
	unsigned number;    /* from 1, of those that are over; 0: it is being written */
};

struct followed {
	const char *path;
	struct generation *generations; /* the last is the one being written */
	size_t count, capacity;
	unsigned over;
	bool gone, still; /* nothing was added at the last poll */
	bool still_was_read;
};

struct follow {
	struct followed *logs;
	size_t count, limit;
	follow_told *told;
	void *user;
};

/* ---- Content ---- */

/* Bytes of a unit of text: 2 in UTF-16, which Windows' programs mark at the beginning. */
static size_t unit_of(const struct generation *generation)
{
	const uint8_t *data = generation->data;

	return generation->length >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff))
		   ? 2
		   : 1;
}

static bool is_line_end(const struct generation *generation, size_t unit, size_t at)
{
	const uint8_t *data = generation->data;

	if (unit == 1)
		return data[at] == '\n';
	return data[0] == 0xff ? data[at] == '\n' && data[at + 1] == 0 : data[at] == 0 && data[at + 1] == '\n';
}

/* .evt and .evtx change all over: each time they are what they are. */
static bool is_binary(const uint8_t *data, size_t length)
{
	return length >= 8 && (memcmp(data + 4, "LfLe", 4) == 0 || memcmp(data, "ElfFile", 8) == 0);
}

/* How much is in whole lines. */
static size_t whole_lines(const struct generation *generation)
{
	size_t unit = unit_of(generation);
	size_t end = generation->length / unit * unit;

	while (end > 0 && !is_line_end(generation, unit, end - unit))
		end -= unit;
	return end;
}

static struct generation *current(struct followed *log)
{
	return &log->generations[log->count - 1];
}

static struct generation *begin_generation(struct followed *log)
{
	if (log->count > 0)
		current(log)->number = ++log->over;
	log->generations = memory_grow(log->generations, log->count, &log->capacity, sizeof *log->generations);
	log->generations[log->count] = (struct generation){0};
	return &log->generations[log->count++];
}

static void drop_generation(struct followed *log, size_t index)
{
	free(log->generations[index].data);
	log->count--;
	memmove(log->generations + index, log->generations + index + 1,
		(log->count - index) * sizeof *log->generations);
}

/* Reads what the file has beyond what is known, as much as is read at once. Returns whether that was anything. */
static bool read_on(struct generation *generation, int descriptor)
{
	size_t before = generation->length;

	while (generation->length - before < READ_AT_ONCE) {
		if (generation->capacity - generation->length < 65536) {
			generation->capacity = generation->capacity * 2 + 65536;
			generation->data = memory_resize(generation->data, generation->capacity);
		}
		ssize_t got =
		    pread(descriptor, generation->data + generation->length, generation->capacity - generation->length,
			  (off_t)(generation->let_go + generation->length));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		generation->length += (size_t)got;
	}
	return generation->length > before;
}

/* Whether the file holds the same bytes at an offset. */
static bool has_at(int descriptor, const uint8_t *data, size_t length, size_t offset)
{
	uint8_t bytes[CHECKED];

	return pread(descriptor, bytes, length, (off_t)offset) == (ssize_t)length && memcmp(bytes, data, length) == 0;
}

/* Whether the file is the one that was read so far, perhaps with more behind it. */
static bool is_continued(const struct generation *generation, int descriptor)
{
	size_t part = generation->length < CHECKED ? generation->length : CHECKED;
	size_t last = generation->length - part;

	return has_at(descriptor, generation->data + last, part, generation->let_go + last) &&
	       (generation->let_go > 0 || has_at(descriptor, generation->data, part, 0));
}

/* ---- A log that was renamed ---- */

/* What was added after the last poll and before the log got another name, which it mostly keeps in its folder. */
static void find_the_rest(struct followed *log)
{
	struct generation *generation = current(log);
	char *folder = path_folder(log->path);
	DIR *entries = generation->length < TELLING ? NULL : opendir(folder);
	struct dirent *entry;

	free(folder);
	for (unsigned i = 0; entries != NULL && i < ENTRIES_SEARCHED && (entry = readdir(entries)) != NULL; i++) {
		struct stat status;
		int descriptor = openat(dirfd(entries), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (descriptor < 0)
			continue;
		bool found = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
			     (size_t)status.st_size > generation->let_go + generation->length &&
			     is_continued(generation, descriptor);
		if (found)
			read_on(generation, descriptor);
		close(descriptor);
		if (found)
			break;
	}
	if (entries != NULL)
		closedir(entries);
}

/* ---- Room ---- */

/* Lets the first half of what is being written go, up to a line's end. */
static void let_half_go(struct generation *generation)
{
	size_t unit = unit_of(generation);
	size_t mark = unit == 2 ? 2 : 0;
	size_t at = generation->length / 2 / unit * unit;

	if (is_binary(generation->data, generation->length))
		return;
	while (at + unit <= generation->length && !is_line_end(generation, unit, at))
		at += unit;
	at += unit;
	if (at + mark >= generation->length)
		return;
	for (size_t i = mark; i < at; i += unit)
		generation->first_line += is_line_end(generation, unit, i);
	/* The mark of UTF-16 stays in front. */
	memmove(generation->data + mark, generation->data + at, generation->length - at);
	generation->let_go += at - mark;
	generation->length -= at - mark;
}

static void keep_limit(struct follow *follow)
{
	for (;;) {
		size_t all = 0;
		struct followed *largest = &follow->logs[0];
		struct followed *old = NULL;
		for (size_t i = 0; i < follow->count; i++) {
			struct followed *log = &follow->logs[i];
			for (size_t k = 0; k < log->count; k++)
				all += log->generations[k].length;
			if (log->count > 1 && old == NULL)
				old = log;
			if (log->count > 0 && (largest->count == 0 || current(log)->length > current(largest)->length))
				largest = log;
		}
		if (all <= follow->limit)
			return;
		if (old != NULL) {
			drop_generation(old, 0);
			follow->told(follow->user, old->path, FOLLOW_LET_GO, "what it held before it began anew");
			continue;
		}
		size_t before = current(largest)->length;
		let_half_go(current(largest));
		if (current(largest)->length == before)
			return;
		follow->told(follow->user, largest->path, FOLLOW_LET_GO, "its older half");
	}
}

/* ---- Polling ---- */

static void note_gone(struct follow *follow, struct followed *log, int error)
{
	if (log->gone)
		return;
	log->gone = true;
	follow->told(follow->user, log->path, FOLLOW_GONE, strerror(error));
}

/* A binary log is read anew when anything of it is different. */
static bool poll_binary(struct follow *follow, struct followed *log, int descriptor, size_t size)
{
	struct generation fresh = {0};
	struct generation *before = current(log);

	while (fresh.length < follow->limit && read_on(&fresh, descriptor))
		;
	bool same = fresh.length == before->length && memcmp(fresh.data, before->data, fresh.length) == 0;
	if (same) {
		free(fresh.data);
		return false;
	}
	if (size < before->length) {
		begin_generation(log);
		before = current(log);
		follow->told(follow->user, log->path, FOLLOW_REPLACED, NULL);
	}
	free(before->data);
	*before = fresh;
	return true;
}

static bool poll_text(struct follow *follow, struct followed *log, int descriptor)
{
	struct generation *generation = current(log);

	if (generation->length > 0 && !is_continued(generation, descriptor)) {
		find_the_rest(log);
		generation = begin_generation(log);
		follow->told(follow->user, log->path, FOLLOW_REPLACED, NULL);
		read_on(generation, descriptor);
		log->still = false;
		return true;
	}
	bool grew = read_on(generation, descriptor);
	/* What has no line's end yet counts when nothing more came. */
	bool rest = !grew && log->still && !log->still_was_read && whole_lines(generation) < generation->length;
	log->still_was_read = !grew && (log->still_was_read || rest);
	log->still = !grew;
	return grew || rest;
}

static bool poll_log(struct follow *follow, struct followed *log)
{
	struct stat status;
	uint8_t head[8];
	/* Opened anew each time: that is when a network file system asks what is true. */
	int descriptor = open(log->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (descriptor < 0) {
		note_gone(follow, log, errno);
		return false;
	}
	if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
		note_gone(follow, log, S_ISREG(status.st_mode) ? errno : EINVAL);
		close(descriptor);
		return false;
	}
	if (log->gone)
		follow->told(follow->user, log->path, FOLLOW_BACK, NULL);
	log->gone = false;
	if (log->count == 0)
		begin_generation(log);
	ssize_t got = pread(descriptor, head, sizeof head, 0);
	bool changed = got == (ssize_t)sizeof head && is_binary(head, sizeof head)
			   ? poll_binary(follow, log, descriptor, (size_t)status.st_size)
			   : poll_text(follow, log, descriptor);
	close(descriptor);
	return changed;
}

bool follow_poll(struct follow *follow)
{
	bool changed = false;

	for (size_t i = 0; i < follow->count; i++)
		changed = poll_log(follow, &follow->logs[i]) || changed;
	if (changed)
		keep_limit(follow);
	return changed;
}

/* ---- Reading ---- */

static void read_generation(const struct followed *log, const struct generation *generation, struct event_log *into)
{
	char name[PATH_MAX + 16];
	size_t first = into->event_count;
	bool all = generation->number > 0 || log->still_was_read || is_binary(generation->data, generation->length);

	if (generation->number == 0)
		snprintf(name, sizeof name, "%s", log->path);
	else
		snprintf(name, sizeof name, "%s#%u", log->path, generation->number);
	event_log_read(into, name, generation->data, all ? generation->length : whole_lines(generation));
	for (size_t i = first; i < into->event_count; i++)
		if (into->events[i].line != EVENT_LACKS)
			into->events[i].line += generation->first_line;
}

void follow_read(struct follow *follow, struct event_log *log)
{
	for (size_t i = 0; i < follow->count; i++)
		for (size_t k = 0; k < follow->logs[i].count; k++)
			if (follow->logs[i].generations[k].length > 0)
				read_generation(&follow->logs[i], &follow->logs[i].generations[k], log);
	event_log_group(log);
}

struct follow *follow_new(const char *const *paths, size_t count, size_t limit, follow_told *told, void *user)
{
	struct follow *follow = memory_get_zeroed(1, sizeof *follow);

	*follow = (struct follow){.logs = memory_get_zeroed(count + 1, sizeof *follow->logs),
				  .count = count,
				  .limit = limit,
				  .told = told,
				  .user = user};
	for (size_t i = 0; i < count; i++)
		follow->logs[i].path = paths[i];
	return follow;
}

void follow_free(struct follow *follow)
{
	for (size_t i = 0; follow != NULL && i < follow->count; i++) {
		while (follow->logs[i].count > 0)
			drop_generation(&follow->logs[i], follow->logs[i].count - 1);
		free(follow->logs[i].generations);
	}
	if (follow != NULL)
		free(follow->logs);
	free(follow);
}
