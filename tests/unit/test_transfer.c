/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an open association carries, from the SPDUs up. */
#include "dissectors/association.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define C PDU_FROM_CLIENT
#define S PDU_FROM_SERVER

struct turn {
	enum pdu_direction from;
	const char *bytes;
};

static const char normal_cn[] = "0300(02f080 0d{c1{31{a003800101 a2{a4{30{020101 060452010001 30{06025101}} 30{020103 "
				"060456000206 30{06025101}}} 61{30{020101 a0{60{a1{060456000106} be{28{020103 "
				"a0{b0{a3{a0{b0{0500}}}}}}}}}}}}}}})";
static const char normal_ac[] = "0300(02f080 0e{c1{31{a003800101 a2{a5{30{800100 81025101} 30{800100 81025101}} 61{30{"
				"020101 a0{61{a1{060456000106} a203020100 a3{a1{020100}}}}}}}}}})";
static const char x410_cn[] = "0300(02f0800d{c1{31{a003800100 a1{800101820100840101a3{a0{0500}}}}}})";
static const char x410_ac[] = "0300(02f0800e{c1{31{a003800100 a1{800101810103a2{a0{0500}}}}}})";
static const char as[] = "0300(02f0800100 2d{29{0401 37}})";
static const char mip[] = "0300(02f0800100 31{2a{31}})";
static const char mia[] = "0300(02f0800200 32{2a{31}})";
static const char ae[] = "0300(02f0800100 29{2a{31}})";
static const char aea[] = "0300(02f0800200 2a{2a{31}})";
static const char ai[] = "0300(02f0800100 19{32{05}})";
static const char ad[] = "0300(02f0800100 39{32{01}})";
static const char ar[] = "0300(02f0800100 1d{21{2903 040137 2a0131}29{040139}2a0131})";
static const char ab[] = "0300(02f08019{110103})";

/* A1 of /C=US/A= /P=CORP/, P22, urgent, and five bytes of content. */
#define ENVELOPE "31{64{63{61{1302 5553}62{130120}1304434f5250}16{4131}} 60{3000} 460116 470102 a2{3100}}"
#define MESSAGE  "a0{" ENVELOPE "0405 68656c6c6f}"
static const char x410_message[] = "0300(02f0800100 0100" MESSAGE ")";
static const char normal_message[] = "0300(02f0800100 0100 61{30{020103 a0{04{28{020105 a0{" MESSAGE "}}}}}})";
static const char x410_report[] = "0300(02f0800100 0100 a1{31{64{63{61{1302 5553}62{130120}}16{5231}}60{3000}}31{64{63{"
				  "61{1302 5553}62{130120}}16{4131}}}})";
static const char x410_probe[] = "0300(02f0800100 0100 a2{64{63{61{1302 5553}62{130120}}16{5031}}60{3000}460102})";

static void ignore(void *user, const struct pdu_event *event)
{
	(void)user;
	(void)event;
}

static const struct association_sink sink = {.event = ignore};

static void feed(struct association *a, enum pdu_direction from, const char *text, size_t piece, uint64_t frame)
{
	struct hex bytes = hex(text);
	struct moment moment = moment_at((time_ns)frame, frame, 0);

	for (size_t at = 0; at < bytes.length; at += piece) {
		size_t length = piece < bytes.length - at ? piece : bytes.length - at;
		uint8_t *exact = malloc(length);
		memcpy(exact, bytes.bytes + at, length);
		association_feed(a, from, exact, length, &moment);
		free(exact);
	}
}

static struct transfers play(const struct turn *turns, size_t count, size_t piece)
{
	struct association a;

	association_init(&a, &sink, NULL, false);
	feed(&a, C, "0300001611e00000000500c0010bc1025431c2025432", piece, 1);
	feed(&a, S, "0300001611d00005000900c0010bc1025431c2025432", piece, 2);
	for (size_t i = 0; i < count; i++)
		feed(&a, turns[i].from, turns[i].bytes, piece, i + 3);
	struct transfers transfers = association_take_transfers(&a);
	association_free(&a);
	return transfers;
}

#define PLAY(turns, piece) play(turns, sizeof(turns) / sizeof *(turns), piece)

static void is_message_a1(const struct transfer *transfer)
{
	assert_int_equal(transfer->apdu.kind, P1_MESSAGE);
	assert_string_equal(transfer->apdu.id.domain, "/C=US/A= /P=CORP/");
	assert_string_equal(transfer->apdu.id.local, "A1");
	assert_int_equal(transfer->apdu.priority, 2);
	assert_int_equal(transfer->apdu.content_type, 22);
	assert_true(transfer->apdu.complete);
}

