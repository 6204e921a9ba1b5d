/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a capture: read in large and in small blocks, as a file and, where they fit into one, through a pipe,
 * which must all give the same packets and the same problems.
 */
#ifndef MTASCOPE_TESTS_CAPTURE_BYTES_H
#define MTASCOPE_TESTS_CAPTURE_BYTES_H

#include "capture/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct read_result {
	uint64_t packets, digest, bytes;
	size_t problems, interfaces;
	bool complete;
};

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

static inline void add_bytes(uint64_t *digest, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	/* Every byte is touched, so that a sanitizer sees what lies outside. */
	for (size_t i = 0; i < length; i++)
		*digest = (*digest ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static inline struct read_result read_capture(const char *path, size_t block)
{
	struct capture_file file;
	struct packet packet;
	struct read_result result = {.digest = UINT64_C(0xcbf29ce484222325)};

	memset(&file, 0, sizeof file);
	memset(&packet, 0, sizeof packet);
	bool good = capture_file_open(&file, path, block, NULL);
	while (good && capture_file_next(&file, &packet)) {
		require(packet.captured <= packet.length);
		require(packet.interface < file.info.interface_count || packet.link_type == LINK_METADATA);
		require(packet.link < file.info.link_count || packet.link_type == LINK_METADATA);
		require(packet.moment.time >= 0 && packet.moment.frame == file.info.packets);
		add_bytes(&result.digest, packet.data, packet.captured);
		for (uint32_t i = 0; i < packet.comment_count; i++)
			add_bytes(&result.digest, packet.comments[i].text, packet.comments[i].length);
		add_bytes(&result.digest, &packet.moment.time, sizeof packet.moment.time);
	}
	for (size_t i = 0; i < file.info.problem_count; i++) {
		add_bytes(&result.digest, file.info.problems[i].says, strlen(file.info.problems[i].says));
		add_bytes(&result.digest, &file.info.problems[i].offset, sizeof file.info.problems[i].offset);
	}
	result.packets = file.info.packets;
	result.problems = file.info.problem_count;
	result.interfaces = file.info.interface_count;
	result.complete = file.info.complete;
	require(result.complete || result.problems > 0);
	capture_file_free(&file);
	return result;
}

static inline void same(const struct read_result *a, const struct read_result *b)
{
	require(a->packets == b->packets && a->digest == b->digest && a->problems == b->problems &&
		a->interfaces == b->interfaces && a->complete == b->complete);
}

static inline void run_capture(const uint8_t *data, size_t size)
{
	enum { PIPE_HOLDS = 1 << 15 };
	char path[64];
	int ends[2];
	int file = memfd_create("capture", MFD_CLOEXEC);

	require(file >= 0 && write(file, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	struct read_result whole = read_capture(path, 0);
	struct read_result pieces = read_capture(path, INPUT_PEEK);
	same(&whole, &pieces);
	/* No format's packet takes less than four bytes of a file. */
	require(whole.packets <= size / 4);
	close(file);
	if (size > PIPE_HOLDS)
		return;
	require(pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], data, size) == (ssize_t)size);
	close(ends[1]);
	snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
	struct read_result piped = read_capture(path, INPUT_PEEK);
	same(&whole, &piped);
	close(ends[0]);
}

#endif
