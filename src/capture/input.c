/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/input.h"

#include "base/memory.h"
#include "base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reading is mostly the kernel's copying, and small reads cost; a larger block would push the connections out of cache.
 */
enum { BLOCK_SIZE = 1 << 18, PACKED_SIZE = 1 << 16 };

/* ---- Descriptors, of which there may be fewer than files ---- */

static void pool_remove(struct input *input)
{
	struct input_pool *pool = input->pool;

	if (pool == NULL)
		return;
	*(input->newer != NULL ? &input->newer->older : &pool->newest) = input->older;
	*(input->older != NULL ? &input->older->newer : &pool->oldest) = input->newer;
	input->newer = NULL;
	input->older = NULL;
	pool->open--;
}

static void pool_add(struct input *input)
{
	struct input_pool *pool = input->pool;

	if (pool == NULL)
		return;
	input->older = pool->newest;
	input->newer = NULL;
	*(pool->newest != NULL ? &pool->newest->newer : &pool->oldest) = input;
	pool->newest = input;
	pool->open++;
}

static void give_up_descriptor(struct input *input)
{
	if (input->descriptor < 0)
		return;
	if (input->regular)
		pool_remove(input);
	if (input->descriptor > STDIN_FILENO)
		close(input->descriptor);
	input->descriptor = -1;
}

/* Makes the input's descriptor valid and the most recently used. Only regular files are ever without one. */
static bool want_descriptor(struct input *input)
{
	struct input_pool *pool = input->pool;

	if (!input->regular)
		return input->descriptor >= 0;
	if (input->descriptor >= 0) {
		if (pool != NULL && pool->newest != input) {
			pool_remove(input);
			pool_add(input);
		}
		return true;
	}
	while (pool != NULL && pool->limit > 0 && pool->open >= pool->limit)
		give_up_descriptor(pool->oldest);
	input->descriptor = open(input->path, O_RDONLY | O_CLOEXEC);
	if (input->descriptor < 0 || lseek(input->descriptor, (off_t)input->raw, SEEK_SET) < 0) {
		input->error = errno;
		if (input->descriptor >= 0)
			close(input->descriptor);
		input->descriptor = -1;
		return false;
	}
	pool_add(input);
	return true;
}

/* ---- Bytes in order ---- */

/* Reads from the file itself; 0 at its end and after an error. */
static size_t read_raw(struct input *input, void *data, size_t size)
{
	if (!want_descriptor(input))
		return 0;
	for (;;) {
		ssize_t count = read(input->descriptor, data, size);
		if (count >= 0) {
			input->raw += (uint64_t)count;
			progress_read((uint64_t)count);
			return (size_t)count;
		}
		if (errno == EINTR)
			continue;
		input->error = errno;
		return 0;
	}
}

/* Unpacks into data until something comes out; 0 at the end. */
static size_t read_unpacked(struct input *input, uint8_t *data, size_t size)
{
	size_t taken, given;

	for (;;) {
		if (input->packed_begin == input->packed_end) {
			input->packed_begin = 0;
			input->packed_end = read_raw(input, input->packed, PACKED_SIZE);
		}
		size_t left = input->packed_end - input->packed_begin;
		bool good = unpacker_run(input->unpacker, input->packed + input->packed_begin, left, &taken, data, size,
					 &given);
		input->packed_begin += taken;
		if (!good || (left == 0 && given == 0)) {
			input->packed_damage = !good || (!unpacker_at_end(input->unpacker) && input->error == 0);
			input->ended = true;
			return given;
		}
		if (given > 0)
			return given;
	}
}

static size_t read_bytes(struct input *input, void *data, size_t size)
{
	if (input->ended)
		return 0;
	if (input->packing != PACKING_NONE)
		return read_unpacked(input, data, size);
	size_t count = read_raw(input, data, size);
	input->ended = count == 0;
	return count;
}

/* A buffer whose start and size are whole pages; what the old one holds is moved to place. */
static void new_buffer(struct input *input, size_t capacity, size_t place)
{
	uint8_t *buffer = memory_get_pages(capacity);

	memcpy(buffer + place, input->buffer + input->begin, input->end - input->begin);
	free(input->buffer);
	input->buffer = buffer;
	input->capacity = capacity;
}

