/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dates of regional settings, which of their numbers is the day, and logs put together of several forms. */
#include "events_log.h"

#include "events/dates.h"

#include <stdio.h>

#define WORDS(lpi)                                                                                                     \
	"Unable to recognize an internal message identifier. Internal connection handle (LPI) " lpi                    \
	" Error code: 8464 [POP4 POP4 UP 7 228] (14)"
#define ROW(date, time, lpi) date "\t" time "\tMSExchangeMTA\tWarning\tInterface\t4283\tN/A\tEXCH1\t" WORDS(lpi) "\r\n"
#define NMI(lpi)                                                                                                       \
	"message NMI4283: Interface Event, severity 14\r\n\r\n       (POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm"   \
	"\r\n       Bad LPIs in message\r\n       Bad LPI " lpi "\r\n       Error code = 8464\r\n"

/* One moment, as settings all over the world write it. */
static void test_forms_of_a_time(void **state)
{
	static const char *const rows[] = {
	    ROW("2/26/2002", "2:43:50 PM", "1-15-12"),
	    ROW("26/02/2002", "14:43:50", "1-15-12"),
	    ROW("26.02.2002", "14:43:50", "1-15-12"),
	    ROW("26. 2. 2002", "14:43:50", "1-15-12"),
	    ROW("2002.02.26.", "14:43:50", "1-15-12"),
	    ROW("2002. 02. 26.", "14:43:50", "1-15-12"),
	    ROW("26-2-2002", "14:43:50", "1-15-12"),
	    ROW("2002/02/26", "14.43.50", "1-15-12"),
	    ROW("26-Feb-02", "2:43:50 PM", "1-15-12"),
	    ROW("26.2.2002 \u0433.", "14:43:50", "1-15-12"),
	    ROW("26/02/2002", "2:43:50 p. m.", "1-15-12"),
	    ROW("26/2/2002", "2:43:50 \u03bc\u03bc", "1-15-12"),
	    ROW("2002/2/26", "\u4e0b\u5348 02:43:50", "1-15-12"),
	    ROW("2002-02-26", "\uc624\ud6c4 2:43:50", "1-15-12"),
	    ROW("\u200e26/\u200e02/\u200e2002", "2:43:50\u202fPM", "1-15-12"),
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event_log log = log_of(rows[i]);
		if (log.event_count != 1 || log.problem_count != 0)
			print_error("%s: %s\n", rows[i], log.problem_count > 0 ? log.problems[0].says : "no event");
		assert_int_equal(log.event_count, 1);
		assert_int_equal(log.problem_count, 0);
		if (log.events[0].t_local != civil_seconds(2002, 2, 26, 14, 43, 50))
			print_error("%s: the time is wrong\n", rows[i]);
		assert_true(log.events[0].t_local == civil_seconds(2002, 2, 26, 14, 43, 50));
		event_log_free(&log);
	}
}

/* A half of the day in a language that is not known: the time is no time, rather than one that is twelve hours off. */
static void test_unknown_half(void **state)
{
	struct event_log log = log_of(ROW("26/02/2002", "2:43:50 \u0915\u0916", "1-15-12"));
	(void)state;

	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.problem_count, 1);
	assert_true(log.events[0].t_local == INT64_MIN);
	event_log_free(&log);
}

static int64_t first_day(const char *text, size_t *problems)
{
	struct event_log log = log_of(text);

	assert_true(log.event_count > 0);
	int64_t seconds = log.events[0].t_local;
	*problems = log.problem_count;
	event_log_free(&log);
	return seconds - 3600;
}

/* The order is one for all dates of a form: one date decides, or the order in the file does; else it is told. */
static void test_order(void **state)
{
	static const struct {
		const char *text;
		unsigned month, day;
		bool told;
	} logs[] = {
	    {ROW("3/4/2002", "1:00:00", "1-15-1") ROW("13/4/2002", "1:00:00", "1-15-2"), 4, 3, false},
	    {ROW("3/4/2002", "1:00:00", "1-15-1") ROW("3/14/2002", "1:00:00", "1-15-2"), 3, 4, false},
	    {ROW("11/3/2002", "1:00:00", "1-15-1") ROW("12/3/2002", "1:00:00", "1-15-2")
		 ROW("1/4/2002", "1:00:00", "1-15-2"),
	     3, 11, false},
	    {ROW("3/4/2002", "1:00:00 AM", "1-15-1"), 3, 4, true},
	    {ROW("3/4/2002", "1:00:00", "1-15-1"), 4, 3, true},
	    {ROW("3/04/2002", "1:00:00 AM", "1-15-1"), 4, 3, true},
	    {ROW("3.4.2002", "1:00:00", "1-15-1"), 4, 3, false},
	    {ROW("02/03/04", "1:00:00", "1-15-1") ROW("02/03/09", "1:00:00", "1-15-2"), 3, 4, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		size_t problems = 0;
		int64_t day = first_day(logs[i].text, &problems);
		if (day != civil_seconds(2002, logs[i].month, logs[i].day, 0, 0, 0) || logs[i].told != (problems > 0))
			print_error("log %zu: %s\n", i, logs[i].text);
		assert_true(day == civil_seconds(2002, logs[i].month, logs[i].day, 0, 0, 0));
		assert_int_equal(logs[i].told, problems > 0);
	}
}

/* A case's file: an export, what somebody pasted, and an MTA's log; two computers with other settings. */
static void test_sections(void **state)
{
	struct event_log log = log_of(ROW("2/13/2002", "2:43:50 PM", "1-15-1") "\r\n" NMI(
	    "1-15-2") "\r\nThe other one:\r\n"
		      "Event Type:\tWarning\r\nEvent Source:\tMSExchangeMTA\r\nEvent "
		      "ID:\t4283\r\nDate:\t\t14/02/2002\r\n"
		      "Time:\t\t14:43:50\r\nDescription:\r\n" WORDS("1-15-3") "\r\n\r\n" ROW("2/4/2002", "2:43:50 PM",
											     "1-15-4"));
	static const int lines[] = {1, 3, 11, 19};
	(void)state;

	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_lpi(&log.events[i], 1, 15, i + 1);
		assert_int_equal(log.events[i].line, lines[i]);
	}
	assert_true(log.events[0].t_local == civil_seconds(2002, 2, 13, 14, 43, 50));
	assert_true(log.events[2].t_local == civil_seconds(2002, 2, 14, 14, 43, 50));
	event_log_free(&log);
}

