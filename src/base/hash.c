/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <sys/random.h>

const struct hash_key hash_key_fixed = {{UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xc2b2ae3d27d4eb4f)}};

struct hash_key hash_key_draw(void)
{
	struct hash_key key;

	if (getrandom(&key, sizeof key, 0) != sizeof key)
		key = hash_key_fixed;
	return key;
}
