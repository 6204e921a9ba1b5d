/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that are the same on every machine (splitmix64), so that a failing run can be run again. */
#ifndef MTASCOPE_TESTS_PRNG_H
#define MTASCOPE_TESTS_PRNG_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t prng_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* From 0 to limit - 1. */
static inline uint32_t prng_below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(prng_next(state) % limit);
}

static inline bool prng_percent(uint64_t *state, uint32_t percent)
{
	return prng_below(state, 100) < percent;
}

#endif
