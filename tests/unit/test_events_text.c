/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MTA's text log in every variation that articles quote. */
#include "events_log.h"

#include <stdio.h>

/* The pair of Q319936, as that article prints it. */
static const char article[] = "   message NMI4258: Interface Event, severity 8\n"
			      "\n"
			      "          (POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm\n"
			      "          Message received at NSI:\n"
			      "            cb 12\n"
			      "            LPI 1-15-12\n"
			      "            Message type Close Request\n"
			      "\n"
			      "   later\n"
			      "   message NMI4283: Interface Event, severity 14\n"
			      "\n"
			      "          (POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm\n"
			      "          Bad LPIs in message\n"
			      "          Bad LPI 1-15-12\n"
			      "          Error code = 8464\n";

static void assert_article(const struct event_log *log)
{
	assert_int_equal(log->problem_count, 0);
	assert_int_equal(log->event_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(log->events[i].id, i + 1);
		assert_int_equal(log->events[i].t_local, civil_seconds(2002, 2, 26, 14, 43, 50));
		assert_int_equal(log->events[i].thread, 7);
		assert_int_equal(log->events[i].process, 228);
		assert_string_equal(log->events[i].component, "POP4");
		assert_string_equal(log->events[i].thread_name, "POP4 UP");
		assert_lpi(&log->events[i], 1, 15, 12);
	}
	assert_int_equal(log->events[0].number, 4258);
	assert_int_equal(log->events[0].cb, 12);
	assert_string_equal(log->events[0].message_type, "Close Request");
	assert_int_equal(log->events[0].error_code, EVENT_LACKS);
	assert_int_equal(log->events[1].number, 4283);
	assert_int_equal(log->events[1].cb, EVENT_LACKS);
	assert_null(log->events[1].message_type);
	assert_int_equal(log->events[1].error_code, 8464);
}

static void test_article(void **state)
{
	(void)state;
	struct event_log log = log_of(article);

	assert_article(&log);
	assert_int_equal(log.events[0].severity, 8);
	assert_int_equal(log.events[0].line, 1);
	assert_int_equal(log.events[1].severity, 14);
	assert_int_equal(log.events[1].line, 10);
	assert_string_equal(log.events[1].class_name, "Interface Event");
	assert_string_equal(log.events[0].text,
			    "Message received at NSI:; cb 12; LPI 1-15-12; Message type Close Request");
	assert_string_equal(log.events[1].text, "Bad LPIs in message; Bad LPI 1-15-12; Error code = 8464");
	event_log_group(&log);
	assert_int_equal(log.incident_count, 1);
	assert_int_equal(log.incidents[0].event_count, 2);
	assert_int_equal(log.incidents[0].events[0], 1);
	assert_int_equal(log.incidents[0].events[1], 2);
	assert_int_equal(log.incidents[0].cb, 12);
	event_log_free(&log);
}

/* The article with each occurrence of from replaced; the result is the caller's. */
static char *replaced(const char *text, const char *from, const char *to)
{
	char *out = calloc(strlen(text) * (strlen(to) + 1) + 1, 1);

	assert_non_null(out);
	char *end = out;
	while (*text != '\0') {
		if (strncmp(text, from, strlen(from)) == 0) {
			memcpy(end, to, strlen(to));
			end += strlen(to);
			text += strlen(from);
		} else {
			*end++ = *text++;
		}
	}
	return out;
}

