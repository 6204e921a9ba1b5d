/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/random.h"

struct chance chance_from(uint64_t seed)
{
	struct chance chance = {.state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1};

	chance_bits(&chance);
	return chance;
}

/* splitmix64 */
uint64_t chance_bits(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

int64_t chance_between(struct chance *chance, int64_t low, int64_t high)
{
	if (high <= low)
		return low;
	return low + (int64_t)(chance_bits(chance) % (uint64_t)(high - low + 1));
}

bool chance_ppm(struct chance *chance, uint32_t ppm)
{
	return chance_bits(chance) % 1000000 < ppm;
}

int64_t chance_exponential(struct chance *chance, int64_t mean)
{
	/* -log2 of a uniform number: its leading zeros, and the rest taken as a straight line; times ln 2. */
	uint64_t bits = chance_bits(chance) | 1;
	int64_t zeros = 0;

	while ((bits & UINT64_C(1) << 63) == 0) {
		bits <<= 1;
		zeros++;
	}
	int64_t part = 1024 - (int64_t)((bits >> 53) & 1023);
	int64_t scaled = zeros * 1024 + part;
	return (int64_t)((scaled * 710 / 1024) * (mean / 1024)) + (scaled * 710 / 1024) * (mean % 1024) / 1024;
}

size_t chance_weighted(struct chance *chance, const uint32_t *weights, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	uint64_t drawn = sum == 0 ? 0 : chance_bits(chance) % sum;
	for (size_t i = 0; i < count; i++) {
		if (drawn < weights[i])
			return i;
		drawn -= weights[i];
	}
	return 0;
}