static void a_message_in_x410_mode(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, x410_cn}, {S, x410_ac}, {C, as}, {C, x410_message}, {C, ae}, {S, aea}};

	for (size_t piece = 1; piece < 100; piece++) {
		struct transfers transfers = PLAY(turns, piece);
		assert_int_equal(transfers.total, 1);
		assert_int_equal(transfers.acknowledged, 1);
		is_message_a1(transfers.kept[0]);
		assert_int_equal(transfers.kept[0]->size, transfers.kept[0]->apdu.length);
		assert_int_equal(transfers.kept[0]->state, TRANSFER_ACKNOWLEDGED);
		assert_int_equal(transfers.kept[0]->start.frame, 5);
		assert_int_equal(transfers.kept[0]->end.frame, 7);
		assert_int_equal(transfers.kept[0]->acknowledged.frame, 8);
		transfers_free(&transfers);
	}
}

static void a_message_in_normal_mode(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cn}, {S, normal_ac}, {C, as}, {C, normal_message}, {C, ae}};

	for (size_t piece = 1; piece < 120; piece++) {
		struct transfers transfers = PLAY(turns, piece);
		assert_int_equal(transfers.total, 1);
		is_message_a1(transfers.kept[0]);
		assert_int_equal(transfers.kept[0]->size, transfers.kept[0]->apdu.length + 7);
		assert_int_equal(transfers.kept[0]->state, TRANSFER_ENDED);
		assert_false(moment_seen(&transfers.kept[0]->acknowledged));
		transfers_free(&transfers);
	}
}

static void reports_and_probes(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, x410_cn}, {S, x410_ac}, {C, as}, {C, x410_report},
				     {C, ae},      {S, aea},     {C, as}, {C, x410_probe}};
	struct transfers transfers = PLAY(turns, 1000);

	assert_int_equal(transfers.total, 2);
	assert_int_equal(transfers.kept[0]->apdu.kind, P1_REPORT);
	assert_string_equal(transfers.kept[0]->apdu.id.local, "R1");
	assert_string_equal(transfers.kept[0]->subject->local, "A1");
	assert_int_equal(transfers.kept[0]->apdu.priority, -1);
	assert_int_equal(transfers.kept[1]->apdu.kind, P1_PROBE);
	assert_string_equal(transfers.kept[1]->apdu.id.local, "P1");
	assert_string_equal(transfers.kept[1]->apdu.id.domain, "/C=US/A= /");
	assert_int_equal(transfers.kept[1]->apdu.content_type, 2);
	assert_int_equal(transfers.kept[1]->state, TRANSFER_RUNNING);
	transfers_free(&transfers);
}

static void an_apdu_in_many_data_units_with_checkpoints(void **state)
{
	(void)state;
	/* The message above, cut within its envelope, with a checkpoint after each part; the second TSDU in two TPDUs.
	 */
	const struct turn turns[] = {{C, x410_cn},
				     {S, x410_ac},
				     {C, as},
				     {C, "0300(02f0800100 0100 a04a 3141 6417 6311 61041302)"},
				     {C, mip},
				     {S, mia},
				     {C, "0300(02f0000100 0100 55536203130120)"},
				     {C, "0300(02f080 1304434f5250 16024131)"},
				     {C, mip},
				     {C, ab}};
	struct transfers transfers = PLAY(turns, 1000);
	const struct transfer *transfer = transfers.kept[0];

	assert_int_equal(transfers.total, 1);
	assert_string_equal(transfer->apdu.id.local, "A1");
	assert_false(transfer->apdu.complete);
	assert_int_equal(transfer->apdu.priority, -1);
	assert_int_equal(transfer->apdu.length, 0x4a + 2);
	assert_int_equal(transfer->size, 12 + 7 + 10);
	assert_int_equal(transfer->checkpoints, 2);
	assert_int_equal(transfer->checkpoints_acked, 1);
	assert_int_equal(transfer->state, TRANSFER_CUT);
	assert_int_equal(transfer->end.frame, 12);
	transfers_free(&transfers);
}

static void what_ends_an_activity_otherwise(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, x410_cn}, {S, x410_ac}, {C, as}, {C, x410_message}, {C, ai}, {C, ar},
				     {C, ae},      {S, aea},     {C, as}, {C, ad},           {C, as}, {C, as}};
	struct transfers transfers = PLAY(turns, 1000);

	assert_int_equal(transfers.total, 5);
	assert_int_equal(transfers.kept[0]->state, TRANSFER_INTERRUPTED);
	assert_int_equal(transfers.kept[0]->reason, 5);
	assert_true(transfers.kept[1]->resumed);
	assert_int_equal(transfers.kept[1]->reason, -1);
	assert_int_equal(transfers.kept[1]->state, TRANSFER_ACKNOWLEDGED);
	is_message_a1(transfers.kept[1]);
	assert_int_equal(transfers.kept[2]->state, TRANSFER_DISCARDED);
	assert_int_equal(transfers.kept[3]->state, TRANSFER_UNSEEN);
	assert_int_equal(transfers.kept[4]->state, TRANSFER_RUNNING);
	transfers_free(&transfers);
}

