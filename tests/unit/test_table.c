/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections are found whatever others came and went, from both sides, and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/table.h"

/* More than the first slots hold, so that the table grows, and full enough that many share a place. */
enum { COUNT = 6000, ROUNDS = 20000 };

static const struct endpoint server = {.ip = {.family = 4, .bytes = {10, 0, 0, 1}}, .port = 102};

static struct endpoint client_of(unsigned i)
{
	return (struct endpoint){.ip = {.family = 4, .bytes = {10, 1, (uint8_t)(i >> 8), (uint8_t)i}}, .port = 1024};
}

static void assert_found(const struct table *table, struct tcp_connection *connection, bool there)
{
	const struct tcp_connection *expected = there ? connection : NULL;
	enum direction direction = DIRECTIONS;

	assert_ptr_equal(table_find(table, &connection->client, &server, &direction), expected);
	assert_int_equal(direction, there ? FROM_CLIENT : DIRECTIONS);
	assert_ptr_equal(table_find(table, &server, &connection->client, &direction), expected);
	assert_int_equal(direction, there ? FROM_SERVER : DIRECTIONS);
}

static void those_that_are_there_are_found(void **state)
{
	struct tcp_connection *connections = calloc(COUNT, sizeof *connections);
	bool there[COUNT] = {false};
	struct table *table = table_new();
	uint32_t random = 1;
	size_t count = 0;

	(void)state;
	assert_non_null(connections);
	for (unsigned i = 0; i < COUNT; i++) {
		connections[i].client = client_of(i);
		connections[i].server = server;
	}
	for (unsigned round = 0; round < COUNT + ROUNDS; round++) {
		random = random * 1664525 + 1013904223;
		unsigned i = round < COUNT ? round : (random >> 8) % COUNT;
		if (there[i])
			table_remove(table, &connections[i]);
		else
			table_add(table, &connections[i], 0);
		there[i] = !there[i];
		count += there[i] ? 1 : (size_t)-1;
		assert_int_equal(table_count(table), count);
		if (round % 1000 == 0)
			for (unsigned k = 0; k < COUNT; k++)
				assert_found(table, &connections[k], there[k]);
	}
	for (unsigned k = 0; k < COUNT; k++)
		assert_found(table, &connections[k], there[k]);
	table_free(table);
	free(connections);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(those_that_are_there_are_found)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
