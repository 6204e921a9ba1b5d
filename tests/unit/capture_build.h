/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files built in memory, and read as the program reads them. */
#ifndef MTASCOPE_TESTS_CAPTURE_BUILD_H
#define MTASCOPE_TESTS_CAPTURE_BUILD_H

#include "capture/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct built {
	uint8_t bytes[1 << 20];
	size_t length;
	bool big_endian;
};

static inline void put(struct built *built, const void *data, size_t length)
{
	if (length > sizeof built->bytes - built->length)
		abort();
	if (length > 0)
		memcpy(built->bytes + built->length, data, length);
	built->length += length;
}

static inline void put_number(struct built *built, uint64_t number, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)(number >> 8 * (built->big_endian ? length - 1 - i : i));
		put(built, &byte, 1);
	}
}

static inline void put16(struct built *built, unsigned number)
{
	put_number(built, number, 2);
}

static inline void put32(struct built *built, uint64_t number)
{
	put_number(built, number, 4);
}

static inline void put64(struct built *built, uint64_t number)
{
	put_number(built, number, 8);
}

/* Overwrites a number that was put before. */
static inline void set32(struct built *built, size_t at, uint32_t number)
{
	size_t end = built->length;

	built->length = at;
	put32(built, number);
	built->length = end;
}

static inline void pad(struct built *built, size_t to)
{
	while (built->length % to != 0)
		put(built, "", 1);
}

/* ---- A file of it, without a name ---- */

struct made_file {
	int descriptor;
	char path[40];
};

static inline struct made_file make_file(const void *data, size_t length)
{
	struct made_file made = {.descriptor = memfd_create("capture", MFD_CLOEXEC)};

	if (made.descriptor < 0 || write(made.descriptor, data, length) != (ssize_t)length)
		abort();
	snprintf(made.path, sizeof made.path, "/proc/self/fd/%d", made.descriptor);
	return made;
}

/* The same as a pipe that has been written to its end; short enough for the kernel's buffer. */
static inline struct made_file make_pipe(const void *data, size_t length)
{
	struct made_file made;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0 || write(ends[1], data, length) != (ssize_t)length)
		abort();
	close(ends[1]);
	made.descriptor = ends[0];
	snprintf(made.path, sizeof made.path, "/proc/self/fd/%d", made.descriptor);
	return made;
}

/* ---- What is read of it ---- */

enum { READ_MAX = 64, READ_BYTES = 256 };

struct read_packet {
	struct packet packet; /* its data and comments are in bytes and comment */
	uint8_t bytes[READ_BYTES];
	char comment[64];
};

struct read_file {
	struct capture_file file;
	struct read_packet packets[READ_MAX];
	size_t count;
	size_t comment_bytes; /* of all packets */
};

static inline void read_made(struct read_file *read, const struct made_file *made)
{
	struct packet packet;

	memset(read, 0, sizeof *read);
	memset(&packet, 0, sizeof packet);
	if (!capture_file_open(&read->file, made->path, INPUT_PEEK, NULL))
		return;
	while (capture_file_next(&read->file, &packet)) {
		if (read->count == READ_MAX)
			abort();
		struct read_packet *kept = &read->packets[read->count++];
		kept->packet = packet;
		memcpy(kept->bytes, packet.data, packet.captured < READ_BYTES ? packet.captured : READ_BYTES);
		for (uint32_t i = 0; i < packet.comment_count; i++)
			read->comment_bytes += packet.comments[i].length;
		/* All of them, a line each. */
		for (uint32_t i = 0, at = 0; i < packet.comment_count && at < sizeof kept->comment; i++)
			at += (uint32_t)snprintf(kept->comment + at, sizeof kept->comment - at, "%s%.*s",
						 i == 0 ? "" : "\n", (int)packet.comments[i].length,
						 packet.comments[i].text);
		if (packet.comment_count == 0)
			kept->comment[0] = '\0';
	}
}

/* Reads bytes as a file. The caller frees with read_free. */
static inline struct read_file *read_bytes(const void *data, size_t length)
{
	struct read_file *read = malloc(sizeof *read);
	struct made_file made = make_file(data, length);

	if (read == NULL)
		abort();
	read_made(read, &made);
	close(made.descriptor);
	return read;
}

static inline struct read_file *read_built(const struct built *built)
{
	return read_bytes(built->bytes, built->length);
}

static inline void read_free(struct read_file *read)
{
	capture_file_free(&read->file);
	free(read);
}

/* Whether a problem says so. */
static inline bool says(const struct read_file *read, const char *words)
{
	for (size_t i = 0; i < read->file.info.problem_count; i++)
		if (strstr(read->file.info.problems[i].says, words) != NULL)
			return true;
	return false;
}

#endif
