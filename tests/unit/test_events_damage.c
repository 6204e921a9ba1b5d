/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodings, damaged logs, and files that are no logs. */
#include "events_log.h"

#include <stdio.h>

#define CLOSE                                                                                                          \
	"message NMI4258: Interface Event, severity 8\n\n(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm\n"             \
	"Message received at NSI:\n  cb 12\n  LPI 1-15-12\n  Message type Close Request\n\n"
#define BAD                                                                                                            \
	"message NMI4283: Interface Event, severity 14\n\n(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm\n"            \
	"Bad LPIs in message\nBad LPI 1-15-12\nError code = 8464\n\n"

/* ASCII text as UTF-16 of either order. */
static size_t widen(const char *text, bool little, bool mark, uint8_t *out)
{
	size_t length = 0;

	if (mark) {
		out[length++] = little ? 0xFF : 0xFE;
		out[length++] = little ? 0xFE : 0xFF;
	}
	for (; *text != '\0'; text++) {
		out[length++] = little ? (uint8_t)*text : 0;
		out[length++] = little ? 0 : (uint8_t)*text;
	}
	return length;
}

static void test_utf_16(void **state)
{
	static uint8_t bytes[4096];
	(void)state;

	for (unsigned form = 0; form < 4; form++) {
		struct event_log log;
		event_log_init(&log);
		size_t length = widen(CLOSE BAD, form & 1, form & 2, bytes);
		assert_true(event_log_read(&log, "ev0.log", bytes, length));
		assert_int_equal(log.event_count, 2);
		assert_int_equal(log.events[1].line, 9);
		assert_lpi(&log.events[1], 1, 15, 12);
		/* Half a character at the end. */
		assert_true(event_log_read(&log, "ev0.log", bytes, length - 1));
		assert_int_equal(log.event_count, 4);
		event_log_free(&log);
	}
}

static void test_text_encodings(void **state)
{
	static const struct {
		const char *before;
		const char *body;
		const char *text;
	} bodies[] = {
	    {"", "cn=p\xA7 C=AT \x80 LPI 1-2-3", "cn=p\u00A7 C=AT \u20AC LPI 1-2-3"},
	    {"", "cn=p\u00A7 C=AT LPI 1-2-3", "cn=p\u00A7 C=AT LPI 1-2-3"},
	    {"\xEF\xBB\xBF", "cn=p\u00A7 C=AT LPI 1-2-3", "cn=p\u00A7 C=AT LPI 1-2-3"},
	    /* A mark of UTF-8, and behind it what a program appended in its own page. */
	    {"\xEF\xBB\xBF", "cn=p\xA7 C=AT LPI 1-2-3", "cn=p\u00A7 C=AT LPI 1-2-3"},
	    {"", "a\tb\x01\x1B[1mc\x7F LPI 1-2-3", "a b[1mc LPI 1-2-3"},
	    {"", "LPI\xA0\x31-2-3 \xFF", "LPI 1-2-3 \u00FF"},
	    {"", "\U0001F600 LPI 1-2-3", "\U0001F600 LPI 1-2-3"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text), "%s(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm\n%s\n", bodies[i].before,
			 bodies[i].body);
		struct event_log log = log_of(text);
		assert_int_equal(log.event_count, 1);
		assert_string_equal(log.events[0].text, bodies[i].text);
		assert_lpi(&log.events[0], 1, 2, 3);
		event_log_free(&log);
	}
}

/* A hole of NULs, as a crash leaves it, ends what it cuts; a lone NUL is nothing. */
static void test_nuls(void **state)
{
	static const char bytes[] = BAD "\0\0\0\0\0\0\0\0\0" CLOSE "message NMI4283: Inter\0\0\0\0" BAD;
	struct event_log log;
	(void)state;

	event_log_init(&log);
	assert_false(event_log_read(&log, "ev0.log", (const uint8_t *)bytes, sizeof(bytes) - 1));
	assert_int_equal(log.event_count, 4);
	assert_int_equal(log.problem_count, 1);
	assert_int_equal(log.problems[0].line, 16);
	assert_int_equal(log.events[3].line, 16);
	assert_lpi(&log.events[3], 1, 15, 12);
	event_log_free(&log);
}

/* Cut at every byte: what came before is read whole, and nothing is invented. */
static void test_cut_anywhere(void **state)
{
	static const char text[] = CLOSE BAD;
	size_t first = strlen(CLOSE);
	(void)state;

	for (size_t length = 0; length < sizeof(text); length++) {
		struct event_log log;
		event_log_init(&log);
		event_log_read(&log, "ev0.log", (const uint8_t *)text, length);
		assert_true(log.event_count <= 2);
		if (length > first)
			assert_lpi(&log.events[0], 1, 15, 12);
		for (size_t i = 0; i < log.event_count; i++)
			assert_true(log.events[i].number == 4258 || log.events[i].number == 4283);
		if (log.event_count == 2 && !log.events[1].has_lpi)
			assert_true(log.problem_count > 0);
		event_log_free(&log);
	}
}

/* Every stretch of the middle gone: the records around it are read. */
static void test_missing_middle(void **state)
{
	static const char text[] = CLOSE BAD CLOSE BAD;
	size_t one = strlen(CLOSE BAD);
	(void)state;

	for (size_t from = 0; from < one; from++) {
		char copy[sizeof(text)];
		struct event_log log;
		memcpy(copy, text, from);
		memcpy(copy + from, text + one, sizeof(text) - one);
		log = log_of(copy);
		assert_true(log.event_count >= 2);
		assert_int_equal(log.events[log.event_count - 2].number, 4258);
		assert_int_equal(log.events[log.event_count - 2].cb, 12);
		assert_int_equal(log.events[log.event_count - 1].number, 4283);
		assert_lpi(&log.events[log.event_count - 1], 1, 15, 12);
		event_log_free(&log);
	}
}