/* Forms that leave the article's facts as they are. */
static void test_layouts(void **state)
{
	static const struct {
		const char *from;
		const char *to;
	} layouts[] = {
	    {"\n", "\r\n"},
	    {"\n", "\r"},
	    {"\n", "\n\n"},
	    {"\n", "\r\n\r\n\r\n"},
	    {"\n\n", "\n"},
	    {"          ", ""},
	    {"          ", "\t"},
	    {"   ", " \t "},
	    {"\n", "\n> "},
	    {"\n", "\n> > "},
	    {"\n", "\n| "},
	    {"message ", "Message "},
	    {"message ", ""},
	    {"severity", "Severity"},
	    {"8:", "8;"},
	    {"Event,", "Event;"},
	    {"Event, ", "Event,\n"},
	    {"Event, severity ", "Event, severity\n"},
	    {"   later\n", ""},
	    {"   later\n", "   later\n\n   And some other text, Event or not.\n"},
	    {"Proc 228", "PROC 228"},
	    {"UP(7) ", "UP(7)\n"},
	    {") 02", ")\n 02"},
	    {") 02", ")  \t02"},
	    {"02-26-02", "2-26-02"},
	    {"02-26-02", "02-26-2002"},
	    {"02:43:50pm", "2:43:50 PM"},
	    {"02:43:50pm", "14:43:50"},
	    {"cb 12", "CB 12"},
	    {"cb 12", "cb = 12"},
	    {"cb 12", "Control block index = 12"},
	    {"cb 12", "Control block index 12"},
	    {"cb 12", "Control Block index=12"},
	    {"cb 12", "Control block\nindex: 12"},
	    {"cb 12", "Received on CB 12"},
	    {"cb 12", "socket CB 12"},
	    {"Bad LPI 1-15-12", "LPI 1-15-12"},
	    {"Bad LPI 1-15-12", "Bad LPI = 1-15-12"},
	    {"Bad LPI 1-15-12", "Invalid LPI is 1-15-12"},
	    {"Bad LPI 1-15-12", "The incorrect LPI is\n1-15-12"},
	    {"Bad LPI 1-15-12", "Internal handle (LPI) 1-15-12"},
	    {"Bad LPI 1-15-12", "Internal handle (LP1) = 1-15-12"},
	    {"Bad LPI 1-15-12", "Internal handle (LPT) is 1-15-\n12"},
	    {"Error code = 8464", "Error code=8464"},
	    {"Error code = 8464", "Error code: 8464"},
	    {"Error code = 8464", "Error code 8464"},
	    {"Error code = 8464", "Error\ncode=8464"},
	    {"Message type Close", "Message type = Close"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		char *text = replaced(article, layouts[i].from, layouts[i].to);
		struct event_log log = log_of(text);
		if (log.event_count != 2 || log.problem_count != 0)
			print_error("layout %zu: \"%s\" as \"%s\"\n", i, layouts[i].from, layouts[i].to);
		assert_article(&log);
		event_log_free(&log);
		free(text);
	}
}

/* Without header lines, as in Q153188, the body's title tells the number. */
static void test_headless(void **state)
{
	static const struct {
		const char *body;
		int32_t number;
	} bodies[] = {
	    {"Message received at NSI:\n  cb 12\n  LPI 1-15-12\n  Message type Close Request", 4258},
	    {"Bad LPIs in message\nBad LPI 1-15-12\nError code = 8464", 4283},
	    {"Session error, invalid source LPI on received message\nInvalid LPI is 1-16-64", 1209},
	    {"Receive socket closed on CB 1\nSocket error 0", 9236},
	    {"Session - Remote initiation of Transport Disconnection\nControl block index 1, type 1", 1279},
	    {"Bad message type 769 for socket CB 1 in state 2", 9225},
	    {"A sockets error 10061 on a connect() call was detected.\nControl block index: 1.", 9215},
	    {"Message sent at something\n  cb 12\n  LPI 1-15-12", EVENT_LACKS},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text), "(POP4 POP4 UP(7) Proc 228) 02-26-02 12:00:01am\n%s\n", bodies[i].body);
		struct event_log log = log_of(text);
		assert_int_equal(log.problem_count, 0);
		assert_int_equal(log.event_count, 1);
		assert_int_equal(log.events[0].number, bodies[i].number);
		assert_int_equal(log.events[0].severity, EVENT_LACKS);
		assert_int_equal(log.events[0].t_local, civil_seconds(2002, 2, 26, 0, 0, 1));
		event_log_free(&log);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *where;
		const char *component;
		const char *thread_name;
		int32_t thread;
	} names[] = {
	    {"(BASE IL TCP/IP DRVR(8) Proc 256)", "BASE IL", "TCP/IP DRVR", 8},
	    {"(BASE IL MAIN BASE(1) Proc 282)", "BASE IL", "MAIN BASE", 1},
	    {"(BASE TCP/IP DRVR(11) Proc 1)", "BASE", "TCP/IP DRVR", 11},
	    {"(BASE POP4 DOWN(6) Proc 2)", "BASE", "POP4 DOWN", 6},
	    {"(DB Server XFER-IN(12) Proc 98)", "DB Server", "XFER-IN", 12},
	    {"(MTA DISP:FANOUT(15) Proc 112)", "MTA", "DISP:FANOUT", 15},
	    {"(PLATFORM RTSE(34) Proc 151)", "PLATFORM", "RTSE", 34},
	    {"(XAPI NEW THREAD(3) Proc 1)", "XAPI", "NEW THREAD", 3},
	    {"(NOVEL THING(3) Proc 1)", "NOVEL", "THING", 3},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text), "%s 02-26-02 02:43:50pm\nBad LPIs in message\nBad LPI 1-15-12\n",
			 names[i].where);
		struct event_log log = log_of(text);
		assert_int_equal(log.event_count, 1);
		assert_string_equal(log.events[0].component, names[i].component);
		assert_string_equal(log.events[0].thread_name, names[i].thread_name);
		assert_int_equal(log.events[0].thread, names[i].thread);
		event_log_free(&log);
	}
}

