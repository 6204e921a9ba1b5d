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

enum { LINE_SIZE = 256 };

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

/* Whether the line is one of those that are known. */
static bool read_line(struct state *state, const char *line)
{
	struct align_connection candidate;
	uint64_t key;
	int end = -1;

	if (sscanf(line, "connections %" SCNu32 "\n%n", &state->connections, &end) == 1 && end > 0)
		return true;
	if (sscanf(line, "told %" SCNx64 "\n%n", &key, &end) == 1 && end > 0) {
		state_add_told(state, key);
		return true;
	}
	if (sscanf(line, "candidate %" SCNu32 " %" SCNd64 " %" SCNd64 " %f %" SCNx32 "\n%n", &candidate.id,
		   &candidate.start, &candidate.close, &candidate.weight, &candidate.server, &end) != 5 ||
	    end < 0 || candidate.start < 0 || candidate.close < candidate.start ||
	    !(candidate.weight > 0 && candidate.weight <= 1))
		return false;
	state_add_candidate(state, &candidate);
	return true;
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
		fprintf(file, "candidate %" PRIu32 " %" PRId64 " %" PRId64 " %.3f %" PRIx32 "\n", candidate->id,
			candidate->start, candidate->close, (double)candidate->weight, candidate->server);
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
