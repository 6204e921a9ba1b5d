/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 4096 };

/* Not inlined, or GCC sees malloc and memset, and makes them a calloc again. */
static __attribute__((noinline)) void *checked(void *memory, size_t size)
{
	if (memory == NULL && size > 0) {
		fprintf(stderr, "mtascope: out of memory (%zu bytes more were needed)\n", size);
		exit(1);
	}
	return memory;
}

void *memory_get(size_t size)
{
	return checked(malloc(size), size);
}

void *memory_get_zeroed(size_t count, size_t size)
{
	/* glibc's calloc does not reuse what was freed last, its malloc does; large pieces come zeroed from the kernel.
	 */
	if (size > SMALL || count > SMALL / size)
		return checked(calloc(count, size), count);
	return memset(checked(malloc(count * size), count), 0, count * size);
}

void *memory_get_aligned(size_t alignment, size_t size)
{
	return checked(aligned_alloc(alignment, size), size);
}

void *memory_get_pages(size_t size)
{
	return memory_get_aligned(MEMORY_PAGE, memory_pages(size));
}

void *memory_resize(void *old, size_t size)
{
	return checked(realloc(old, size), size);
}

char *memory_text(const char *text, size_t length)
{
	char *copy = memory_get(length + 1);

	if (length > 0)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

void *memory_grow(void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	size_t grown = *capacity == 0 ? 16 : *capacity * 2;
	if (grown < *capacity || grown > SIZE_MAX / size)
		return checked(NULL, SIZE_MAX);
	*capacity = grown;
	return memory_resize(array, grown * size);
}
