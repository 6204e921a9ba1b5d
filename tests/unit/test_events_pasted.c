/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Application-log events as people paste them and as articles retype them. */
#include "events_log.h"

#include <stdio.h>

#define SENTENCE                                                                                                       \
	"Unable to recognize an internal message identifier. Internal connection\nhandle (LPI) 1-15-4 Error code: "    \
	"8465"

static void assert_bad_lpi(const struct event_log *log)
{
	assert_int_equal(log->problem_count, 0);
	assert_int_equal(log->event_count, 1);
	assert_int_equal(log->events[0].number, 4283);
	assert_int_equal(log->events[0].error_code, 8465);
	assert_lpi(&log->events[0], 1, 15, 4);
}

/* Q266792: the description alone. */
static void test_description_alone(void **state)
{
	(void)state;
	struct event_log log = log_of("An event that is similar to the following:\n\n   " SENTENCE
				      " [POP4 POP4 UP 6 228] (14)\n\nThe error code may also be 8464.\n");

	assert_bad_lpi(&log);
	assert_int_equal(log.events[0].severity, 14);
	assert_int_equal(log.events[0].thread, 6);
	assert_int_equal(log.events[0].process, 228);
	assert_int_equal(log.events[0].line, 3);
	assert_true(log.events[0].t_local == INT64_MIN);
	assert_string_equal(log.events[0].text,
			    "Unable to recognize an internal message identifier. Internal connection handle (LPI) "
			    "1-15-4 Error code: 8465");
	event_log_free(&log);
}

static void test_trailers(void **state)
{
	const int32_t lacks = EVENT_LACKS;
	const struct {
		const char *trailer;
		const char *component;
		const char *thread_name;
		int32_t thread;
		int32_t process;
		int32_t severity;
	} trailers[] = {
	    {"[POP4 POP4 UP 6 228] (14)", "POP4", "POP4 UP", 6, 228, 14},
	    {"[POP4 POP4 UP 6 228](14)", "POP4", "POP4 UP", 6, 228, 14},
	    {"[POP4 POP4 UP 6 228] [14]", "POP4", "POP4 UP", 6, 228, 14},
	    {"[POP4 POP4 UP 6 228] <12)", "POP4", "POP4 UP", 6, 228, 12},
	    {"[POP4 POP4 UP\n6 228]\n(14)", "POP4", "POP4 UP", 6, 228, 14},
	    {"[POP4 POP4 UP 6 228]", "POP4", "POP4 UP", 6, 228, lacks},
	    {"[POP4 POP4 DOWN4 18] (14)", "POP4", "POP4 DOWN", 4, 18, 14},
	    {"[0 POP4 POP4 DOWN 6] (14)", "POP4", "POP4 DOWN", 6, lacks, 14},
	    {"[64 POP4 POP4 DOWN 6] (14)", "POP4", "POP4 DOWN", 6, lacks, 14},
	    {"[198 1 0 1 PLATFORM KERNEL 20 130] (10)", "PLATFORM", "KERNEL", 20, 130, 10},
	    {"[2 20 1 8 PLATFORM KERNEL 10] (14)", "PLATFORM", "KERNEL", 10, lacks, 14},
	    {"[2 26 PLATFORM KERNEL ]", "PLATFORM", "KERNEL", lacks, lacks, lacks},
	    {"[BASE APPLICATION 36] (16)", "BASE", "APPLICATION", 36, lacks, 16},
	    {"[BASE IL TCP/IP DRVR 8 256] (12)", "BASE IL", "TCP/IP DRVR", 8, 256, 12},
	    {"[MTA XFER-I 23 358] (14)", "MTA", "XFER-I", 23, 358, 14},
	    {"[2474Receive RT-TRANSFER ind MTA XFER-IN 21 58] (14)", "MTA", "XFER-IN", 21, 58, 14},
	    {"[RES MtaBind ncacn_ip_tcp:1.2.3.4[1092] BASE IL] (14)", "BASE IL", NULL, lacks, lacks, 14},
	    {"[%7 %8 %9 %10] (14)", NULL, NULL, lacks, lacks, 14},
	    {"(POP4 POP4 UP(6) Proc 228)", "POP4", "POP4 UP", 6, 228, lacks},
	    {"\n(POP4 POP4 UP(6) Proc 228)", "POP4", "POP4 UP", 6, 228, lacks},
	    {"", NULL, NULL, lacks, lacks, lacks},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(trailers) / sizeof(trailers[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text), "Event ID: 4283\nSource: MSExchangeMTA\nDescription: " SENTENCE " %s\n",
			 trailers[i].trailer);
		struct event_log log = log_of(text);
		const struct event *event = log.events;
		assert_bad_lpi(&log);
		assert_int_equal(event->thread, trailers[i].thread);
		assert_int_equal(event->process, trailers[i].process);
		assert_int_equal(event->severity, trailers[i].severity);
		assert_true((event->component == NULL) == (trailers[i].component == NULL));
		if (event->component != NULL)
			assert_string_equal(event->component, trailers[i].component);
		assert_true((event->thread_name == NULL) == (trailers[i].thread_name == NULL));
		if (event->thread_name != NULL)
			assert_string_equal(event->thread_name, trailers[i].thread_name);
		event_log_free(&log);
	}
}

