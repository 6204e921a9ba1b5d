/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What live capture writes: records in pieces, packets in a ring, and the state for the next run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/source.h"
#include "live/ring.h"
#include "live/rotate.h"
#include "live/state.h"
#include "prng.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define START (INT64_C(1014752599) * NS_PER_S)

enum { FILES_MAX = 16 };

struct bench {
	char folder[64];
	char path[PATH_MAX];
	unsigned full, good;
	uint64_t lost;
	char *names[FILES_MAX]; /* of the ring, sorted */
	size_t name_count;
};

static void on_told(void *user, bool full, uint64_t lost, int error)
{
	struct bench *bench = user;

	assert_true(full == (error != 0));
	bench->full += full;
	bench->good += !full;
	bench->lost = lost;
}

static int set_up(void **state)
{
	struct bench *bench = test_malloc(sizeof *bench);

	*bench = (struct bench){.folder = "/tmp/mtascope-files-XXXXXX"};
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->path, sizeof bench->path, "%s/records", bench->folder);
	*state = bench;
	return 0;
}

static int is_ours(const struct dirent *entry)
{
	return strstr(entry->d_name, ".pcapng") != NULL;
}

static void forget_names(struct bench *bench)
{
	for (size_t i = 0; i < bench->name_count; i++)
		free(bench->names[i]);
	bench->name_count = 0;
}

static void list_ring(struct bench *bench)
{
	struct dirent **entries;
	int count = scandir(bench->folder, &entries, is_ours, alphasort);
	char name[PATH_MAX];

	forget_names(bench);
	assert_in_range(count, 0, FILES_MAX);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s/%s", bench->folder, entries[i]->d_name);
		bench->names[bench->name_count++] = strdup(name);
		free(entries[i]);
	}
	free(entries);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	DIR *entries = opendir(bench->folder);
	struct dirent *entry;

	forget_names(bench);
	while ((entry = readdir(entries)) != NULL)
		unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
	assert_int_equal(rmdir(bench->folder), 0);
	test_free(bench);
	return 0;
}

static void expect_file(const char *path, const char *text)
{
	char got[256] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	size_t length = fread(got, 1, sizeof got - 1, file);
	fclose(file);
	got[length] = '\0';
	assert_string_equal(got, text);
}

/* ---- Records ---- */

static void put(struct rotated *rotated, const char *lines)
{
	assert_int_equal(fwrite(lines, 1, strlen(lines), rotated_stream(rotated)), strlen(lines));
	assert_int_equal(fflush(rotated_stream(rotated)), 0);
}

static void test_pieces(void **state)
{
	struct bench *bench = *state;
	struct rotated *rotated = rotated_open(bench->path, 8, 2, on_told, bench);
	static const char *const lines[] = {"one\n", "two\n", "three\n", "four\nfive\n", "six\n"};
	char path[PATH_MAX + 2];

	assert_non_null(rotated);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		put(rotated, lines[i]);
		if (rotated_is_due(rotated))
			assert_true(rotated_turn(rotated));
	}
	rotated_close(rotated);
	expect_file(bench->path, "six\n");
	snprintf(path, sizeof path, "%s.1", bench->path);
	expect_file(path, "three\nfour\nfive\n");
	snprintf(path, sizeof path, "%s.2", bench->path);
	expect_file(path, "one\ntwo\n");
}

/* What the writer before left in the middle of a line is cut off, what is whole stays. */
static void test_goes_on(void **state)
{
	struct bench *bench = *state;
	FILE *before = fopen(bench->path, "w");

	fputs("one\ntwo\nhal", before);
	fclose(before);
	struct rotated *rotated = rotated_open(bench->path, 0, 0, on_told, bench);
	assert_non_null(rotated);
	put(rotated, "three\n");
	rotated_close(rotated);
	expect_file(bench->path, "one\ntwo\nthree\n");
}

