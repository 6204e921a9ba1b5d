/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that stand behind a later one of their capture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/sort.h"
#include "capture/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { START = 1000000000 };

/* A capture of raw IP, whose packets are the number that they have in the file. */
struct made {
	char path[32];
	FILE *file;
	uint32_t count;
};

static void put32(FILE *file, uint32_t number)
{
	fwrite(&number, sizeof number, 1, file);
}

static struct made begin(void)
{
	struct made made = {.path = "/tmp/mtascope-sort-XXXXXX"};
	int descriptor = mkstemp(made.path);

	assert_true(descriptor >= 0);
	made.file = fdopen(descriptor, "wb");
	put32(made.file, 0xa1b2c3d4);
	put32(made.file, 4 << 16 | 2);
	put32(made.file, 0);
	put32(made.file, 0);
	put32(made.file, 65535);
	put32(made.file, 101);
	return made;
}

static void add(struct made *made, uint64_t microseconds, uint32_t length)
{
	static const char filling[4096];

	put32(made->file, START + (uint32_t)(microseconds / 1000000));
	put32(made->file, (uint32_t)(microseconds % 1000000));
	put32(made->file, length + 4);
	put32(made->file, length + 4);
	put32(made->file, ++made->count);
	fwrite(filling, 1, length, made->file);
}

static struct capture_set *open_made(struct made *made, bool as_stored)
{
	const char *path = made->path;
	char *error;

	if (made->file != NULL)
		fclose(made->file);
	made->file = NULL;
	struct capture_set *set = capture_set_prepare(&path, 1, NULL, &error);
	assert_non_null(set);
	if (as_stored)
		capture_set_as_stored(set);
	assert_true(capture_set_start(set, &error));
	return set;
}

static uint32_t next_of(struct capture_set *set)
{
	struct packet packet;
	uint32_t number;

	if (!capture_set_next(set, &packet))
		return 0;
	memcpy(&number, packet.data, sizeof number);
	assert_int_equal(packet.moment.frame, number);
	return number;
}

static void expect(struct capture_set *set, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(next_of(set), numbers[i]);
	assert_int_equal(next_of(set), 0);
}

static void packets_get_their_place(void **state)
{
	static const uint32_t sorted[] = {2, 1, 3, 5, 4, 6}, stored[] = {1, 2, 3, 4, 5, 6};
	struct made made = begin();

	(void)state;
	add(&made, 500000, 10);
	add(&made, 100000, 20);
	add(&made, 500000, 30);
	add(&made, 2000000, 0);
	add(&made, 1000001, 7);
	add(&made, 9000000, 5);
	struct capture_set *set = open_made(&made, false);
	expect(set, sorted, 6);
	assert_int_equal(capture_set_info(set, 0)->reordered, 2);
	capture_set_close(set);
	set = open_made(&made, true);
	expect(set, stored, 6);
	assert_int_equal(capture_set_info(set, 0)->reordered, 0);
	capture_set_close(set);
	unlink(made.path);
}

static void a_clock_that_was_set_back_stays_so(void **state)
{
	static const uint32_t order[] = {1, 2, 3, 5, 4, 6};
	struct made made = begin();

	(void)state;
	add(&made, 5000000, 0);
	add(&made, 5100000, 0);
	add(&made, 1000000, 0);
	add(&made, 1500000, 0);
	add(&made, 1400000, 0);
	add(&made, 5050000, 0);
	struct capture_set *set = open_made(&made, false);
	expect(set, order, 6);
	capture_set_close(set);
	unlink(made.path);
}

/* Far from the beginning only the first is late, and what follows it is watched again. */
static void order_is_watched_again_once_it_was_missed(void **state)
{
	struct made made = begin();
	uint64_t time = 0;

	(void)state;
	for (int i = 0; i < 3 * SORT_CALM; i++)
		add(&made, time += 1000, 0);
	add(&made, time - 2500, 0);
	add(&made, time + 9000, 0);
	add(&made, time + 8000, 0);
	struct capture_set *set = open_made(&made, false);
	for (uint32_t i = 1; i <= 3 * SORT_CALM; i++)
		assert_int_equal(next_of(set), i);
	const uint32_t order[] = {made.count - 2, made.count, made.count - 1};
	expect(set, order, 3);
	assert_int_equal(capture_set_info(set, 0)->reordered, 1);
	capture_set_close(set);
	unlink(made.path);
}

/* More than may wait come within a second: all are given out, and what is late beyond that is late. */
static void what_waits_is_bounded(void **state)
{
	enum { COUNT = 20000, LENGTH = 4000 };
	struct made made = begin();
	uint8_t *seen = calloc(COUNT + 2, 1);
	uint32_t number;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		add(&made, (uint64_t)(i % 2 == 0 ? i + 5 : i - 5) + 100, LENGTH);
	add(&made, 0, LENGTH);
	struct capture_set *set = open_made(&made, false);
	uint32_t last = 0;
	while ((number = next_of(set)) != 0) {
		assert_int_equal(seen[number]++, 0);
		last = number;
		count++;
	}
	assert_int_equal(count, COUNT + 1);
	/* It belongs before all others, which could not wait so long. */
	assert_int_not_equal(last, 0);
	assert_true(capture_set_info(set, 0)->reordered < COUNT);
	capture_set_close(set);
	free(seen);
	unlink(made.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_get_their_place),
	    cmocka_unit_test(a_clock_that_was_set_back_stays_so),
	    cmocka_unit_test(order_is_watched_again_once_it_was_missed),
	    cmocka_unit_test(what_waits_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