/*
 * Room behind what was read. What is left is moved so that it ends where a page ends: the kernel copies into whole
 * pages half as fast again as to anywhere else.
 */
static void make_room(struct input *input)
{
	size_t left = input->end - input->begin;
	size_t end = memory_pages(left);
	bool small = input->capacity < input->block;

	if (small || end > input->capacity / 2)
		new_buffer(input, small ? memory_pages(input->block) + end : 2 * input->capacity, end - left);
	else
		memmove(input->buffer + end - left, input->buffer + input->begin, left);
	input->begin = end - left;
	input->end = end;
}

static bool fill(struct input *input)
{
	if (input->end == input->capacity || input->begin == input->end)
		make_room(input);
	size_t count = read_bytes(input, input->buffer + input->end, input->capacity - input->end);
	input->end += count;
	return count > 0;
}

const uint8_t *input_look_on(struct input *input, size_t length, size_t *available)
{
	while (input->end - input->begin < length && fill(input))
		;
	size_t have = input->end - input->begin;
	*available = have < length ? have : length;
	return input->buffer + input->begin;
}

size_t input_read(struct input *input, void *data, size_t size)
{
	size_t have = input->end - input->begin;

	if (have == 0) {
		/* Straight to where it is wanted. */
		size_t count = read_bytes(input, data, size);
		input->offset += count;
		return count;
	}
	size_t count = have < size ? have : size;
	memcpy(data, input->buffer + input->begin, count);
	input_take(input, count);
	return count;
}

/* ---- Opening ---- */

static int begin_unpacking(struct input *input, enum packing packing)
{
	input->packing = packing;
	input->unpacker = unpacker_new(packing);
	if (input->unpacker == NULL)
		return ENOMEM;
	input->packed = memory_get(PACKED_SIZE);
	memcpy(input->packed, input->buffer, input->end);
	input->packed_end = input->end;
	input->end = 0;
	input->ended = false;
	return 0;
}

int input_open(struct input *input, const char *path, size_t block, struct input_pool *pool)
{
	struct stat status;
	size_t available;

	*input = (struct input){
	    .path = path, .pool = pool, .descriptor = -1, .store = -1, .block = block > 0 ? block : BLOCK_SIZE};
	input->regular = strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
	if (!input->regular) {
		input->descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
		if (input->descriptor < 0)
			return errno;
	}
	input->capacity = INPUT_PEEK;
	input->buffer = memory_get_pages(INPUT_PEEK);
	while (input->end < INPUT_PEEK) {
		size_t count = read_raw(input, input->buffer + input->end, INPUT_PEEK - input->end);
		if (count == 0)
			break;
		input->end += count;
	}
	int error = input->error;
	enum packing packing = packing_of(input->buffer, input->end);
	if (error == 0 && packing != PACKING_NONE) {
		error = begin_unpacking(input, packing);
		if (error == 0)
			input_look(input, INPUT_PEEK, &available);
	}
	if (error != 0)
		input_close(input);
	return error;
}

/* What lies in the pool's own file is not needed any more: its room is given back, where the file system can. */
static void give_up_store(struct input *input)
{
	const struct input_pool *pool = input->pool;

	if (input->store < 0)
		return;
	if (pool == NULL || !pool->keeps_store)
		close(input->store);
	else
		fallocate(pool->store, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)input->base,
			  (off_t)(input->size > 0 ? input->size : 1));
	input->store = -1;
}

void input_close(struct input *input)
{
	give_up_descriptor(input);
	give_up_store(input);
	unpacker_free(input->unpacker);
	free(input->packed);
	free(input->buffer);
	input->unpacker = NULL;
	input->packed = NULL;
	input->buffer = NULL;
	input->capacity = 0;
	input->begin = 0;
	input->end = 0;
	input->ended = true;
}

const char *input_trouble(const struct input *input)
{
	if (input->error != 0)
		return strerror(input->error);
	if (!input->packed_damage)
		return NULL;
	const char *error = unpacker_error(input->unpacker);
	return error != NULL ? error : "the compressed data end too early";
}

/* ---- Bytes anywhere ---- */