/* Somebody else renames the file; after rotated_reopen there is a new one. */
static void test_reopened(void **state)
{
	struct bench *bench = *state;
	struct rotated *rotated = rotated_open(bench->path, 0, 0, on_told, bench);
	char moved[PATH_MAX + 8];

	put(rotated, "one\n");
	snprintf(moved, sizeof moved, "%s.moved", bench->path);
	assert_int_equal(rename(bench->path, moved), 0);
	put(rotated, "two\n");
	assert_true(rotated_reopen(rotated));
	put(rotated, "three\n");
	rotated_close(rotated);
	expect_file(moved, "one\ntwo\n");
	expect_file(bench->path, "three\n");
}

static void expect_piece(const struct bench *bench, unsigned piece, const char *text)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s.%u", bench->path, piece);
	expect_file(path, text);
}

/* Three pieces besides the file, which is due again. */
static struct rotated *begin_pieces(struct bench *bench)
{
	struct rotated *rotated = rotated_open(bench->path, 4, 3, on_told, bench);
	static const char *const lines[] = {"one\n", "two\n", "three\n", "four\n"};

	assert_non_null(rotated);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (rotated_is_due(rotated))
			assert_true(rotated_turn(rotated));
		put(rotated, lines[i]);
	}
	assert_true(rotated_is_due(rotated));
	return rotated;
}