static void test_problems_have_places(void **state)
{
	(void)state;
	struct event_log log = log_of(BAD "message NMI4283: Interface Event, severity 14\n" CLOSE
					  "message NMI4283: Interface Event, severity 14\n"
					  "(POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:51pm\nBad LPIs in mess\n" BAD);

	assert_int_equal(log.event_count, 5);
	assert_int_equal(log.problem_count, 2);
	assert_int_equal(log.problems[0].line, 8);
	assert_int_equal(log.problems[0].offset, strlen(BAD));
	assert_non_null(strstr(log.problems[0].says, "4283"));
	assert_int_equal(log.problems[1].line, 17);
	assert_non_null(strstr(log.problems[1].says, "LPI"));
	event_log_free(&log);
}

/* The log begins within a record: what is left of it is an event, and it is said that its beginning is lost. */
static void test_begins_within_a_record(void **state)
{
	(void)state;
	struct event_log log = log_of("Bad LPI 1-15-9\nError code = 8464\n\n" BAD);

	assert_int_equal(log.event_count, 2);
	assert_lpi(&log.events[0], 1, 15, 9);
	assert_true(log.events[0].t_local == INT64_MIN);
	assert_lpi(&log.events[1], 1, 15, 12);
	assert_int_equal(log.problem_count, 1);
	assert_int_equal(log.problems[0].line, 1);
	event_log_group(&log);
	assert_int_equal(log.incident_count, 1);
	event_log_free(&log);
}

/* All line ends lost, as some mail programs do it. */
static void test_one_line(void **state)
{
	char text[] = CLOSE BAD CLOSE BAD;
	(void)state;

	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	struct event_log log = log_of(text);
	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 4);
	assert_lpi(&log.events[3], 1, 15, 12);
	assert_int_equal(log.events[3].error_code, 8464);
	event_log_free(&log);
}

static void test_long_lines(void **state)
{
	size_t size = 200000;
	char *text = malloc(size + sizeof(BAD) + sizeof(CLOSE));
	(void)state;

	assert_non_null(text);
	memcpy(text, CLOSE, strlen(CLOSE));
	memset(text + strlen(CLOSE), 'x', size);
	memcpy(text + strlen(CLOSE) + size, BAD, sizeof(BAD));
	struct event_log log = log_of(text);
	assert_int_equal(log.event_count, 2);
	assert_lpi(&log.events[1], 1, 15, 12);
	event_log_free(&log);
	free(text);
}

static void test_too_many_problems(void **state)
{
	static const char bad[] = "message NMI4283: Interface Event, severity 14\n";
	size_t count = EVENT_PROBLEMS_STORED + 500;
	char *text = malloc(count * strlen(bad) + 1);
	(void)state;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * strlen(bad), bad, sizeof(bad));
	struct event_log log = log_of(text);
	assert_int_equal(log.problem_count, EVENT_PROBLEMS_STORED);
	assert_int_equal(log.problems_left_off, 500);
	event_log_free(&log);
	free(text);
}

/* The bytes without the NUL that ends the literal. */
#define FILE_OF(bytes, says)                                                                                           \
	{                                                                                                              \
		(bytes), sizeof(bytes) - 1, (says)                                                                     \
	}

static void test_no_log(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *says;
	} files[] = {
	    FILE_OF("", "empty"),
	    FILE_OF("\0\0\0\0\0\0\0\0", "zeros"),
	    FILE_OF("\xD4\xC3\xB2\xA1\2\0\4\0", "packet capture"),
	    FILE_OF("\x0A\x0D\x0D\x0A\x1C\0\0\0", "packet capture"),
	    FILE_OF("0\0\0\0LfLe\1\0\0\0", ".evt "),
	    FILE_OF("ElfFile\0\0\0\0\0", ".evtx"),
	    FILE_OF("PK\3\4abc", "zip"),
	    FILE_OF("\1\2\3\4\5\6abc\7\x10\x11", "binary"),
	    FILE_OF("<?xml version=\"1.0\"?>\n<Events/>", "no event"),
	    FILE_OF("Level,Date and Time,Source,Event ID,Task Category\n", "no entry"),
	    FILE_OF("2/26/2002\t2:43:50 PM\tMSExchangeIS\tWarning\tGeneral\t4283\tN/A\tSRV\tText", "no entry"),
	    FILE_OF("evtexport 20200926\n\nEvent number\t: 1\nSource name\t: EventLog\nWritten time\t: Feb 26, 2002 "
		    "19:43:50 UTC\n",
		    "no entry"),
	    FILE_OF("XAPI message: Jul 1, 1996 14:49:09, connection 775\n", "AP0.LOG"),
	    FILE_OF("Reference 47 :\n[        0]  01 31 77\n", "BF0.LOG"),
	    FILE_OF("Dear all,\n\nthe MTA fails.\n", "no event"),
	};
	(void)state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct event_log log;
		event_log_init(&log);
		assert_false(event_log_read(&log, "x", (const uint8_t *)files[i].bytes, files[i].length));
		assert_int_equal(log.event_count, 0);
		assert_int_equal(log.problem_count, 1);
		if (strstr(log.problems[0].says, files[i].says) == NULL)
			print_error("%zu: %s\n", i, log.problems[0].says);
		assert_non_null(strstr(log.problems[0].says, files[i].says));
		event_log_free(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_utf_16),
	    cmocka_unit_test(test_text_encodings),
	    cmocka_unit_test(test_nuls),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_missing_middle),
	    cmocka_unit_test(test_problems_have_places),
	    cmocka_unit_test(test_begins_within_a_record),
	    cmocka_unit_test(test_one_line),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_too_many_problems),
	    cmocka_unit_test(test_no_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