static void test_headings(void **state)
{
	static const char *const headings[] = {
	    "Event ID: 4283\n",
	    "Event ID: 2147487931\n",
	    "Event ID:    4283\n",
	    "Event ID:4283\n",
	    "Event ID : 4283\nSource : MSExchangeMTA\n",
	    "EventID: 4283\nSource:MSExchangeMTA\nType :Error\n",
	    "Event Id: 4283, Type: Warning\n",
	    "Event id = 4283\nCategory = Interface\nSource = MSExchangeMTA\n",
	    "Event ID 4283\n",
	    "Event ID 4283\n\n",
	    "Event ID 4283:\n",
	    "Event ID 4283: ",
	    "Event ID 4283 ",
	    "Event ID: 4283 (MTA)\nDescription: ",
	    "Event: 4283\nDescription: ",
	    "Event 4283\n",
	    "Event 4283   MSExchangeMTA     Interface\n",
	    "ID 4283 Category X.400 Service\n",
	    "MSExchangeMTAEvent ID 4283\n\n",
	    "MSExchangeMTA Event ID: 4283\nType: Warning\nCategory: Security\n",
	    "Source: MSExchangeMTA: EventId: 4283\n",
	    "Event ID: 4283\nSource MSExchangeMTA\nType: Warning\n",
	    "Event ID: 4283\nCategory: X.400 Service Source: MSExchangeMTA\nDescription: ",
	    "Event ID: 4283\nType: Warning Category: Interface Description\n",
	    "Event ID: 4283\nSource: MSExchangeMTA\nInternal Processing\nDescription: ",
	    "Type: Warning\nCategory: X.400 Service\nSource: MSExchangeMTA\nEvent ID: 4283\nDescription:\n",
	    "Event ID: 4283\r\nSource: MSExchangeMTA\r\n\r\nDescription:\r\n",
	    "> Event ID: 4283\n> Description:\n> ",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text), "%s" SENTENCE " [POP4 POP4 UP 6 228] (14)\nAnd prose after it.\n",
			 headings[i]);
		struct event_log log = log_of(text);
		if (log.event_count != 1)
			print_error("heading %zu: %s\n", i, headings[i]);
		assert_bad_lpi(&log);
		assert_int_equal(log.events[0].line, 1);
		assert_string_equal(log.events[0].text,
				    "Unable to recognize an internal message identifier. Internal connection handle "
				    "(LPI) 1-15-4 Error code: 8465");
		event_log_free(&log);
	}
}

