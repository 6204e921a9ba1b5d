/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log that is still written: as it grows, is renamed, cut off, or written anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "live/follow.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { LIMIT = 1 << 20 };

struct bench {
	char folder[64];
	char path[PATH_MAX], other[PATH_MAX];
	const char *paths[1];
	struct follow *follow;
	unsigned news[FOLLOW_LET_GO + 1];
};

static void on_told(void *user, const char *path, enum follow_news news, const char *says)
{
	struct bench *bench = user;

	(void)says;
	assert_string_equal(path, bench->path);
	bench->news[news]++;
}

static int set_up(void **state)
{
	struct bench *bench = test_malloc(sizeof *bench);

	*bench = (struct bench){.folder = "/tmp/mtascope-follow-XXXXXX"};
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->path, sizeof bench->path, "%s/ev0.log", bench->folder);
	snprintf(bench->other, sizeof bench->other, "%s/ev1.log", bench->folder);
	bench->paths[0] = bench->path;
	bench->follow = follow_new(bench->paths, 1, LIMIT, on_told, bench);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	follow_free(bench->follow);
	unlink(bench->path);
	unlink(bench->other);
	rmdir(bench->folder);
	test_free(bench);
	return 0;
}

static void write_file(const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* An event 4283 of its LPI, in the form of EV0.LOG. */
static void write_event(const char *path, const char *mode, unsigned lpi)
{
	char text[256];

	snprintf(
	    text, sizeof text,
	    "message NMI4283: Interface Event, severity 14\r\n\r\n       (POP4 POP4 UP(7) Proc 228) 02-26-02 "
	    "02:%02u:38pm\r\n       Bad LPIs in message\r\n       Bad LPI 1-15-%u\r\n       Error code = 8464\r\n\r\n",
	    lpi % 60, lpi);
	write_file(path, mode, text);
}

/* The LPIs of all incidents, in the order of reading, as one number after the other. */
static void expect(struct bench *bench, const char *lpis)
{
	struct event_log log;
	char text[256] = "";

	event_log_init(&log);
	follow_read(bench->follow, &log);
	for (size_t i = 0; i < log.event_count; i++)
		if (log.events[i].duplicate_of == 0)
			snprintf(text + strlen(text), sizeof text - strlen(text), "%u ", log.events[i].lpi.index);
	event_log_free(&log);
	assert_string_equal(text, lpis);
}

static void test_grows(void **state)
{
	struct bench *bench = *state;

	assert_false(follow_poll(bench->follow));
	assert_int_equal(bench->news[FOLLOW_GONE], 1);
	assert_false(follow_poll(bench->follow));
	assert_int_equal(bench->news[FOLLOW_GONE], 1);
	write_event(bench->path, "w", 1);
	assert_true(follow_poll(bench->follow));
	assert_int_equal(bench->news[FOLLOW_BACK], 1);
	expect(bench, "1 ");
	assert_false(follow_poll(bench->follow));
	write_event(bench->path, "a", 2);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 ");
	assert_int_equal(bench->news[FOLLOW_REPLACED], 0);
}

/* Half a line must not be taken for a handle that ends there. */
static void test_half_a_line(void **state)
{
	struct bench *bench = *state;

	write_event(bench->path, "w", 1);
	write_file(bench->path, "a",
		   "message NMI4283: Interface Event, severity 14\r\n\r\n       (POP4 POP4 UP(7) Proc 228) 02-26-02 "
		   "02:41:38pm\r\n       Bad LPIs in message\r\n       Bad LPI 1-15-4");
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 0 ");
	write_file(bench->path, "a", "7\r\n       Error code = 8464\r\n");
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 47 ");
}

/* A last line without an end counts when nothing more came between two looks, and once. */
static void test_no_end(void **state)
{
	struct bench *bench = *state;

	write_file(bench->path, "w",
		   "message NMI4283: Interface Event, severity 14\r\n\r\n       (POP4 POP4 UP(7) Proc 228) 02-26-02 "
		   "02:41:38pm\r\n       Bad LPIs in message\r\n       Bad LPI 1-15-4");
	assert_true(follow_poll(bench->follow));
	expect(bench, "0 ");
	assert_false(follow_poll(bench->follow));
	assert_true(follow_poll(bench->follow));
	expect(bench, "4 ");
	assert_false(follow_poll(bench->follow));
}

/* Renamed, with an event in it that no look saw; the new log begins at once. */
static void test_renamed(void **state)
{
	struct bench *bench = *state;

	write_event(bench->path, "w", 1);
	assert_true(follow_poll(bench->follow));
	write_event(bench->path, "a", 2);
	assert_int_equal(rename(bench->path, bench->other), 0);
	write_event(bench->path, "w", 3);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 3 ");
	assert_int_equal(bench->news[FOLLOW_REPLACED], 1);
	/* Renamed, and the new log is late. */
	assert_int_equal(rename(bench->path, bench->other), 0);
	assert_false(follow_poll(bench->follow));
	write_event(bench->path, "w", 4);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 3 4 ");
}

/* Written anew in its place: shorter, as long, and longer than before. */
static void test_overwritten(void **state)
{
	struct bench *bench = *state;

	write_event(bench->path, "w", 1);
	write_event(bench->path, "a", 2);
	assert_true(follow_poll(bench->follow));
	write_event(bench->path, "w", 3);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 3 ");
	write_event(bench->path, "w", 4);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 3 4 ");
	write_event(bench->path, "w", 5);
	write_event(bench->path, "a", 6);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 3 4 5 6 ");
	assert_int_equal(bench->news[FOLLOW_REPLACED], 3);
}

/* Copied and cut off, with an event between the look and the copy. */
static void test_cut_off(void **state)
{
	struct bench *bench = *state;

	write_event(bench->path, "w", 1);
	assert_true(follow_poll(bench->follow));
	write_event(bench->other, "w", 1);
	write_event(bench->other, "a", 2);
	assert_int_equal(truncate(bench->path, 0), 0);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 ");
	write_event(bench->path, "a", 3);
	assert_true(follow_poll(bench->follow));
	expect(bench, "1 2 3 ");
}

/* What does not fit goes, the oldest first, and the rest keeps its lines' numbers. */
static void test_limit(void **state)
{
	struct bench *bench = *state;
	struct event_log log;
	enum { MANY = 20000 };

	for (unsigned i = 0; i < MANY; i++)
		write_event(bench->path, i == 0 ? "w" : "a", i);
	for (unsigned i = 0; i < 4; i++)
		follow_poll(bench->follow);
	assert_true(bench->news[FOLLOW_LET_GO] >= 1);
	event_log_init(&log);
	follow_read(bench->follow, &log);
	assert_in_range(log.event_count, 1000, MANY - 1000);
	const struct event *last = &log.events[log.event_count - 1];
	assert_int_equal(last->lpi.index, MANY - 1);
	assert_int_equal(last->line, (MANY - 1) * 7 + 1);
	event_log_free(&log);
	write_event(bench->path, "a", MANY);
	assert_true(follow_poll(bench->follow));
	assert_int_equal(bench->news[FOLLOW_REPLACED], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_grows, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_half_a_line, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_no_end, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_renamed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_overwritten, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_cut_off, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