/* What a program appends in UTF-16, with its mark and without, and in either order. */
static void test_widths(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		static const char first[] = NMI("1-15-1");
		static const char second[] = NMI("1-15-2");
		uint8_t bytes[4096];
		size_t length = 0;
		bool marked = (kind & 1) != 0, little = (kind & 2) != 0, wide_first = (kind & 4) != 0;
		for (unsigned part = 0; part < 2; part++) {
			const char *text = part == 0 ? first : second;
			bool wide = (part == 0) == wide_first;
			if (wide && marked) {
				bytes[length++] = little ? 0xFF : 0xFE;
				bytes[length++] = little ? 0xFE : 0xFF;
			}
			for (size_t i = 0; text[i] != '\0'; i++) {
				if (wide && !little)
					bytes[length++] = 0;
				bytes[length++] = (uint8_t)text[i];
				if (wide && little)
					bytes[length++] = 0;
			}
		}
		struct event_log log;
		event_log_init(&log);
		assert_true(event_log_read(&log, "ev0.log", bytes, length));
		assert_int_equal(log.event_count, 2);
		assert_lpi(&log.events[0], 1, 15, 1);
		assert_lpi(&log.events[1], 1, 15, 2);
		assert_int_equal(log.events[1].line, 7);
		event_log_free(&log);
	}
}

/* Cut before its error code, it is still the event; and that it is cut is told. */
static void test_cut_before_error(void **state)
{
	static const char *const logs[] = {
	    "message NMI4283: Interface Event, severity 14\r\n(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm\r\n"
	    "Bad LPIs in message\r\nBad LPI 1-15-12\r\n",
	    "> Event ID: 4283\n> Source: MSExchangeMTA\n> Description:\n> Unable to recognize an internal message\n"
	    "> identifier. Internal connection handle (LPI)\n> 1-15-12\n",
	    "2/26/2002\t2:43:50 PM\tMSExchangeMTA\tWarning\tInterface\t4283\tN/A\tEXCH1\tUnable to recognize an "
	    "internal "
	    "message identifier. Internal connection handle (LPI) 1-15-12 Err",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct event_log log = log_of(logs[i]);
		assert_int_equal(log.event_count, 1);
		assert_lpi(&log.events[0], 1, 15, 12);
		assert_true(log.events[0].cut);
		assert_int_equal(log.problem_count, 1);
		assert_int_equal(log.problems[0].line, 1);
		event_log_free(&log);
	}
}

/* Two blocks, the first without its number: neither takes what is the other's. */
static void test_blocks_apart(void **state)
{
	struct event_log log = log_of("Task Category: (4)\nLevel: Warning\nDescription:\n" WORDS(
	    "1-15-1") "\nLog Name:      Application\nSource:        MSExchangeMTA\nDate:          2/26/2002 2:43:50 "
		      "PM\n"
		      "Event ID:      4284\nTask Category: (4)\nDescription:\nA(n) error has occurred during "
		      "connection/disconnection. Error code=8511 [POP4 POP4 DOWN 4 179] (14)\n");
	(void)state;

	assert_int_equal(log.event_count, 2);
	assert_int_equal(log.events[0].number, 4283);
	assert_true(log.events[0].t_local == INT64_MIN);
	assert_int_equal(log.events[1].number, 4284);
	assert_false(log.events[1].has_lpi);
	event_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms_of_a_time), cmocka_unit_test(test_unknown_half),
	    cmocka_unit_test(test_order),           cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_widths),          cmocka_unit_test(test_cut_before_error),
	    cmocka_unit_test(test_blocks_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
