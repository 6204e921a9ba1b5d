/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation that does not return without memory: a tool that analyses a file has nothing better to do than say so. */
#ifndef MTASCOPE_BASE_MEMORY_H
#define MTASCOPE_BASE_MEMORY_H

#include <stddef.h>

/* As malloc, calloc, realloc and strndup, but the program ends with a message when there is no memory. */
void *memory_get(size_t size);
void *memory_get_zeroed(size_t count, size_t size);
void *memory_resize(void *old, size_t size);
char *memory_text(const char *text, size_t length);

/* A size in whole pages, and memory of so many that begins at one: for what the kernel copies into. Freed with free. */
enum { MEMORY_PAGE = 4096 };
static inline size_t memory_pages(size_t size)
{
	return (size + MEMORY_PAGE - 1) / MEMORY_PAGE * MEMORY_PAGE;
}
void *memory_get_pages(size_t size);

/* Memory that begins at a multiple of alignment, a power of two that divides size. Freed with free. */
void *memory_get_aligned(size_t alignment, size_t size);

/*
 * Room for one more element of the given size in an array that holds count and has room for *capacity: returns the
 * array, moved and doubled where it was full.
 */
void *memory_grow(void *array, size_t count, size_t *capacity, size_t size);

#endif
