/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance that a seed fixes on every machine: integers only, because a libm's last bit is not the same everywhere and
 * the samples are compared byte for byte.
 */
#ifndef GENERATOR_RANDOM_H
#define GENERATOR_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

struct chance chance_from(uint64_t seed);
uint64_t chance_bits(struct chance *chance);

/* From low to high, both included. */
int64_t chance_between(struct chance *chance, int64_t low, int64_t high);

/* True in so many cases of a million. */
bool chance_ppm(struct chance *chance, uint32_t ppm);

/* Near enough to an exponential distribution with that mean. */
int64_t chance_exponential(struct chance *chance, int64_t mean);

/* An index, with the probability its weight has in the sum of all. */
size_t chance_weighted(struct chance *chance, const uint32_t *weights, size_t count);

#endif