/* What Event Viewer copies since Windows 2000, and later. */
static void test_dates(void **state)
{
	const struct {
		const char *lines;
		int64_t t_local;
	} dates[] = {
	    {"Date: 2/26/2002\nTime: 2:43:50 PM\n", civil_seconds(2002, 2, 26, 14, 43, 50)},
	    {"Date:\t\t2/26/2002\nTime:\t\t2:43:50 PM\n", civil_seconds(2002, 2, 26, 14, 43, 50)},
	    {"Time: 12:43:50 AM\nDate: 2/26/02\n", civil_seconds(2002, 2, 26, 0, 43, 50)},
	    {"Date: 26/2/2002\nTime: 14:43:50\n", civil_seconds(2002, 2, 26, 14, 43, 50)},
	    {"Date: 26.02.2002\nTime: 14:43:50\n", civil_seconds(2002, 2, 26, 14, 43, 50)},
	    {"Date: 2002-02-26\nTime: 14:43:50\n", civil_seconds(2002, 2, 26, 14, 43, 50)},
	    {"Date: 2/26/2002 2:43:50 PM\n", civil_seconds(2002, 2, 26, 14, 43, 50)},
	    {"Date: 2/26/2002\n", INT64_MIN},
	    {"", INT64_MIN},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text),
			 "Event Type: Warning\nEvent Source: MSExchangeMTA\nEvent ID: 4283\n%sUser: N/A\n"
			 "Computer: SRV\nDescription:\n" SENTENCE " [POP4 POP4 UP 6 228] (14)\n",
			 dates[i].lines);
		struct event_log log = log_of(text);
		assert_bad_lpi(&log);
		assert_true(log.events[0].t_local == dates[i].t_local);
		event_log_free(&log);
	}
}

/* One date that can only have its day first decides for all of a log. */
static void test_day_first(void **state)
{
	(void)state;
	struct event_log log = log_of(
	    "Event ID: 4283\nDate: 5/3/2002\nTime: 14:43:50\nDescription: " SENTENCE " [POP4 POP4 UP 6 228] (14)\n\n"
	    "Event ID: 4283\nDate: 26/3/2002\nTime: 14:43:50\nDescription: " SENTENCE " [POP4 POP4 UP 6 228] (14)\n");

	assert_int_equal(log.event_count, 2);
	assert_true(log.events[0].t_local == civil_seconds(2002, 3, 5, 14, 43, 50));
	assert_true(log.events[1].t_local == civil_seconds(2002, 3, 26, 14, 43, 50));
	event_log_free(&log);
}

/* KB 811406: an Application-log header, the text log's body. */
static void test_hybrid(void **state)
{
	(void)state;
	struct event_log log =
	    log_of("Event ID : 4283\nSource : MSExchangeMTA\nType: Warning\nDescription:\n"
		   "(POP4 POP4 UP(7) Proc 228)\nBad LPIs in message\nBad LPI 1-15-12\nError code = 8464\n");

	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.events[0].number, 4283);
	assert_int_equal(log.events[0].process, 228);
	assert_int_equal(log.events[0].error_code, 8464);
	assert_lpi(&log.events[0], 1, 15, 12);
	event_log_free(&log);
}

/* Q193380: the one event that names a peer. */
static void test_peers(void **state)
{
	(void)state;
	struct event_log log =
	    log_of("Event 9301\nThe message transfer gateway that uses the network address 91F5C11B and the\n"
		   "transport stack x could not be found. [BASE IL TCP/IP DRVR 8 218] (10)\n\n"
		   "Event 9301\nThe message transfer gateway that uses the network address\n"
		   "52656d6f74654d5441 and the transport stack x could not be found.\n"
		   "[BASE IL TCP/IP DRVR 8 218] (10)\n\n"
		   "Event 9202\nA sockets error 0 on an accept() call was detected. Control block index: 1. [BASE IL\n"
		   "TCP/IP DRVR 8 256] (12)\n");

	assert_int_equal(log.event_count, 3);
	struct address peer = {.family = 4, .bytes = {145, 245, 193, 27}};
	assert_true(address_equal(&log.events[0].peer, &peer));
	assert_null(log.events[0].peer_name);
	assert_int_equal(log.events[1].peer.family, 0);
	assert_string_equal(log.events[1].peer_name, "RemoteMTA");
	assert_int_equal(log.events[2].socket_error, 0);
	assert_int_equal(log.events[2].cb, 1);
	assert_int_equal(log.events[0].socket_error, EVENT_LACKS);
	event_log_free(&log);
}

