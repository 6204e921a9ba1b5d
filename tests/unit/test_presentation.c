/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/pdu.h"
#include "dissectors/presentation.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_modes_and_contexts(void **state)
{
	(void)state;
	struct hex bytes = hex("314a a003800101 a243 81025031 82025032 a422 300f 020101 060452010001 3004 06025101"
			       "300f 020103 06045600020c 3004 06025101 6117 3015 020101 a010 600e a106 060456000106"
			       "be04 28020500");
	struct presentation_ppdu ppdu;

	bytes.bytes[1] = (uint8_t)(bytes.length - 2);
	bytes.bytes[8] = (uint8_t)(bytes.length - 9);
	assert_true(presentation_parse(hex_cursor(&bytes), PRESENTATION_CP, &ppdu));
	assert_int_equal(ppdu.mode, PRESENTATION_NORMAL);
	assert_int_equal(ppdu.context_count, 2);
	assert_int_equal(ppdu.contexts[1].id, 3);
	assert_true(ber_oid_starts(&ppdu.contexts[1].abstract_syntax, "\x56\x00\x02\x0c", 4));
	struct ber list = ber_over(ppdu.user_data);
	struct presentation_pdv pdv;
	assert_true(presentation_next(&list, &pdv));
	assert_int_equal(pdv.context, 1);
	assert_int_equal(pdv.encoding, 0);
	assert_int_equal(cursor_peek(&pdv.value), 0x60);
	assert_false(presentation_next(&list, &pdv));
}

static void reads_x410_mode_in_indefinite_lengths(void **state)
{
	(void)state;
	struct hex bytes = hex("3180 a080 800100 0000 a180 800101 810103 0000 0000");
	struct presentation_ppdu ppdu;

	assert_true(presentation_parse(hex_cursor(&bytes), PRESENTATION_CPA, &ppdu));
	assert_int_equal(ppdu.mode, PRESENTATION_X410_1984);
	assert_int_equal(cursor_left(&ppdu.x410), 6);
	assert_int_equal(ppdu.remarks, 0);
	assert_string_equal(presentation_mode_name(ppdu.mode), "x410-1984");
}

static void reads_a_refusal(void **state)
{
	(void)state;
	struct hex bytes = hex("3010 a509 3007 800102 81025101 8a0101 0500");
	struct hex x410 = hex("3103 800103");
	struct presentation_ppdu ppdu;

	bytes.bytes[1] = (uint8_t)(bytes.length - 2);
	assert_true(presentation_parse(hex_cursor(&bytes), PRESENTATION_CPR, &ppdu));
	assert_int_equal(ppdu.provider_reason, 1);
	assert_int_equal(ppdu.result_count, 1);
	assert_int_equal(ppdu.results[0], 2);
	assert_string_equal(presentation_provider_reason_name(ppdu.provider_reason), "temporary-congestion");
	assert_true(presentation_parse(hex_cursor(&x410), PRESENTATION_CPR, &ppdu));
	assert_int_equal(ppdu.mode, PRESENTATION_X410_1984);
	assert_int_equal(ppdu.provider_reason, -1);
}

static void reads_aborts(void **state)
{
	(void)state;
	struct hex arp = hex("3006 800102 810107");
	struct hex aru = hex("a011 610f 300d 020101 a008 6406 800101 810102");
	struct presentation_ppdu ppdu;

	assert_true(presentation_parse(hex_cursor(&arp), PRESENTATION_ARU, &ppdu));
	assert_int_equal(ppdu.kind, PRESENTATION_ARP);
	assert_int_equal(ppdu.abort_reason, 2);
	assert_int_equal(ppdu.event_id, 7);
	assert_true(presentation_parse(hex_cursor(&aru), PRESENTATION_ARP, &ppdu));
	assert_int_equal(ppdu.kind, PRESENTATION_ARU);
	assert_int_equal(cursor_left(&ppdu.user_data), 15);
}

static void keeps_so_many_contexts(void **state)
{
	(void)state;
	struct hex bytes = hex("3100 a003800101 a200 a400");
	struct presentation_ppdu ppdu;
	struct hex item = hex("3007 020101 06025201");

	for (int i = 0; i < 6; i++) {
		memcpy(bytes.bytes + bytes.length, item.bytes, item.length);
		bytes.length += item.length;
	}
	bytes.bytes[1] = (uint8_t)(bytes.length - 2);
	bytes.bytes[8] = (uint8_t)(bytes.length - 9);
	bytes.bytes[10] = (uint8_t)(bytes.length - 11);
	assert_true(presentation_parse(hex_cursor(&bytes), PRESENTATION_CP, &ppdu));
	assert_int_equal(ppdu.context_count, 6);
	assert_int_equal(ppdu.remarks, 0);
	struct hex many = hex("3180 a003800101 a280 a480");
	for (int i = 0; i < PRESENTATION_CONTEXTS + 3; i++) {
		memcpy(many.bytes + many.length, item.bytes, item.length);
		many.length += item.length;
	}
	memset(many.bytes + many.length, 0, 6);
	many.length += 6;
	assert_true(presentation_parse(hex_cursor(&many), PRESENTATION_CP, &ppdu));
	assert_int_equal(ppdu.context_count, PRESENTATION_CONTEXTS);
	assert_int_equal(ppdu.remarks, remark_bit(REMARK_PRESENTATION_LIMIT));
}

