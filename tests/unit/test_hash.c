/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever a sender chooses is spread over the buckets, and otherwise in each run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "colliding.h"

/* By chance one bucket of a table as large as it is full has eight or nine. */
enum { COUNT = 1 << 16, FULLEST = 16, KEYS = 8, PORT = 102 };

static struct address consecutive(uint32_t i)
{
	return address_ipv4((const uint8_t[]){10, 0, (uint8_t)(i >> 8), (uint8_t)i});
}

static struct address low_half(uint32_t i)
{
	struct address address = {.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};

	memcpy(&address.bytes[12], &i, sizeof i);
	return address;
}

static struct address colliding(uint32_t i)
{
	return colliding_address(i, PORT);
}

typedef struct address maker(uint32_t i);
static maker *const makers[] = {consecutive, low_half, colliding};
enum { MAKERS = sizeof makers / sizeof makers[0] };

static void count_in(uint16_t *buckets, uint64_t hash)
{
	uint16_t *bucket = &buckets[hash & (COUNT - 1)];

	++*bucket;
	assert_in_range(*bucket, 1, FULLEST);
}

static void addresses_are_spread(void **state)
{
	static uint16_t with_port[COUNT], with_other[COUNT];

	(void)state;
	for (unsigned i = 0; i < KEYS * MAKERS; i++) {
		struct hash_key key = hash_key_draw();
		struct address other = consecutive(i);
		memset(with_port, 0, sizeof with_port);
		memset(with_other, 0, sizeof with_other);
		for (uint32_t k = 0; k < COUNT; k++) {
			struct address address = makers[i % MAKERS](k);
			uint64_t hash = hash_address(&key, &address);
			count_in(with_port, hash_with(&key, hash, PORT));
			count_in(with_other, hash_with(&key, hash_with(&key, hash_address(&key, &other), PORT), hash));
		}
	}
}

static void ports_are_spread(void **state)
{
	static uint16_t buckets[COUNT];

	(void)state;
	for (unsigned i = 0; i < KEYS; i++) {
		struct hash_key key = hash_key_draw();
		struct address address = consecutive(i);
		memset(buckets, 0, sizeof buckets);
		for (uint32_t port = 0; port < COUNT; port++)
			count_in(buckets, hash_with(&key, hash_address(&key, &address), port));
	}
}

static void each_key_is_another(void **state)
{
	struct hash_key a = hash_key_draw(), b = hash_key_draw();
	unsigned same = 0;

	(void)state;
	assert_memory_not_equal(&a, &b, sizeof a);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct address address = consecutive(i);
		uint64_t one = hash_with(&a, hash_address(&a, &address), PORT);
		uint64_t other = hash_with(&b, hash_address(&b, &address), PORT);
		same += ((one ^ other) & (COUNT - 1)) == 0;
	}
	assert_in_range(same, 0, FULLEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_spread),
	    cmocka_unit_test(ports_are_spread),
	    cmocka_unit_test(each_key_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
