/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/rotate.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rotated {
	char *path;
	uint64_t size;
	unsigned pieces;
	rotated_told *told;
	void *user;
	int descriptor;
	bool regular;
	uint64_t length; /* of whole lines */
	bool full;
	uint64_t lost;     /* since the last line that could be written */
	uint64_t all_lost; /* before that */
	FILE *stream;
};

/* ---- Writing ---- */

static ssize_t write_all(int descriptor, const char *data, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t part = write(descriptor, data + done, length - done);
		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return done > 0 ? (ssize_t)done : -1;
		done += (size_t)part;
	}
	return (ssize_t)done;
}

static uint64_t lines_of(const char *data, size_t length)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < length; i++)
		lines += data[i] == '\n';
	return lines;
}

/* What of the data is written as whole lines, where not all of it could be. */
static size_t whole_lines(const char *data, size_t length)
{
	while (length > 0 && data[length - 1] != '\n')
		length--;
	return length;
}

static ssize_t take(void *cookie, const char *data, size_t length)
{
	struct rotated *rotated = cookie;

	errno = 0;
	ssize_t written = write_all(rotated->descriptor, data, length);
	int failed = errno;
	size_t kept = written < 0 ? 0 : (size_t)written;
	if (kept < length && rotated->regular) {
		kept = whole_lines(data, kept);
		/* Half a line would spoil the next one. */
		if (ftruncate(rotated->descriptor, (off_t)(rotated->length + kept)) != 0)
			kept = written < 0 ? 0 : (size_t)written;
	}
	rotated->length += kept;
	rotated->lost += lines_of(data + kept, length - kept);
	if (kept < length && !rotated->full) {
		rotated->full = true;
		rotated->told(rotated->user, true, rotated->lost, failed == 0 ? ENOSPC : failed);
	} else if (kept == length && rotated->full) {
		rotated->full = false;
		rotated->told(rotated->user, false, rotated->lost, 0);
		rotated->all_lost += rotated->lost;
		rotated->lost = 0;
	}
	/* Who writes must not stop at a full disk. */
	return (ssize_t)length;
}

uint64_t rotated_lost(const struct rotated *rotated)
{
	return rotated->all_lost + rotated->lost;
}

FILE *rotated_stream(struct rotated *rotated)
{
	return rotated->stream;
}

/* ---- Opening ---- */

/* Cuts off what stands behind the last line's end, as far as a record may be long. */
static void mend(int descriptor, uint64_t *length)
{
	enum { BLOCK = 1 << 16, BLOCKS = 64 };
	char *block = memory_get(BLOCK);
	off_t end = (off_t)*length;

	for (unsigned i = 0; i < BLOCKS && end > 0; i++) {
		size_t part = end < BLOCK ? (size_t)end : BLOCK;
		ssize_t got = pread(descriptor, block, part, end - (off_t)part);
		if (got != (ssize_t)part)
			break;
		size_t kept = whole_lines(block, part);
		end -= (off_t)(part - kept);
		if (kept > 0 || end == 0) {
			if (ftruncate(descriptor, end) == 0)
				*length = (uint64_t)end;
			break;
		}
	}
	free(block);
}

static bool open_path(struct rotated *rotated)
{
	struct stat status;
	int descriptor = open(rotated->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);

	/* A pipe or terminal cannot be opened both ways by everybody. */
	if (descriptor < 0 && errno != ENOENT)
		descriptor = open(rotated->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0)
		return false;
	if (fstat(descriptor, &status) != 0) {
		int failed = errno;
		close(descriptor);
		errno = failed;
		return false;
	}
	if (rotated->descriptor >= 0)
		close(rotated->descriptor);
	rotated->descriptor = descriptor;
	rotated->regular = S_ISREG(status.st_mode);
	rotated->length = rotated->regular ? (uint64_t)status.st_size : 0;
	if (rotated->regular)
		mend(descriptor, &rotated->length);
	return true;
}

struct rotated *rotated_open(const char *path, uint64_t size, unsigned pieces, rotated_told *told, void *user)
{
	struct rotated *rotated = memory_get_zeroed(1, sizeof *rotated);
	cookie_io_functions_t functions = {.write = take};

	*rotated = (struct rotated){.path = memory_text(path, strlen(path)),
				    .size = size,
				    .pieces = pieces,
				    .told = told,
				    .user = user,
				    .descriptor = -1};
	if (!open_path(rotated) || (rotated->stream = fopencookie(rotated, "w", functions)) == NULL) {
		int failed = errno;
		rotated_close(rotated);
		errno = failed;
		return NULL;
	}
	setvbuf(rotated->stream, NULL, _IONBF, 0);
	return rotated;
}

void rotated_close(struct rotated *rotated)
{
	if (rotated == NULL)
		return;
	if (rotated->stream != NULL)
		fclose(rotated->stream);
	if (rotated->descriptor >= 0)
		close(rotated->descriptor);
	free(rotated->path);
	free(rotated);
}

/* ---- Turning ---- */

bool rotated_is_file(const struct rotated *rotated)
{
	return rotated->regular;
}

bool rotated_is_due(const struct rotated *rotated)
{
	return rotated->regular && rotated->size > 0 && rotated->length >= rotated->size;
}

static void name_piece(const struct rotated *rotated, unsigned piece, char name[PATH_MAX])
{
	if (piece == 0)
		snprintf(name, PATH_MAX, "%s", rotated->path);
	else
		snprintf(name, PATH_MAX, "%s.%u", rotated->path, piece);
}

static bool is_gone(const struct rotated *rotated, unsigned piece)
{
	char name[PATH_MAX];
	struct stat status;

	name_piece(rotated, piece, name);
	return lstat(name, &status) != 0 && errno == ENOENT;
}

/* No further than to the first name that is free: what was left half done moves nothing a second time. */
static bool shift(const struct rotated *rotated)
{
	char from[PATH_MAX], to[PATH_MAX];
	unsigned last = 1;

	while (last < rotated->pieces && !is_gone(rotated, last))
		last++;
	for (unsigned i = last; i > 0; i--) {
		name_piece(rotated, i - 1, from);
		name_piece(rotated, i, to);
		if (rename(from, to) != 0)
			return false;
	}
	return true;
}

bool rotated_turn(struct rotated *rotated)
{
	/* Somebody else took FILE away, or it could not be opened after the last shift: the pieces stay. */
	if (is_gone(rotated, 0))
		return open_path(rotated);
	if (rotated->pieces == 0 ? unlink(rotated->path) != 0 : !shift(rotated))
		return false;
	return open_path(rotated);
}

bool rotated_reopen(struct rotated *rotated)
{
	return open_path(rotated);
}
