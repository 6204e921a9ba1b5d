/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ladder of one connection: what names it, and what is drawn of made rows. */
#include "report/exchange_draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void names_of_a_connection(void **state)
{
	struct exchange_wanted wanted;

	(void)state;
	assert_true(exchange_wanted_parse("21", &wanted));
	assert_int_equal(wanted.id, 21);
	assert_true(exchange_wanted_parse("10.20.1.9:1042", &wanted));
	assert_int_equal(wanted.client.port, 1042);
	assert_int_equal(wanted.client.ip.family, 4);
	assert_true(exchange_wanted_parse("[2001:db8::1]:7", &wanted));
	assert_int_equal(wanted.client.ip.family, 6);
	assert_true(exchange_wanted_parse("1:A7XavjSgKKCbIknh4vTS1TfDeRg=", &wanted));
	assert_string_equal(wanted.community, "1:A7XavjSgKKCbIknh4vTS1TfDeRg=");
}

static void names_of_none(void **state)
{
	static const char *const none[] = {"",      "0",         "-1",          "4294967296",
					   "21x",   "10.20.1.9", "10.20.1.9:0", "1.2.3.4:65536",
					   ":1042", "[]:1042",   "1:short",     "host:7"};
	struct exchange_wanted wanted;

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_false(exchange_wanted_parse(none[i], &wanted));
}

static char *text_of(struct exchange *exchange, unsigned width)
{
	struct text_form form = {.width = width, .utf8 = false};
	struct text text;
	char *buffer = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&buffer, &size);

	assert_non_null(out);
	exchange->connection.wait_us = CONNECTION_NONE_US;
	text_init(&text, out, &form);
	exchange_draw(&text, exchange, false);
	text_free(&text);
	fclose(out);
	return buffer;
}

static char *drawn(struct exchange_row *rows, size_t count, unsigned width)
{
	struct exchange exchange = {.found = true, .rows = rows, .row_count = count};

	return text_of(&exchange, width);
}

static void rows_of_every_kind(void **state)
{
	struct exchange_row rows[] = {
	    {.kind = ROW_SEGMENT,
	     .moment.frame = 7,
	     .flags = TCP_ACK,
	     .window = 9,
	     .length = 32,
	     .marks = SEGMENT_REPEAT,
	     .repeats = 5},
	    {.kind = ROW_SEGMENT, .direction = FROM_SERVER, .flags = TCP_ACK, .since_before_ns = 1500000},
	    {.kind = ROW_SEGMENT,
	     .direction = FROM_SERVER,
	     .flags = TCP_RST,
	     .forgery = FORGERY_HOP_LIMIT,
	     .milestones = 1U << MILESTONE_CLOSE},
	    {.kind = ROW_GAP, .direction = FROM_SERVER, .length = 99},
	    {.kind = ROW_FOLD, .folded = 212, .folded_data = 200, .length = 310000, .since_before_ns = 4200000000},
	};

	(void)state;
	char *text = drawn(rows, sizeof rows / sizeof rows[0], 120);
	assert_non_null(strstr(text, "7 |----->| 32 bytes [retransmission of 5]\n"));
	assert_non_null(strstr(text, "0.001500       0 |<-----| ACK [window zero]\n"));
	assert_non_null(strstr(text, "close: RST - forged: hop limit\n"));
	assert_non_null(strstr(text, "99 bytes of the server's are not in the capture\n"));
	assert_non_null(strstr(text, "~ 212 packets, 200 with data, 310000 bytes, in 4.20 s ~\n"));
	free(text);
}

static void no_line_is_wider_than_asked(void **state)
{
	struct exchange_row rows[] = {
	    {.kind = ROW_SEGMENT,
	     .moment.frame = 123456,
	     .flags = TCP_ACK,
	     .length = 65535,
	     .marks = SEGMENT_REPEAT | SEGMENT_CUT | SEGMENT_KEEP_ALIVE,
	     .since_syn_ns = INT64_MAX / 4},
	};

	(void)state;
	for (unsigned width = TEXT_WIDTH_MIN; width <= 120; width++) {
		char *text = drawn(rows, 1, width);
		for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
			assert_true(strlen(line) <= width);
		free(text);
	}
}

/* Six data segments in a row are one line; another PDU is not lost in it. */
static void bulk_is_folded(void **state)
{
	struct event_log log = {0};
	struct analysis analysis = {.log = &log};
	struct exchange_wanted wanted = {.id = 1};
	static const char *const names[] = {"DT", "DT", "DT", "DT", "DT", "DT", "AE ACTIVITY END"};

	(void)state;
	for (int verbose = 0; verbose < 2; verbose++) {
		struct exchange exchange;
		struct tcp_connection tcp = {.id = 1};
		exchange_init(&exchange, &wanted);
		for (unsigned i = 0; i < 7; i++) {
			struct segment segment = {
			    .moment = {.time = i, .frame = i + 1, .capture = 1}, .window = 9, .payload_length = 10};
			struct pdu_trace pdu = {.moment = segment.moment, .layer = LAYER_COTP, .name = names[i]};
			exchange.observer.pdu(&exchange, &tcp, &pdu);
			exchange.observer.segment(&exchange, &tcp, FROM_CLIENT, &segment, 0);
		}
		struct connection connection = {.id = 1, .wait_us = CONNECTION_NONE_US};
		for (unsigned m = 0; m < MILESTONES; m++)
			connection.milestones[m] = MOMENT_NONE;
		exchange_judged(&exchange, &connection);
		assert_true(exchange.found);
		exchange_finish(&exchange, &analysis, verbose == 1);
		assert_int_equal(exchange.row_count, verbose == 1 ? 7 : 2);
		if (verbose == 0) {
			assert_int_equal(exchange.rows[0].kind, ROW_FOLD);
			assert_int_equal(exchange.rows[0].folded, 6);
			assert_int_equal(exchange.rows[0].length, 60);
			assert_int_equal(exchange.rows[1].moment.frame, 7);
		}
		exchange_free(&exchange);
	}
}

/* Packets without the words of their PDUs look as if they carried none. */
static void pdus_beyond_the_limit_are_told_of(void **state)
{
	const struct exchange_wanted wanted = {.id = 1};
	const struct tcp_connection tcp = {.id = 1};
	const struct pdu_trace pdu = {.layer = LAYER_COTP, .name = "DT"};
	struct exchange exchange;

	(void)state;
	exchange_init(&exchange, &wanted);
	exchange.pdu_count = EXCHANGE_PDUS;
	exchange.observer.pdu(exchange.observer.user, &tcp, &pdu);
	exchange.observer.pdu(exchange.observer.user, &tcp, &pdu);
	exchange.found = true;
	char *text = text_of(&exchange, 120);
	assert_non_null(strstr(text, "What 2 more PDUs say is not shown"));
	free(text);
	exchange_free(&exchange);
	text = drawn(NULL, 0, 120);
	assert_null(strstr(text, "not shown"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_of_a_connection),
	    cmocka_unit_test(names_of_none),
	    cmocka_unit_test(rows_of_every_kind),
	    cmocka_unit_test(bulk_is_folded),
	    cmocka_unit_test(pdus_beyond_the_limit_are_told_of),
	    cmocka_unit_test(no_line_is_wider_than_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