static int open_nameless(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];

	if (folder == NULL || folder[0] == '\0')
		folder = "/tmp";
	int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (descriptor >= 0)
		return descriptor;
	/* Not every file system has O_TMPFILE. */
	if ((size_t)snprintf(path, sizeof path, "%s/mtascope-XXXXXX", folder) >= sizeof path)
		return -1;
	descriptor = mkostemp(path, O_CLOEXEC);
	if (descriptor >= 0)
		unlink(path);
	return descriptor;
}

static int write_whole(int descriptor, const uint8_t *data, size_t length)
{
	while (length > 0) {
		ssize_t count = write(descriptor, data, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? errno : EIO;
		data += count;
		length -= (size_t)count;
	}
	return 0;
}

void input_pool_keep_store(struct input_pool *pool)
{
	pool->store = open_nameless();
	pool->store_error = pool->store < 0 ? errno : 0;
	pool->keeps_store = true;
}

void input_pool_close(struct input_pool *pool)
{
	if (pool->keeps_store && pool->store >= 0)
		close(pool->store);
	pool->keeps_store = false;
}

/* Returns 0 or an errno. */
static int want_store(struct input *input)
{
	const struct input_pool *pool = input->pool;

	if (pool == NULL || !pool->keeps_store) {
		input->store = open_nameless();
		return input->store < 0 ? errno : 0;
	}
	input->store = pool->store;
	if (pool->store < 0)
		return pool->store_error;
	/* One input is copied whole before the next begins. */
	off_t end = lseek(pool->store, 0, SEEK_END);
	if (end < 0)
		input->store = -1;
	input->base = (uint64_t)end;
	return end < 0 ? errno : 0;
}

static int copy_to_store(struct input *input, uint64_t limit)
{
	size_t available;

	int error = want_store(input);
	if (error != 0)
		return error;
	for (;;) {
		const uint8_t *data = input_look(input, 1, &available);
		if (available == 0)
			break;
		available = input->end - input->begin;
		if (available > limit - input->size)
			return EFBIG;
		error = write_whole(input->store, data, available);
		if (error != 0)
			return error;
		input->size += available;
		input_take(input, available);
	}
	give_up_descriptor(input);
	return 0;
}

int input_make_random(struct input *input, uint64_t limit)
{
	struct stat status;
	int error = 0;

	if (!input->regular || input->packing != PACKING_NONE)
		error = copy_to_store(input, limit);
	else if (!want_descriptor(input) || fstat(input->descriptor, &status) != 0)
		error = input->error != 0 ? input->error : errno;
	else
		input->size = (uint64_t)status.st_size;
	input->random = true;
	input->offset = 0;
	input->begin = 0;
	input->end = 0;
	return error;
}

static bool read_window(struct input *input, uint64_t offset, size_t length)
{
	/* Only what is read one behind the other is read ahead: reading here and there must not cost a block each. */
	bool onwards = offset >= input->offset && offset - input->offset <= input->end;
	size_t ahead = onwards ? input->block : INPUT_PEEK;
	size_t wanted = length > ahead ? length : ahead;

	if (input->capacity < wanted) {
		free(input->buffer);
		input->buffer = memory_get_pages(wanted);
		input->capacity = memory_pages(wanted);
	}
	input->begin = 0;
	input->end = 0;
	input->offset = offset;
	if (input->store < 0 && !want_descriptor(input))
		return false;
	uint64_t base = input->store >= 0 ? input->base : 0;
	while (input->end < wanted) {
		ssize_t count = pread(input->store >= 0 ? input->store : input->descriptor, input->buffer + input->end,
				      wanted - input->end, (off_t)(base + offset + input->end));
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			input->error = errno;
		if (count <= 0)
			break;
		input->end += (size_t)count;
		if (input->store < 0)
			progress_read((uint64_t)count);
	}
	return input->end > 0;
}

const uint8_t *input_at(struct input *input, uint64_t offset, size_t length, size_t *available)
{
	*available = 0;
	if (offset >= input->size)
		return NULL;
	/* No memory for bytes that are not there. */
	if (length > input->size - offset)
		length = (size_t)(input->size - offset);
	bool inside = offset >= input->offset && offset - input->offset <= input->end &&
		      length <= input->end - (size_t)(offset - input->offset);
	if (!inside && !read_window(input, offset, length))
		return NULL;
	size_t have = input->end - (size_t)(offset - input->offset);
	*available = have < length ? have : length;
	return input->buffer + (size_t)(offset - input->offset);
}
