/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pool.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* AddressSanitizer tells who uses an element that is not given out. */
#ifdef MTASCOPE_SANITIZE
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

/* A page of the kernel's large kind holds a block, where it has such: a hundred thousand faults fewer a gigabyte. */
enum { FIRST_BLOCK = 1 << 16, LARGE_BLOCK = 1 << 21, HEADER = alignof(max_align_t) };

struct pool pool_of(size_t size)
{
	size_t unit = alignof(max_align_t);

	return (struct pool){.size = (size + unit - 1) / unit * unit};
}

void pool_release(struct pool *pool)
{
	while (pool->blocks != NULL) {
		void *before = *(void **)pool->blocks;
		free(pool->blocks);
		pool->blocks = before;
	}
	*pool = pool_of(pool->size);
}

/* The first block is small, for small captures; each has twice the size of the one before, up to the large. */
static void add_block(struct pool *pool)
{
	size_t before = pool->blocks == NULL ? 0 : (size_t)(pool->end - (char *)pool->blocks);
	size_t size = before == 0 ? FIRST_BLOCK : before < LARGE_BLOCK ? 2 * before : LARGE_BLOCK;
	char *block = memory_get_aligned(size, size);

	if (size == LARGE_BLOCK)
		madvise(block, size, MADV_HUGEPAGE); /* a wish: nothing is lost where it is not granted */
	*(void **)(void *)block = pool->blocks;
	pool->blocks = block;
	pool->next = block + HEADER;
	pool->end = block + size;
	ASAN_POISON_MEMORY_REGION(pool->next, size - HEADER);
}

void *pool_get(struct pool *pool)
{
	void *element = pool->free;

	if (element != NULL) {
		ASAN_UNPOISON_MEMORY_REGION(element, pool->size);
		pool->free = *(void **)element;
	} else {
		if ((size_t)(pool->end - pool->next) < pool->size)
			add_block(pool);
		element = pool->next;
		ASAN_UNPOISON_MEMORY_REGION(element, pool->size);
		pool->next += pool->size;
	}
	return memset(element, 0, pool->size);
}

void pool_put(struct pool *pool, void *element)
{
	if (element == NULL)
		return;
	*(void **)element = pool->free;
	pool->free = element;
	ASAN_POISON_MEMORY_REGION(element, pool->size);
}
