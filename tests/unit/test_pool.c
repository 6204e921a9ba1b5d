/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of a pool: zeroed, apart from each other, and used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"

enum { SIZE = 601, COUNT = 8000 };

static void assert_zeroed(const uint8_t *element)
{
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(element[i], 0);
}

static void elements_are_zeroed_and_apart(void **state)
{
	static uint8_t *elements[COUNT];
	struct pool pool = pool_of(SIZE);

	(void)state;
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			elements[i] = pool_get(&pool);
			assert_int_equal((uintptr_t)elements[i] % _Alignof(max_align_t), 0);
			assert_zeroed(elements[i]);
			memset(elements[i], (int)(i % 255 + 1), SIZE);
		}
		for (size_t i = 0; i < COUNT; i++) {
			for (size_t b = 0; b < SIZE; b++)
				assert_int_equal(elements[i][b], i % 255 + 1);
			pool_put(&pool, elements[i]);
		}
	}
	pool_release(&pool);
}

static void nothing_can_be_given_back(void **state)
{
	struct pool pool = pool_of(1);

	(void)state;
	pool_put(&pool, NULL);
	void *element = pool_get(&pool);
	assert_non_null(element);
	pool_put(&pool, element);
	pool_release(&pool);
	/* It may be used on. */
	element = pool_get(&pool);
	assert_non_null(element);
	pool_put(&pool, element);
	pool_release(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(elements_are_zeroed_and_apart),
	    cmocka_unit_test(nothing_can_be_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