static void lost_bytes_are_told(void **state)
{
	(void)state;
	struct association a;
	const struct moment unseen = MOMENT_NONE;

	association_init(&a, &sink, NULL, false);
	feed(&a, C, x410_cn, 1000, 1);
	feed(&a, S, x410_ac, 1000, 2);
	feed(&a, C, as, 1000, 3);
	association_gap(&a, C, 5000, &unseen);
	feed(&a, C, x410_message, 1000, 4);
	feed(&a, C, ae, 1000, 5);
	struct transfers transfers = association_take_transfers(&a);
	assert_int_equal(transfers.total, 1);
	assert_true(transfers.kept[0]->gap);
	assert_int_equal(transfers.kept[0]->apdu.kind, P1_APDU_NONE);
	assert_int_equal(transfers.kept[0]->state, TRANSFER_ENDED);
	transfers_free(&transfers);
	association_free(&a);
}

/* After a hole in a TSDU its later TPDUs hold content, which may look like anything: here, like an ABORT. */
static void content_after_a_hole_is_no_spdu(void **state)
{
	(void)state;
	struct association a;
	const struct moment unseen = MOMENT_NONE;

	association_init(&a, &sink, NULL, false);
	feed(&a, C, x410_cn, 1000, 1);
	feed(&a, S, x410_ac, 1000, 2);
	feed(&a, C, as, 1000, 3);
	feed(&a, C, "0300(02f0000100 0100 a081ff 31 20)", 1000, 4);
	association_gap(&a, C, 50, &unseen);
	feed(&a, C, "0300(02f0001903110103ffff)", 1000, 5);
	feed(&a, C, "0300(02f0801903110103ff)", 1000, 6);
	feed(&a, C, ae, 1000, 7);
	feed(&a, S, aea, 1000, 8);
	struct transfers transfers = association_take_transfers(&a);
	assert_int_equal(transfers.total, 1);
	assert_true(transfers.kept[0]->gap);
	assert_int_equal(transfers.kept[0]->state, TRANSFER_ACKNOWLEDGED);
	transfers_free(&transfers);
	association_free(&a);
}

static void so_many_are_kept_and_the_rest_counted(void **state)
{
	(void)state;
	struct association a;

	association_init(&a, &sink, NULL, false);
	feed(&a, C, x410_cn, 1000, 1);
	feed(&a, S, x410_ac, 1000, 2);
	feed(&a, C, as, 1000, 3);
	feed(&a, C, ai, 1000, 4);
	for (uint64_t i = 0; i < 200; i++) {
		feed(&a, C, as, 1000, 10 + i);
		feed(&a, C, ae, 1000, 10 + i);
		feed(&a, S, aea, 1000, 10 + i);
	}
	feed(&a, C, as, 1000, 300);
	struct transfers transfers = association_take_transfers(&a);
	assert_int_equal(transfers.total, 202);
	assert_int_equal(transfers.acknowledged, 200);
	assert_int_equal(transfers.count, TRANSFERS_KEPT);
	assert_int_equal(transfers.kept[0]->state, TRANSFER_INTERRUPTED);
	assert_int_equal(transfers.kept[TRANSFERS_KEPT - 1]->state, TRANSFER_RUNNING);
	transfers_free(&transfers);
	association_free(&a);
}

static void an_activity_of_a_connection_seen_from_its_middle(void **state)
{
	(void)state;
	static const char *const messages[] = {x410_message, normal_message};

	for (size_t i = 0; i < 2; i++) {
		struct association a;
		association_init(&a, &sink, NULL, true);
		feed(&a, C, as, 1000, 1);
		feed(&a, C, messages[i], 1000, 2);
		feed(&a, C, ae, 1000, 3);
		struct transfers transfers = association_take_transfers(&a);
		assert_int_equal(transfers.total, 1);
		is_message_a1(transfers.kept[0]);
		transfers_free(&transfers);
		association_free(&a);
	}
}

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(transfer_state_name(TRANSFER_RUNNING), "running");
	assert_string_equal(transfer_state_name(TRANSFER_ENDED), "unacknowledged");
	assert_string_equal(transfer_state_name(TRANSFER_CUT), "cut-short");
	assert_string_equal(transfer_state_name(TRANSFER_UNSEEN), "not-seen");
	assert_string_equal(transfer_state_name(TRANSFER_STATES), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_in_x410_mode),
	    cmocka_unit_test(a_message_in_normal_mode),
	    cmocka_unit_test(reports_and_probes),
	    cmocka_unit_test(an_apdu_in_many_data_units_with_checkpoints),
	    cmocka_unit_test(what_ends_an_activity_otherwise),
	    cmocka_unit_test(lost_bytes_are_told),
	    cmocka_unit_test(content_after_a_hole_is_no_spdu),
	    cmocka_unit_test(so_many_are_kept_and_the_rest_counted),
	    cmocka_unit_test(an_activity_of_a_connection_seen_from_its_middle),
	    cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