static void what_is_no_ppdu_is_remarked_on(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "04021234", "3000", "3103020100", "a000"};
	struct presentation_ppdu ppdu;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct hex bytes = hex(texts[i]);
		assert_false(presentation_parse(hex_cursor(&bytes), PRESENTATION_CP, &ppdu));
		assert_true((ppdu.remarks & remark_bit(REMARK_PPDU_UNKNOWN)) != 0);
	}
}

static void names_every_reason_of_the_standard(void **state)
{
	(void)state;
	for (int32_t i = 0; i <= 7; i++)
		assert_non_null(presentation_provider_reason_name(i));
	for (int32_t i = 0; i <= 6; i++)
		assert_non_null(presentation_abort_reason_name(i));
	for (int32_t i = 0; i <= 2; i++)
		assert_non_null(presentation_result_name(i));
	assert_null(presentation_provider_reason_name(8));
	assert_null(presentation_provider_reason_name(-1));
	assert_null(presentation_abort_reason_name(7));
	assert_string_equal(presentation_provider_reason_name(7), "no-PSAP-available");
	assert_null(presentation_mode_name(PRESENTATION_MODE_NONE));
}

static void contexts_stand_for_what_was_agreed(void **state)
{
	(void)state;
	struct hex request = hex("31{a003800101 a2{a4{30{020101 060452010001} 30{020103 06045600020c} 30{020105 "
				 "060528ca220201} 30{020107 06025302} 30{020109 06022a03}}}}");
	struct hex answer = hex("31{a003800101 a2{a5{30{800100} 30{800100} 30{800102} 30{800100} 30{800101}}}}");
	struct presentation_ppdu ppdu;
	struct presentation_set set;
	enum presentation_syntax syntax;

	assert_true(presentation_parse(hex_cursor(&request), PRESENTATION_CP, &ppdu));
	presentation_propose(&set, &ppdu);
	assert_true(presentation_lookup(&set, 5, &syntax));
	assert_int_equal(syntax, PRESENTATION_SYNTAX_MMS);
	assert_true(presentation_parse(hex_cursor(&answer), PRESENTATION_CPA, &ppdu));
	presentation_settle(&set, &ppdu);
	assert_true(presentation_lookup(&set, 1, &syntax));
	assert_int_equal(syntax, PRESENTATION_SYNTAX_ACSE);
	assert_true(presentation_lookup(&set, 3, &syntax));
	assert_int_equal(syntax, PRESENTATION_SYNTAX_X400);
	assert_true(presentation_lookup(&set, 7, &syntax));
	assert_int_equal(syntax, PRESENTATION_SYNTAX_RTSE);
	assert_false(presentation_lookup(&set, 5, &syntax));
	assert_false(presentation_lookup(&set, 9, &syntax));
	assert_false(presentation_lookup(&set, 11, &syntax));
}

static void reads_user_data_by_itself(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		bool good;
		int32_t context;
	} rows[] = {
	    {"61{30{020103 a0{0400}}}", true, 3},
	    {"6180 3080 020105 a0800400 0000 0000 0000", true, 5},
	    {"6002aabb", true, -1},
	    {"a002aabb", false, -1},
	    {"62{30{020103 a0{0400}}}", false, -1},
	    {"", false, -1},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct hex bytes = hex(rows[i].bytes);
		struct presentation_pdv pdv = {.context = -1};
		struct ber list;
		assert_int_equal(presentation_user_data(hex_cursor(&bytes), &list), rows[i].good);
		assert_int_equal((list.remarks & remark_bit(REMARK_PPDU_UNKNOWN)) != 0, !rows[i].good);
		presentation_next(&list, &pdv);
		assert_int_equal(pdv.context, rows[i].context);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_modes_and_contexts),
	    cmocka_unit_test(reads_x410_mode_in_indefinite_lengths),
	    cmocka_unit_test(reads_a_refusal),
	    cmocka_unit_test(reads_aborts),
	    cmocka_unit_test(keeps_so_many_contexts),
	    cmocka_unit_test(what_is_no_ppdu_is_remarked_on),
	    cmocka_unit_test(names_every_reason_of_the_standard),
	    cmocka_unit_test(contexts_stand_for_what_was_agreed),
	    cmocka_unit_test(reads_user_data_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
