/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for many things of one size that come and go: side by side, so that few pages are touched, and the one given
 * back last is given out first.
 */
#ifndef MTASCOPE_BASE_POOL_H
#define MTASCOPE_BASE_POOL_H

#include <stddef.h>

struct pool {
	size_t size;  /* of an element */
	void *free;   /* elements given back, each pointing to the next */
	void *blocks; /* each pointing to the one before */
	char *next, *end;
};

/* An empty pool of elements of size bytes, which may hold anything that malloc's memory may. */
struct pool pool_of(size_t size);

/* Gives all memory back, that of elements in use too. */
void pool_release(struct pool *pool);

/* An element, all zeros; like memory_get it does not return without memory. */
void *pool_get(struct pool *pool);
void pool_put(struct pool *pool, void *element);

#endif
