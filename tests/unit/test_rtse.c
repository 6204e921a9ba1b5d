/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/pdu.h"
#include "dissectors/rtse.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_an_open_request(void **state)
{
	(void)state;
	struct hex bytes = hex("b010 80011e 810105 820101 a305a003b0010500");
	struct rtse_apdu apdu;

	bytes.bytes[1] = (uint8_t)(bytes.length - 2);
	assert_true(rtse_parse(hex_cursor(&bytes), &apdu));
	assert_int_equal(apdu.kind, RTSE_RTORQ);
	assert_int_equal(apdu.checkpoint_size, 30);
	assert_int_equal(apdu.window_size, 5);
	assert_string_equal(rtse_dialogue_name(apdu.dialogue_mode), "two-way-alternate");
	assert_true(apdu.open);
	assert_false(apdu.recover);
	assert_int_equal(cursor_peek(&apdu.user_data), 0xb0);
}

static void what_is_left_out_has_its_default(void **state)
{
	(void)state;
	struct hex request = hex("b004 a302 a100");
	struct hex accept = hex("b104 a202 a000");
	struct rtse_apdu apdu;

	assert_true(rtse_parse(hex_cursor(&request), &apdu));
	assert_int_equal(apdu.checkpoint_size, 0);
	assert_int_equal(apdu.window_size, 3);
	assert_int_equal(apdu.dialogue_mode, 0);
	assert_true(apdu.recover);
	assert_true(rtse_parse(hex_cursor(&accept), &apdu));
	assert_int_equal(apdu.kind, RTSE_RTOAC);
	assert_true(apdu.open);
}

static void reads_a_refusal_and_its_bind_error(void **state)
{
	(void)state;
	struct hex busy = hex("b203 800100");
	struct hex error = hex("b207a105b203020102");
	struct rtse_apdu apdu;

	assert_true(rtse_parse(hex_cursor(&busy), &apdu));
	assert_string_equal(rtse_refuse_name(apdu.reason), "rtsBusy");
	assert_true(rtse_parse(hex_cursor(&error), &apdu));
	assert_int_equal(apdu.reason, -1);
	assert_int_equal(cursor_peek(&apdu.user_data), 0xb2);
}

static void reads_aborts_and_transfers(void **state)
{
	(void)state;
	struct hex abort = hex("b603 800103");
	struct hex transfer = hex("040161");
	struct hex turn = hex("930100");
	struct rtse_apdu apdu;

	assert_true(rtse_parse(hex_cursor(&abort), &apdu));
	assert_int_equal(apdu.kind, RTSE_RTAB);
	assert_string_equal(rtse_abort_name(apdu.reason), "temporaryProblem");
	assert_true(rtse_parse(hex_cursor(&transfer), &apdu));
	assert_int_equal(apdu.kind, RTSE_RTTR);
	assert_true(rtse_parse(hex_cursor(&turn), &apdu));
	assert_int_equal(apdu.kind, RTSE_RTTP);
}

static void reads_x410s_own_set(void **state)
{
	(void)state;
	struct hex connect = hex("800101 810103 820100 840101 a302a000");
	struct hex refuse = hex("800103");
	struct rtse_apdu apdu;

	rtse_parse_x410(hex_cursor(&connect), RTSE_RTORQ, &apdu);
	assert_int_equal(apdu.checkpoint_size, 1);
	assert_int_equal(apdu.application_protocol, 1);
	assert_true(apdu.open);
	rtse_parse_x410(hex_cursor(&refuse), RTSE_RTORJ, &apdu);
	assert_string_equal(rtse_refuse_name(apdu.reason), "unacceptableDialogueMode");
}

static void what_is_no_apdu_is_remarked_on(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "3000", "8f00", "b700", "a800"};
	struct rtse_apdu apdu;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct hex bytes = hex(texts[i]);
		assert_false(rtse_parse(hex_cursor(&bytes), &apdu));
		assert_true((apdu.remarks & remark_bit(REMARK_PPDU_UNKNOWN)) != 0);
	}
}

static void names_every_code_of_the_standard(void **state)
{
	(void)state;
	for (int32_t i = 0; i <= 3; i++)
		assert_non_null(rtse_refuse_name(i));
	for (int32_t i = 0; i <= 7; i++)
		assert_non_null(rtse_abort_name(i));
	assert_null(rtse_refuse_name(4));
	assert_null(rtse_abort_name(8));
	assert_null(rtse_dialogue_name(2));
	assert_string_equal(rtse_abort_name(0), "localSystemProblem");
	assert_string_equal(rtse_refuse_name(2), "validationFailure");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_an_open_request),
	    cmocka_unit_test(what_is_left_out_has_its_default),
	    cmocka_unit_test(reads_a_refusal_and_its_bind_error),
	    cmocka_unit_test(reads_aborts_and_transfers),
	    cmocka_unit_test(reads_x410s_own_set),
	    cmocka_unit_test(what_is_no_apdu_is_remarked_on),
	    cmocka_unit_test(names_every_code_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
