/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .evt and .evtx logs, whole, wrapped, dirty, cut and broken. */
#include "events_log.h"

#include "made_eventlog.h"

enum { WHEN = 1014752630 }; /* 2002-02-26 19:43:50 */

static struct made made;

/* Read from a copy that is exactly as large, so that a sanitizer sees a byte read past it. */
static struct event_log log_of_bytes(size_t length)
{
	struct event_log log;
	uint8_t *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	memcpy(copy, made.bytes, length);
	event_log_init(&log);
	event_log_read(&log, "app", copy, length);
	free(copy);
	return log;
}

static void assert_pair(const struct event_log *log, size_t first)
{
	assert_true(log->event_count >= first + 2);
	for (size_t i = first; i < first + 2; i++) {
		const struct event *event = &log->events[i];
		assert_lpi(event, 1, 15, 12);
		assert_true(event->t_local == WHEN);
		assert_true(event->utc);
		assert_true(event->line == EVENT_LACKS);
		assert_string_equal(event->component, "POP4");
		assert_string_equal(event->thread_name, "POP4 UP");
		assert_int_equal(event->thread, 7);
		assert_int_equal(event->process, 228);
	}
	assert_int_equal(log->events[first].number, 4258);
	assert_int_equal(log->events[first].cb, 12);
	assert_string_equal(log->events[first].message_type, "Close Request");
	assert_int_equal(log->events[first + 1].number, 4283);
	assert_int_equal(log->events[first + 1].error_code, 8464);
}

static void make_evt(void)
{
	made_evt_header(&made);
	made_evt_record(&made, 1, WHEN, 0x400010A2, made_4258);
	made_evt_record(&made, 2, WHEN, 0x800010BB, made_4283);
	made_evt_end(&made, 48, 3);
}

static void test_evt(void **state)
{
	(void)state;
	make_evt();
	struct event_log log = log_of_bytes(made.length);
	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 2);
	assert_pair(&log, 0);
	assert_true(log.events[1].record_number == 2);
	assert_string_equal(log.events[1].text, "1, 15, 12, 8464, POP4, POP4 UP, 7, 228");
	event_log_group(&log);
	assert_int_equal(log.incident_count, 1);
	assert_true(log.incidents[0].utc);
	event_log_free(&log);
}

/* A header that lags behind, as in a log copied while it was in use. */
static void test_evt_dirty(void **state)
{
	(void)state;
	make_evt();
	made_le_at(&made, 20, 48, 4);
	made_le_at(&made, 36, 1, 4);
	struct event_log log = log_of_bytes(made.length);
	assert_int_equal(log.problem_count, 0);
	assert_pair(&log, 0);
	event_log_free(&log);
}

/* The second record goes on behind the header, wherever it is broken. */
static void test_evt_wrapped(void **state)
{
	static struct made straight;
	(void)state;

	made_evt_header(&made);
	made_evt_record(&made, 1, WHEN, 0x400010A2, made_4258);
	size_t second = made.length;
	made_evt_record(&made, 2, WHEN, 0x800010BB, made_4283);
	straight = made;
	size_t size = straight.length - second;
	for (size_t left = 56; left < size; left += 4) {
		size_t behind = size - left;
		size_t length = straight.length + 40;
		made_evt_header(&made);
		memcpy(made.bytes + 48, straight.bytes + second + left, behind);
		made.length = 48 + behind;
		size_t begin = length - left - (second - 48);
		made_evt_end(&made, (uint32_t)begin, 3);
		memcpy(made.bytes + begin, straight.bytes + 48, second - 48);
		memcpy(made.bytes + length - left, straight.bytes + second, left);
		struct event_log log = log_of_bytes(length);
		assert_int_equal(log.problem_count, 0);
		assert_int_equal(log.event_count, 2);
		assert_pair(&log, 0);
		event_log_free(&log);
	}
}

/* What the log has dropped comes first, and a copy that it left behind when it grew not at all. */
static void test_evt_recovered(void **state)
{
	(void)state;
	make_evt();
	made_evt_record(&made, 2, WHEN, 0x800010BB, made_4283);
	made_evt_record(&made, 0, WHEN - 60, 0x800010BB, made_4283);
	struct event_log log = log_of_bytes(made.length);
	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 3);
	assert_int_equal(log.recovered_count, 1);
	assert_true(log.events[0].t_local == WHEN - 60);
	assert_pair(&log, 1);
	event_log_free(&log);
}

/* Cut anywhere, the records before the cut are read, and the cut is told of. */
static void test_evt_cut(void **state)
{
	(void)state;
	make_evt();
	size_t whole = made.length;
	for (size_t length = 12; length < whole; length++) {
		struct event_log log = log_of_bytes(length);
		assert_true(log.problem_count > 0);
		if (length + 40 >= whole)
			assert_pair(&log, 0);
		event_log_free(&log);
	}
}

/* One byte wrong at a time: a record may be lost, but then that is told. */
static void test_evt_damaged(void **state)
{
	(void)state;
	make_evt();
	size_t whole = made.length;
	for (size_t at = 0; at < whole; at++) {
		make_evt();
		made.bytes[at] ^= 0x55;
		struct event_log log = log_of_bytes(whole);
		assert_true(log.event_count + log.foreign_count + log.other_event_count >= 2 || log.problem_count > 0);
		event_log_free(&log);
	}
}

static void test_evtx(void **state)
{
	(void)state;
	for (unsigned templated = 0; templated < 2; templated++) {
		made_evtx(&made, templated == 1);
		struct event_log log = log_of_bytes(made.length);
		for (size_t i = 0; i < log.problem_count; i++)
			print_error("%s\n", log.problems[i].says);
		assert_int_equal(log.problem_count, 0);
		assert_int_equal(log.event_count, 2);
		assert_pair(&log, 0);
		assert_true(log.events[1].record_number == 2);
		event_log_free(&log);
	}
}

static void test_evtx_cut_and_damaged(void **state)
{
	(void)state;
	for (unsigned templated = 0; templated < 2; templated++) {
		made_evtx(&made, templated == 1);
		for (size_t length = 8; length < MADE_CHUNK + 4096; length += length < MADE_CHUNK ? 509 : 3) {
			struct event_log log = log_of_bytes(length);
			assert_true(log.problem_count > 0);
			event_log_free(&log);
		}
		for (size_t at = MADE_CHUNK; at < MADE_CHUNK + 2600; at += 3) {
			made.bytes[at] ^= 0x55;
			struct event_log log = log_of_bytes(MADE_SIZE);
			assert_true(log.event_count + log.foreign_count + log.other_event_count >= 2 ||
				    log.problem_count > 0);
			event_log_free(&log);
			made.bytes[at] ^= 0x55;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_evt),         cmocka_unit_test(test_evt_dirty),
	    cmocka_unit_test(test_evt_wrapped), cmocka_unit_test(test_evt_recovered),
	    cmocka_unit_test(test_evt_cut),     cmocka_unit_test(test_evt_damaged),
	    cmocka_unit_test(test_evtx),        cmocka_unit_test(test_evtx_cut_and_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