/* Q252843: the where line begins the description and has no date. */
static void test_where_first(void **state)
{
	(void)state;
	struct event_log log =
	    log_of("Event ID: 4293\nDescription: (POP4 POP4 UP(7) PROC 39) Incoming Connection rejected due\n"
		   "to an incorrect T-selector. Called T-Selector is: X\n\n"
		   "(POP4 POP4 UP(7) PROC 39) Incoming Connection rejected due to an incorrect T-selector.\n");

	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(log.events[i].number, 4293);
		assert_int_equal(log.events[i].process, 39);
		assert_true(log.events[i].t_local == INT64_MIN);
	}
	event_log_free(&log);
}

/* Q188040: the Application log's words for a message at the interface. */
static void test_command_sent(void **state)
{
	(void)state;
	struct event_log log = log_of("A command was sent at the network services interface. Control block\n"
				      "index = 1  Internal Connection Handle (LPI) = 1-15-1\n"
				      "Message type = NDATA request [POP4 POP4 UP 7 21] (8)\n");

	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.events[0].number, EVENT_LACKS);
	assert_int_equal(log.events[0].cb, 1);
	assert_lpi(&log.events[0], 1, 15, 1);
	assert_string_equal(log.events[0].message_type, "NDATA request");
	event_log_free(&log);
}

/* A bracket without severity is the MTA's where the words are an event's. */
static void test_no_severity(void **state)
{
	(void)state;
	struct event_log log = log_of("An error has occurred during connection/disconnection. Error code=8511\n"
				      "[POP4 POP4 DOWN 4 179]\n\nAs the author says [MTA 4 179]\n");

	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.other_event_count, 0);
	assert_int_equal(log.events[0].number, 4284);
	assert_int_equal(log.events[0].severity, EVENT_LACKS);
	assert_int_equal(log.events[0].error_code, 8511);
	event_log_free(&log);
}

/* Other services' events and prose about events are none of the MTA's. */
static void test_not_the_mta(void **state)
{
	(void)state;
	struct event_log log =
	    log_of("Event ID: 2025\nSource: MSExchangeIS Private\nDescription: Control block 5 (LPI) 1-2-3\n\n"
		   "Event ID: 5719\nDescription:\nNo Windows NT Domain Controller is available.\n\n"
		   "Event ID 4283 is logged when a connection times out.\n\n"
		   "This depends (see [1] (2)) [Smith 1999] (12)\n");

	assert_int_equal(log.event_count, 0);
	assert_int_equal(log.other_event_count, 0);
	assert_int_equal(log.problem_count, 1);
	event_log_free(&log);
}

/* A list without blank lines between, one of it cut. */
static void test_list(void **state)
{
	(void)state;
	struct event_log log = log_of(
	    SENTENCE " [POP4 POP4 UP 6 228] (14)\n"
		     "Unable to recognize an internal message identifier. Internal connection handle (LPI) 1-15-5 Er\n"
		     "Unable to recognize an internal message identifier. Internal connection handle (LPI) 1-15-6 "
		     "Error code: 8464 [POP4 POP4 UP 6 228] (14)\n");

	assert_int_equal(log.event_count, 3);
	assert_lpi(&log.events[1], 1, 15, 5);
	assert_int_equal(log.events[1].error_code, EVENT_LACKS);
	assert_lpi(&log.events[2], 1, 15, 6);
	event_log_free(&log);
}

/* Q306959: what the article's author left unfilled is no value. */
static void test_placeholders(void **state)
{
	(void)state;
	struct event_log log =
	    log_of("Event ID: 1209\nSource: MSExchangeMTA\nDescription: Unable to recognize an internal message\n"
		   "identifier (LPI) from entity <x>. The incorrect LPI is %1 - % 2 - %3. Control block\nindex %4.\n");

	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 1);
	assert_false(log.events[0].has_lpi);
	assert_int_equal(log.events[0].cb, EVENT_LACKS);
	event_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_description_alone),
	    cmocka_unit_test(test_trailers),
	    cmocka_unit_test(test_headings),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_day_first),
	    cmocka_unit_test(test_hybrid),
	    cmocka_unit_test(test_peers),
	    cmocka_unit_test(test_command_sent),
	    cmocka_unit_test(test_not_the_mta),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_placeholders),
	    cmocka_unit_test(test_no_severity),
	    cmocka_unit_test(test_where_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
