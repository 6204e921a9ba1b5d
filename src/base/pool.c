/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/pool.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* The first blocks are small, for small captures. */
static void add_block(struct pool *pool)
{
	bool first = pool->blocks == NULL;
	size_t size = first ? FIRST_BLOCK : LARGE_BLOCK;
	char *block = memory_get_aligned(size, size);

	if (!first)
		madvise(block, size, MADV_HUGEPAGE); /* a wish: nothing is lost where it is not granted */
	*(void **)(void *)block = pool->blocks;
	pool->blocks = block;
	pool->next = block + HEADER;
	pool->end = block + size;
}

#ifdef MTASCOPE_SANITIZE

/*
 * AddressSanitizer knows what malloc gave, and tells who uses it afterwards: each element is a block of its own, in a
 * list so that pool_release finds it.
 */
struct header {
	alignas(max_align_t) struct header *older;
	struct header *newer;
};

void *pool_get(struct pool *pool)
{
	struct header *header = memory_get_zeroed(1, sizeof *header + pool->size);

	(void)add_block;
	header->older = pool->blocks;
	if (header->older != NULL)
		header->older->newer = header;
	pool->blocks = header;
	return header + 1;
}

void pool_put(struct pool *pool, void *element)
{
	if (element == NULL)
		return;
	struct header *header = (struct header *)element - 1;
	if (header->newer != NULL)
		header->newer->older = header->older;
	else
		pool->blocks = header->older;
	if (header->older != NULL)
		header->older->newer = header->newer;
	free(header);
}

#else

void *pool_get(struct pool *pool)
{
	void *element = pool->free;

	if (element != NULL) {
		pool->free = *(void **)element;
	} else {
		if ((size_t)(pool->end - pool->next) < pool->size)
			add_block(pool);
		element = pool->next;
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
}

#endif
