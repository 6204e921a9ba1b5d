/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/state.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "mtascope state 1\n"
#define LAST_LINE  "end\n"

/* Weights are written in thousandths. */
enum { LINE_SIZE = 256, WEIGHT_ONE = 1000 };

void state_add_candidate(struct state *state, const struct align_connection *candidate)
{
	state->candidates =
	    memory_grow(state->candidates, state->candidate_count, &state->candidate_capacity, sizeof *candidate);
	state->candidates[state->candidate_count++] = *candidate;
}

void state_add_told(struct state *state, uint64_t key)
{
	state->told = memory_grow(state->told, state->told_count, &state->told_capacity, sizeof key);
	state->told[state->told_count++] = key;
}

void state_free(struct state *state)
{
	free(state->candidates);
	free(state->told);
	*state = (struct state){0};
}

/* Reads a number up to the next space or the line's end, and passes over that. NULL: there is none. */
static const char *read_number(const char *text, int base, uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, base);
	return end == text || *text == '-' || errno != 0 || *number > most || (*end != ' ' && *end != '\n') ? NULL
													    : end + 1;
}

static bool read_candidate(struct state *state, const char *at)
{
	uint64_t id, start, close, weight, server;

	if ((at = read_number(at, 10, UINT32_MAX, &id)) == NULL ||
	    (at = read_number(at, 10, INT64_MAX, &start)) == NULL ||
	    (at = read_number(at, 10, INT64_MAX, &close)) == NULL ||
	    (at = read_number(at, 10, WEIGHT_ONE, &weight)) == NULL ||
	    (at = read_number(at, 16, UINT32_MAX, &server)) == NULL || *at != '\0' || close < start || weight == 0)
		return false;
	state_add_candidate(state, &(const struct align_connection){.id = (uint32_t)id,
								    .start = (time_ns)start,
								    .close = (time_ns)close,
								    .weight = (float)weight / WEIGHT_ONE,
								    .server = (uint32_t)server});
	return true;
}

/* What stands behind the word, or NULL where the line has another one. */
static const char *after(const char *line, const char *word)
{
	size_t length = strlen(word);

	return strncmp(line, word, length) == 0 ? line + length : NULL;
}

/* Whether the line is one of those that are known. */
static bool read_line(struct state *state, const char *line)
{
	const char *at;
	uint64_t number;

	if ((at = after(line, "connections ")) != NULL) {
		at = read_number(at, 10, UINT32_MAX, &number);
		state->connections = at == NULL ? 0 : (uint32_t)number;
		return at != NULL && *at == '\0';
	}
	if ((at = after(line, "told ")) != NULL) {
		at = read_number(at, 16, UINT64_MAX, &number);
		if (at != NULL)
			state_add_told(state, number);
		return at != NULL && *at == '\0';
	}
	at = after(line, "candidate ");
	return at != NULL && read_candidate(state, at);
}

bool state_read(struct state *state, const char *path)
{
	char line[LINE_SIZE];
	FILE *file = fopen(path, "re");
	bool good = true;
	bool whole = false;

	*state = (struct state){0};
	if (file == NULL)
		return errno == ENOENT;
	if (fgets(line, sizeof line, file) == NULL || strcmp(line, FIRST_LINE) != 0) {
		fclose(file);
		return false;
	}
	for (unsigned i = 0; i < STATE_LINES && !whole && fgets(line, sizeof line, file) != NULL; i++) {
		whole = strcmp(line, LAST_LINE) == 0;
		good = (whole || read_line(state, line)) && good;
	}
	fclose(file);
	return good && whole;
}

static bool write_lines(const struct state *state, FILE *file)
{
	fprintf(file, FIRST_LINE "connections %" PRIu32 "\n", state->connections);
	for (size_t i = 0; i < state->told_count; i++)
		fprintf(file, "told %" PRIx64 "\n", state->told[i]);
	for (size_t i = 0; i < state->candidate_count; i++) {
		const struct align_connection *candidate = &state->candidates[i];
		fprintf(file, "candidate %" PRIu32 " %" PRId64 " %" PRId64 " %ld %" PRIx32 "\n", candidate->id,
			candidate->start, candidate->close, lroundf(candidate->weight * WEIGHT_ONE), candidate->server);
	}
	fputs(LAST_LINE, file);
	/* Renamed before it is on the disk it could be empty after a power cut. */
	return fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0;
}

bool state_write(const struct state *state, const char *path)
{
	char beside[PATH_MAX];
	int length = snprintf(beside, sizeof beside, "%s.new", path);

	if (length < 0 || (size_t)length >= sizeof beside) {
		errno = ENAMETOOLONG;
		return false;
	}
	int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	if (file == NULL) {
		int failed = errno;
		if (descriptor >= 0)
			close(descriptor);
		errno = failed;
		return false;
	}
	bool good = write_lines(state, file);
	int failed = errno;
	good = fclose(file) == 0 && good;
	if (good && rename(beside, path) == 0)
		return true;
	failed = good ? errno : failed;
	unlink(beside);
	errno = failed;
	return false;
}
