/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/input.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One mebibyte on a page boundary: libpcap's reading is mostly the kernel's copying, and small or odd buffers cost. */
enum { BUFFER_SIZE = 1 << 20, BUFFER_ALIGNMENT = 4096 };

static ssize_t read_fully(struct input *input, void *data, size_t size)
{
	for (;;) {
		ssize_t count = read(input->descriptor, data, size);
		if (count >= 0)
			return count;
		if (errno == EINTR)
			continue;
		input->error = errno;
		return -1;
	}
}

static ssize_t cookie_read(void *cookie, char *data, size_t size)
{
	struct input *input = cookie;
	ssize_t count;

	if (input->replayed < input->peeked_length) {
		size_t left = input->peeked_length - input->replayed;
		size_t given = left < size ? left : size;
		memcpy(data, input->peeked + input->replayed, given);
		input->replayed += given;
		count = (ssize_t)given;
	} else {
		count = read_fully(input, data, size);
	}
	if (count > 0)
		input->offset += (uint64_t)count;
	return count;
}

/* Only the question "where are we": the stream may be a pipe. */
static int cookie_seek(void *cookie, off64_t *offset, int whence)
{
	struct input *input = cookie;

	if (whence != SEEK_CUR || *offset != 0)
		return -1;
	*offset = (off64_t)input->offset;
	return 0;
}

int input_open(struct input *input, const char *path)
{
	memset(input, 0, sizeof *input);
	input->descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (input->descriptor < 0)
		return errno;
	while (input->peeked_length < INPUT_PEEK) {
		ssize_t count =
		    read_fully(input, input->peeked + input->peeked_length, INPUT_PEEK - input->peeked_length);
		if (count < 0) {
			int error = input->error;
			input_close(input);
			return error;
		}
		if (count == 0)
			break;
		input->peeked_length += (size_t)count;
	}
	cookie_io_functions_t functions = {.read = cookie_read, .seek = cookie_seek};
	input->stream = fopencookie(input, "rb", functions);
	input->buffer = aligned_alloc(BUFFER_ALIGNMENT, BUFFER_SIZE);
	if (input->stream == NULL || input->buffer == NULL) {
		input_close(input);
		return ENOMEM;
	}
	setvbuf(input->stream, input->buffer, _IOFBF, BUFFER_SIZE);
	return 0;
}

void input_close(struct input *input)
{
	if (input->stream != NULL)
		fclose(input->stream);
	free(input->buffer);
	if (input->descriptor > STDIN_FILENO)
		close(input->descriptor);
	input->stream = NULL;
	input->buffer = NULL;
	input->descriptor = -1;
}

uint64_t input_position(const struct input *input)
{
	off_t position = ftello(input->stream);

	return position < 0 ? input->offset : (uint64_t)position;
}