static void limit_descriptors(rlim_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Somebody removes the file: the older pieces stay, however often it is tried, and it is begun again. */
static void test_removed(void **state)
{
	struct bench *bench = *state;
	struct rotated *rotated = begin_pieces(bench);

	assert_int_equal(unlink(bench->path), 0);
	limit_descriptors(0);
	for (unsigned i = 0; i < 3; i++)
		assert_false(rotated_turn(rotated));
	limit_descriptors(RLIM_INFINITY);
	assert_true(rotated_turn(rotated));
	assert_false(rotated_is_due(rotated));
	put(rotated, "new\n");
	rotated_close(rotated);
	expect_file(bench->path, "new\n");
	expect_piece(bench, 1, "three\n");
	expect_piece(bench, 2, "two\n");
	expect_piece(bench, 3, "one\n");
}

/* The pieces have been shifted, but the file can't be opened: they are not shifted again, and nothing is lost. */
static void test_not_opened(void **state)
{
	struct bench *bench = *state;
	struct rotated *rotated = begin_pieces(bench);

	limit_descriptors(0);
	for (unsigned i = 0; i < 3; i++)
		assert_false(rotated_turn(rotated));
	put(rotated, "five\n");
	limit_descriptors(RLIM_INFINITY);
	assert_true(rotated_turn(rotated));
	put(rotated, "new\n");
	rotated_close(rotated);
	expect_file(bench->path, "new\n");
	expect_piece(bench, 1, "four\nfive\n");
	expect_piece(bench, 2, "three\n");
	expect_piece(bench, 3, "two\n");
}

/* A piece that somebody removed is room enough: those before it are not lost for it. */
static void test_hole(void **state)
{
	struct bench *bench = *state;
	struct rotated *rotated = begin_pieces(bench);
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s.1", bench->path);
	assert_int_equal(unlink(path), 0);
	assert_true(rotated_turn(rotated));
	rotated_close(rotated);
	expect_piece(bench, 1, "four\n");
	expect_piece(bench, 2, "two\n");
	expect_piece(bench, 3, "one\n");
}

static void limit_files(rlim_t size)
{
	struct rlimit limit = {.rlim_cur = size, .rlim_max = RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Where a file can grow no further only whole lines stand in it, the others are counted, and it goes on. */
static void test_no_room(void **state)
{
	struct bench *bench = *state;
	struct rotated *rotated = rotated_open(bench->path, 0, 0, on_told, bench);

	limit_files(10);
	put(rotated, "one\n");
	put(rotated, "two\nthree\nfour\n");
	assert_int_equal(bench->full, 1);
	put(rotated, "five\nsix\nseven\n");
	assert_int_equal(bench->full, 1);
	limit_files(RLIM_INFINITY);
	put(rotated, "eight\n");
	assert_int_equal(bench->good, 1);
	assert_int_equal(bench->lost, 5);
	rotated_close(rotated);
	expect_file(bench->path, "one\ntwo\neight\n");
}

/* ---- Packets ---- */

static struct ring *ring_begin(struct bench *bench, struct ring_options *options)
{
	options->folder = bench->folder;
	if (options->held_bytes == 0)
		options->held_bytes = 1 << 20;
	struct ring *ring = ring_open(options, on_told, bench);
	assert_non_null(ring);
	ring_interface(ring, 0,
		       &(const struct ring_interface){
			   .name = "eth0", .filter = "tcp port 102", .link_type = DLT_EN10MB, .snap_length = 65535});
	return ring;
}

static void ring_put(struct ring *ring, unsigned second, uint32_t connection)
{
	uint8_t data[100] = {(uint8_t)connection, (uint8_t)second};
	struct packet packet = {.moment = moment_at(START + second * NS_PER_S, second + 1, 1),
				.link_type = DLT_EN10MB,
				.data = data,
				.captured = sizeof data,
				.length = 1500};

	ring_packet(ring, &packet, connection, false);
}

/* Connection and second of each packet in the files, "1@0 1@3 ". */
static void expect_packets(struct bench *bench, const char *expected)
{
	char *error = NULL;
	char text[2048] = "";
	struct packet packet;

	list_ring(bench);
	for (size_t i = 0; i < bench->name_count; i++) {
		const char *name = bench->names[i];
		struct capture_set *set = capture_set_open(&name, 1, NULL, &error);
		assert_non_null(set);
		while (capture_set_next(set, &packet)) {
			assert_int_equal(packet.captured, 100);
			assert_int_equal(packet.length, 1500);
			assert_true(packet.moment.time == START + packet.data[1] * NS_PER_S);
			snprintf(text + strlen(text), sizeof text - strlen(text), "%u@%u ", packet.data[0],
				 packet.data[1]);
		}
		assert_true(capture_set_info(set, 0)->complete);
		assert_string_equal(capture_set_info(set, 0)->interfaces[0].name, "eth0");
		capture_set_close(set);
	}
	assert_string_equal(text, expected);
}

/* Of three connections the failing one is kept: from its first packet on, and what comes after it failed. */
static void test_failing(void **state)
{
	struct bench *bench = *state;
	struct ring_options options = {0};
	struct ring *ring = ring_begin(bench, &options);

	for (unsigned second = 0; second < 4; second++)
		ring_put(ring, second, 1 + second % 2);
	ring_put(ring, 4, 3);
	expect_packets(bench, "");
	ring_keep(ring, 2);
	ring_drop(ring, 1);
	ring_put(ring, 5, 2);
	ring_flush(ring, START + 6 * NS_PER_S);
	/* While it is open, as after a kill. */
	expect_packets(bench, "2@1 2@3 2@5 ");
	ring_drop(ring, 2);
	ring_put(ring, 6, 3);
	ring_drop(ring, 3);
	assert_int_equal(ring_counts(ring).held_bytes, 0);
	ring_close(ring);
	expect_packets(bench, "2@1 2@3 2@5 ");
}

static void test_all_and_evidence(void **state)
{
	struct bench *bench = *state;
	struct ring_options options = {.all = true};
	struct ring *ring = ring_begin(bench, &options);

	ring_put(ring, 1, 7);
	ring_put(ring, 2, RING_NO_CONNECTION);
	ring_keep(ring, 7);
	ring_close(ring);
	expect_packets(bench, "7@1 0@2 ");
}

/* A connection that got its OK and goes on is not held for ever. */
static void test_well(void **state)
{
	struct bench *bench = *state;
	struct ring_options options = {0};
	struct ring *ring = ring_begin(bench, &options);

	ring_well(ring, 1);
	for (unsigned i = 0; i < 200; i++)
		ring_put(ring, i % 100, 1);
	size_t held = ring_counts(ring).held_bytes;
	assert_true(held < 1000);
	ring_close(ring);
	expect_packets(bench, "");
}

/* Memory has a limit; the oldest make room and are counted. */
static void test_held_limit(void **state)
{
	struct bench *bench = *state;
	struct ring_options options = {.held_bytes = 20000};
	struct ring *ring = ring_begin(bench, &options);

	for (uint32_t id = 1; id <= 200; id++)
		ring_put(ring, 1, id);
	assert_true(ring_counts(ring).let_go >= 50);
	/* What was let go is not kept from its middle on. */
	ring_put(ring, 2, 1);
	ring_keep(ring, 1);
	ring_keep(ring, 200);
	ring_close(ring);
	expect_packets(bench, "200@1 ");
}

/* So many packets were let go: all that the oldest connections held. */
static void let_go_oldest(const uint32_t *of, bool *is_held, unsigned seconds, uint64_t count)
{
	while (count > 0) {
		unsigned oldest = 0;
		while (oldest < seconds && !is_held[oldest])
			oldest++;
		assert_true(oldest < seconds);
		for (unsigned second = oldest; second < seconds; second++) {
			if (!is_held[second] || of[second] != of[oldest])
				continue;
			is_held[second] = false;
			assert_true(count-- > 0);
		}
	}
}

/* Connections come, fail, and end while there is no room: those whose first packet is oldest go, whole, and no other.
 */
static void test_held_order(void **state)
{
	enum { PACKETS = 250, RECENT = 12 };
	struct bench *bench = *state;
	struct ring_options options = {.held_bytes = 6000};
	struct ring *ring = ring_begin(bench, &options);
	uint32_t of[PACKETS];
	bool is_held[PACKETS] = {false}, is_kept[PACKETS] = {false};
	bool was_let_go[PACKETS] = {false}, keeps[PACKETS] = {false};
	uint64_t random = 1, let_go = 0;
	char expected[2048] = "";

	for (unsigned second = 0; second < PACKETS; second++) {
		uint32_t newest = 1 + second / 3;
		uint32_t some = newest > RECENT ? newest - prng_below(&random, RECENT) : newest;
		of[second] = some;
		is_held[second] = !keeps[some] && !was_let_go[some];
		is_kept[second] = keeps[some];
		ring_put(ring, second, some);
		let_go_oldest(of, is_held, second + 1, ring_counts(ring).let_go - let_go);
		let_go = ring_counts(ring).let_go;
		for (unsigned before = 0; before <= second; before++)
			was_let_go[of[before]] |= !is_held[before] && !is_kept[before];
		some = newest > RECENT ? newest - prng_below(&random, RECENT) : newest;
		bool fails = prng_percent(&random, 5);
		if (fails)
			ring_keep(ring, some);
		keeps[some] |= fails;
		for (unsigned before = 0; before <= second && fails; before++) {
			is_kept[before] |= of[before] == some && is_held[before];
			is_held[before] &= of[before] != some;
		}
		/* One that is dropped comes never again. */
		if (second % 50 == 49) {
			ring_drop(ring, newest - RECENT);
			for (unsigned before = 0; before <= second; before++)
				is_held[before] &= of[before] != newest - RECENT;
		}
	}
	assert_true(let_go > PACKETS / 2);
	for (uint32_t id = 1; id <= 1 + PACKETS / 3; id++)
		ring_keep(ring, id);
	ring_close(ring);
	for (unsigned second = 0; second < PACKETS; second++)
		if (is_held[second] || is_kept[second])
			snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%u@%u ", of[second],
				 second);
	expect_packets(bench, expected);
}

/* The same among many that were let go and live on. */
static void test_held_many(void **state)
{
	enum { QUIET = 30000, BUSY = 60000 };
	struct bench *bench = *state;
	struct ring_options options = {.held_bytes = 3 << 20};
	struct ring *ring = ring_begin(bench, &options);

	for (uint32_t id = 1; id <= QUIET; id++)
		ring_put(ring, 1, id);
	for (uint32_t id = QUIET + 1; id <= BUSY; id++) {
		ring_put(ring, 2, id);
		ring_drop(ring, id - 1000 > QUIET ? id - 1000 : BUSY + 1);
	}
	assert_true(ring_counts(ring).let_go > QUIET / 2);
	assert_true(ring_counts(ring).held_bytes <= options.held_bytes);
	ring_keep(ring, 1);
	ring_keep(ring, QUIET);
	ring_keep(ring, BUSY);
	ring_close(ring);
	char expected[64];
	snprintf(expected, sizeof expected, "%u@1 %u@2 ", QUIET & 0xff, BUSY & 0xff);
	expect_packets(bench, expected);
}

/* Files by size and by age; the oldest is removed, those of the run before counted. */
static void test_ring_of_files(void **state)
{
	struct bench *bench = *state;
	struct ring_options options = {.all = true, .age = 10 * NS_PER_S, .files = 3};
	struct ring *ring = ring_begin(bench, &options);

	for (unsigned second = 0; second < 25; second += 5)
		ring_put(ring, second, 1);
	ring_close(ring);
	expect_packets(bench, "1@0 1@5 1@10 1@15 1@20 ");
	assert_int_equal(bench->name_count, 3);
	options.age = 0;
	options.size = 300;
	ring = ring_begin(bench, &options);
	for (unsigned second = 30; second < 33; second++)
		ring_put(ring, second, 2);
	ring_close(ring);
	expect_packets(bench, "1@20 2@30 2@31 2@32 ");
	assert_int_equal(bench->name_count, 3);
	assert_non_null(strstr(bench->names[2], "mtascope-00000005-20020226T"));
}

/* Where nothing can be written, whole packets are lost and counted; then a new file begins. */
static void test_ring_no_room(void **state)
{
	struct bench *bench = *state;
	struct ring_options options = {.all = true};
	struct ring *ring = ring_begin(bench, &options);

	ring_put(ring, 1, 1);
	ring_flush(ring, START + NS_PER_S);
	limit_files(700);
	for (unsigned second = 2; second < 12; second++)
		ring_put(ring, second, 1);
	ring_flush(ring, START + 12 * NS_PER_S);
	assert_int_equal(bench->full, 1);
	limit_files(RLIM_INFINITY);
	ring_put(ring, 20, 1);
	ring_flush(ring, START + 20 * NS_PER_S);
	assert_int_equal(bench->good, 1);
	assert_int_equal(ring_counts(ring).lost, 10);
	ring_close(ring);
	expect_packets(bench, "1@1 1@20 ");
}

/* ---- The state ---- */

static void test_state(void **state)
{
	struct bench *bench = *state;
	struct state written = {.connections = 4711};
	struct state read;
	struct align_connection candidate = {
	    .id = 17, .start = START, .close = START + 30 * NS_PER_S + 1, .weight = 0.4F, .server = 0xdeadbeef};

	assert_true(state_read(&read, bench->path));
	assert_int_equal(read.connections, 0);
	state_free(&read);
	state_add_candidate(&written, &candidate);
	state_add_told(&written, UINT64_C(0xfedcba9876543210));
	assert_true(state_write(&written, bench->path));
	assert_true(state_read(&read, bench->path));
	assert_int_equal(read.connections, 4711);
	assert_int_equal(read.candidate_count, 1);
	assert_int_equal(read.candidates[0].id, 17);
	assert_true(read.candidates[0].close == candidate.close && read.candidates[0].server == 0xdeadbeef);
	assert_float_equal(read.candidates[0].weight, 0.4F, 0.001F);
	assert_int_equal(read.told_count, 1);
	assert_true(read.told[0] == UINT64_C(0xfedcba9876543210));
	state_free(&read);
	state_free(&written);
}

/* Whatever stands in the file, what makes sense is read and the rest is said to be damaged. */
static void test_damaged_state(void **state)
{
	struct bench *bench = *state;
	static const char *const texts[] = {"",
					    "something else\n",
					    "mtascope state 1\nconnections 5\n",
					    "mtascope state 1\nconnections 5\nnonsense\nend\n",
					    "mtascope state 1\nconnections 5\ncandidate 1 9 3 1000 0\nend\n",
					    "mtascope state 1\nconnections 5\ncandidate 1 3 9 1001 0\nend\n"};
	struct state read;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		FILE *file = fopen(bench->path, "w");
		fputs(texts[i], file);
		fclose(file);
		assert_false(state_read(&read, bench->path));
		assert_int_equal(read.connections, i < 2 ? 0 : 5);
		assert_int_equal(read.candidate_count, 0);
		state_free(&read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_goes_on, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_reopened, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_removed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_not_opened, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_hole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_failing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_all_and_evidence, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_well, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_held_limit, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_held_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_held_many, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_ring_of_files, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_ring_no_room, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_state, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_damaged_state, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
