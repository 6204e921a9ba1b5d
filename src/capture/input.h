/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file or standard input as a stream whose first bytes can be looked at, and whose position is known without seeking.
 */
#ifndef MTASCOPE_CAPTURE_INPUT_H
#define MTASCOPE_CAPTURE_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { INPUT_PEEK = 4096 };

struct input {
	FILE *stream; /* reads from the start, the peeked bytes included; closing it is input_close's business */
	uint8_t peeked[INPUT_PEEK];
	size_t peeked_length;
	size_t replayed; /* how many of the peeked bytes the stream has given out */
	uint64_t offset; /* bytes given to the stream so far */
	int descriptor;
	void *buffer;
	int error; /* errno of a read that failed, 0 */
};

/* Opens path, or standard input for "-", into *input, which must not move afterwards. Returns 0 or an errno. */
int input_open(struct input *input, const char *path);
void input_close(struct input *input);

/* Bytes that the stream's reader has consumed. */
uint64_t input_position(const struct input *input);

#endif