static void test_times(void **state)
{
	const int64_t none = INT64_MIN;
	const struct {
		const char *time;
		int64_t t_local;
		size_t problems;
	} times[] = {
	    {"02-26-02 12:00:00am", civil_seconds(2002, 2, 26, 0, 0, 0), 0},
	    {"02-26-02 12:59:59pm", civil_seconds(2002, 2, 26, 12, 59, 59), 0},
	    {"12-31-99 11:59:59pm", civil_seconds(1999, 12, 31, 23, 59, 59), 0},
	    {"02-29-96 01:00:00am", civil_seconds(1996, 2, 29, 1, 0, 0), 0},
	    {"02-29-00 01:00:00am", civil_seconds(2000, 2, 29, 1, 0, 0), 0},
	    {"01-01-70 01:00:00am", civil_seconds(1970, 1, 1, 1, 0, 0), 0},
	    {"01-01-69 01:00:00am", civil_seconds(2069, 1, 1, 1, 0, 0), 0},
	    {"mm-dd-yy hh:mm:sspm", none, 0},
	    {"02-29-01 01:00:00am", none, 1},
	    {"13-01-01 01:00:00am", none, 1},
	    {"02-26-02 13:00:00pm", none, 1},
	    {"02-26-02 00:00:00am", none, 1},
	    {"02-26-02 02:60:00pm", none, 1},
	    {"02-26-02 02:4", none, 1},
	    {"02-26", none, 1},
	    {"", none, 1},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text),
			 "message NMI4283: Interface Event, severity 14\n(POP4 POP4 UP(7) Proc 228) %s\n"
			 "Bad LPIs in message\nBad LPI 1-15-12\nError code = 8464\n",
			 times[i].time);
		struct event_log log = log_of(text);
		assert_int_equal(log.event_count, 1);
		assert_int_equal(log.problem_count, times[i].problems);
		assert_true(log.events[0].t_local == times[i].t_local);
		assert_lpi(&log.events[0], 1, 15, 12);
		event_log_free(&log);
	}
}

static void test_what_is_appended(void **state)
{
	(void)state;
	struct event_log log = log_of("message NMI0210: X.400 Service Event, severity 14\n"
				      "(MTA DISP:FANOUT(15) Proc 112) 05-14-97 08:21:37pm\n"
				      "Content conversion failed\n"
				      "message NMI9999: Interface Event, severity 14\n"
				      "(POP4 POP4 UP(7) Proc 1) 05-14-97 08:21:37pm\n"
				      "Something on CB 5\n"
				      "Event 62: X.400 Service Event, severity 12\n"
				      "(MTA DISP:FANOUT(12) Proc 112) 01-23-98 10:24:31am\n"
				      "Delivery failure\n"
				      "message NMI9156: Resource Monitoring Event, severity 10\n"
				      "(BASE IL MAIN BASE(1) Proc 282) 05-14-97 08:21:38pm\n"
				      "No free control blocks for network type 1\n");

	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.other_event_count, 2);
	assert_int_equal(log.event_count, 2);
	assert_int_equal(log.events[0].number, 9999);
	assert_int_equal(log.events[0].cb, 5);
	assert_int_equal(log.events[1].number, 9156);
	assert_int_equal(log.events[1].cb, EVENT_LACKS);
	event_log_free(&log);
}

/* Numbers of other tables are no POP4 error codes. */
static void test_error_codes(void **state)
{
	(void)state;
	struct event_log log = log_of("message NMI9318: Interface Event, severity 12\n"
				      "(BASE IL MAIN BASE(1) Proc 500) 05-14-97 08:21:37pm\n"
				      "Windows NT error code: 1722. Server error code 164\n"
				      "CB TID=0,calling TID=1. Bad LPI 1-2-99999. association index 2354\n");

	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.events[0].error_code, EVENT_LACKS);
	assert_int_equal(log.events[0].cb, EVENT_LACKS);
	assert_false(log.events[0].has_lpi);
	event_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_article),     cmocka_unit_test(test_layouts), cmocka_unit_test(test_headless),
	    cmocka_unit_test(test_names),       cmocka_unit_test(test_times),   cmocka_unit_test(test_what_is_appended),
	    cmocka_unit_test(test_error_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
