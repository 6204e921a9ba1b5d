/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a processor fetches at a time. */
enum { LINE = 64 };

static void close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

int channel_open(struct channel *channel, uint32_t chunks)
{
	*channel = (struct channel){.chunks = chunks, .full = {-1, -1}, .free = {-1, -1}, .chunk = chunks};
	void *memory =
	    mmap(NULL, (size_t)chunks * CHANNEL_CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return errno;
	channel->memory = memory;
	if (pipe2(channel->full, O_CLOEXEC) == 0 && pipe2(channel->free, O_CLOEXEC) == 0)
		return 0;
	int error = errno;
	channel_close(channel);
	return error;
}

void channel_close(struct channel *channel)
{
	for (unsigned i = 0; i < 2; i++) {
		close_end(&channel->full[i]);
		close_end(&channel->free[i]);
	}
	if (channel->memory != NULL)
		munmap(channel->memory, (size_t)channel->chunks * CHANNEL_CHUNK);
	channel->memory = NULL;
}

void channel_is_writers(struct channel *channel)
{
	close_end(&channel->full[0]);
	close_end(&channel->free[1]);
	for (uint32_t i = 0; i < channel->chunks; i++)
		channel->stack[i] = channel->chunks - 1 - i;
	channel->stacked = channel->chunks;
}

void channel_is_readers(struct channel *channel)
{
	close_end(&channel->full[1]);
	/* The end that is read stays open, so that saying what is free to a writer that is gone does no harm. */
}

static bool write_whole(int end, const void *data, size_t length)
{
	ssize_t written;

	/* So little goes into a pipe at once or not at all. */
	do
		written = write(end, data, length);
	while (written < 0 && errno == EINTR);
	return written == (ssize_t)length;
}

/* Waits for one entry at least, and returns how many came; 0: the other side is gone. */
static size_t read_entries(int end, void *data, size_t size, size_t most)
{
	for (size_t have = 0;;) {
		ssize_t got = read(end, (uint8_t *)data + have, most * size - have);
		if (got == 0 || (got < 0 && errno != EINTR))
			return 0;
		have += got < 0 ? 0 : (size_t)got;
		if (have > 0 && have % size == 0)
			return have / size;
	}
}

/* ---- Writing ---- */

/* The chunk that became free last is taken first: its memory is likelier to be near. */
static bool next_free(struct channel *channel)
{
	if (channel->stacked == 0)
		channel->stacked =
		    (uint32_t)read_entries(channel->free[0], channel->stack, sizeof channel->stack[0], channel->chunks);
	if (channel->stacked == 0)
		return false;
	channel->chunk = channel->stack[--channel->stacked];
	channel->at = 0;
	channel->end = CHANNEL_CHUNK;
	return true;
}

bool channel_flush(struct channel *channel)
{
	const struct channel_full full = {channel->chunk, (uint32_t)channel->at};

	if (channel->chunk == channel->chunks)
		return true;
	channel->chunk = channel->chunks;
	return write_whole(channel->full[1], &full, sizeof full);
}

uint8_t *channel_put_bytes(struct channel *channel, uint32_t kind, size_t length, size_t more, uint32_t *place,
			   uint8_t **bytes)
{
	const struct channel_head head = {kind, (uint32_t)length};
	size_t whole = sizeof head + ((length + 7) & ~(size_t)7);

	if (length > CHANNEL_MESSAGE || more > CHANNEL_MESSAGE || whole + more + (more > 0 ? LINE : 0) > CHANNEL_CHUNK)
		return NULL;
	if (channel->chunk != channel->chunks && whole + more + LINE > channel->end - channel->at &&
	    !channel_flush(channel))
		return NULL;
	if (channel->chunk == channel->chunks && !next_free(channel))
		return NULL;
	uint8_t *chunk = channel->memory + (size_t)channel->chunk * CHANNEL_CHUNK;
	uint8_t *message = chunk + channel->at;
	memcpy(message, &head, sizeof head);
	channel->at += whole;
	/* Copying to where a line begins is faster, and so is reading a header there. */
	channel->end = (channel->end - more) & ~(size_t)(LINE - 1);
	*place = (uint32_t)channel->end;
	*bytes = chunk + channel->end;
	return message + sizeof head;
}

uint8_t *channel_put(struct channel *channel, uint32_t kind, size_t length)
{
	uint32_t place;
	uint8_t *bytes;

	return channel_put_bytes(channel, kind, length, 0, &place, &bytes);
}

/* ---- Reading ---- */

static bool tell_free(struct channel *channel)
{
	size_t length = channel->freed_count * sizeof channel->freed[0];

	channel->freed_count = 0;
	return length == 0 || write_whole(channel->free[1], channel->freed, length);
}

/* The writer may go on while half of the chunks are still to be read. */
static bool give_back(struct channel *channel)
{
	if (channel->chunk == channel->chunks)
		return true;
	channel->freed[channel->freed_count++] = channel->chunk;
	channel->chunk = channel->chunks;
	return channel->freed_count < (channel->chunks + 1) / 2 || tell_free(channel);
}

bool channel_next(struct channel *channel)
{
	if (!give_back(channel))
		return false;
	if (channel->came == channel->full_count) {
		channel->came = 0;
		channel->full_count = tell_free(channel) ? read_entries(channel->full[0], channel->fulls,
									sizeof channel->fulls[0], channel->chunks)
							 : 0;
	}
	if (channel->full_count == 0)
		return false;
	struct channel_full full = channel->fulls[channel->came++];
	if (full.chunk >= channel->chunks || full.length > CHANNEL_CHUNK)
		return false;
	channel->chunk = full.chunk;
	channel->at = 0;
	channel->end = full.length;
	return true;
}
