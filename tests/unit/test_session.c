/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/pdu.h"
#include "dissectors/session.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct session_spdu one(const struct hex *bytes, bool activity_open)
{
	struct session_reader reader = session_over(hex_cursor(bytes), activity_open);
	struct session_spdu spdu;

	assert_true(session_next(&reader, &spdu));
	return spdu;
}

static void reads_a_connect(void **state)
{
	(void)state;
	struct hex bytes = hex("0d63 011b 0a0414024d53 0b1317113934313031343135333732352d30373030 0509130100160101"
			       "1a0100 14020249 34025348 c131 3100");
	bytes.length = 2 + 0x63;
	struct session_spdu spdu = one(&bytes, false);

	assert_int_equal(spdu.kind, SESSION_CN);
	assert_int_equal(spdu.versions, 1);
	assert_true(spdu.has_functional_units);
	assert_int_equal(spdu.functional_units, 0x0249);
	assert_int_equal(cursor_left(&spdu.called_ssel), 2);
	assert_int_equal(cursor_left(&spdu.user_data), 0x31);
	assert_int_equal(spdu.remarks, 0);
}

static void reads_three_byte_lengths(void **state)
{
	(void)state;
	struct hex bytes = hex("0d ff0104 c2 ff0100");
	bytes.length = 4 + 0x104;
	struct session_spdu spdu = one(&bytes, false);

	assert_int_equal(spdu.length, 0x104);
	assert_int_equal(cursor_left(&spdu.user_data), 0x100);
	assert_int_equal(spdu.remarks, 0);
}

static void reads_a_refuse_with_its_data(void **state)
{
	(void)state;
	struct hex bytes = hex("0c0a 110101 3205 02 31020500");
	struct session_spdu spdu = one(&bytes, false);

	assert_int_equal(spdu.kind, SESSION_RF);
	assert_true(spdu.has_disconnect && spdu.has_reason);
	assert_int_equal(spdu.reason, 2);
	assert_int_equal(cursor_left(&spdu.user_data), 4);
	assert_int_equal(cursor_peek(&spdu.user_data), 0x31);
}

static void place_and_state_tell_what_a_shared_code_means(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		bool activity_open;
		enum session_kind last;
	} rows[] = {
	    {"1900", false, SESSION_AB},
	    {"1900", true, SESSION_AB},
	    {"1903320100", true, SESSION_AI},
	    {"1903320100", false, SESSION_AB},
	    {"1903110101", true, SESSION_AB},
	    {"0100 1903320100", true, SESSION_AI},
	    {"1a00", false, SESSION_AA},
	    {"0200 1a00", false, SESSION_AIA},
	    {"0100", false, SESSION_GT},
	    {"0103100101", false, SESSION_GT},
	    {"0200", false, SESSION_PT},
	    {"0100 0100 6100", false, SESSION_DT},
	    {"0100 2900", false, SESSION_MAP},
	    {"0100 2900", true, SESSION_AE},
	    {"0100 2d03290101 2900", false, SESSION_AE},
	    {"0100 2a00", true, SESSION_AEA},
	    {"0100 2a00", false, SESSION_MAA},
	    {"0100 3103 2a0131", false, SESSION_MIP},
	    {"0100 3200", false, SESSION_MIA},
	    {"0100 0000", false, SESSION_ER},
	    {"2d03290101", false, SESSION_AS},
	    {"0100 1d00", false, SESSION_AR},
	    {"0100 3900", false, SESSION_AD},
	    {"0100 3a00", false, SESSION_ADA},
	    {"0100 3000", false, SESSION_ED},
	    {"0900", false, SESSION_FN},
	    {"0a00", false, SESSION_DN},
	    {"0f00", false, SESSION_CDO},
	    {"1000", false, SESSION_OA},
	    {"6300", false, SESSION_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct hex bytes = hex(rows[i].bytes);
		struct session_reader reader = session_over(hex_cursor(&bytes), rows[i].activity_open);
		struct session_spdu spdu;
		enum session_kind last = SESSION_UNKNOWN;
		while (session_next(&reader, &spdu))
			last = spdu.kind;
		assert_int_equal(last, rows[i].last);
		assert_int_equal(reader.remarks, last == SESSION_UNKNOWN ? remark_bit(REMARK_SPDU_UNKNOWN) : 0);
	}
}

static void data_goes_to_the_end_of_its_tsdu(void **state)
{
	(void)state;
	struct hex bytes = hex("0100 0103190101 010203040506");
	struct session_reader reader = session_over(hex_cursor(&bytes), false);
	struct session_spdu spdu;

	assert_true(session_next(&reader, &spdu));
	assert_true(session_next(&reader, &spdu));
	assert_int_equal(spdu.kind, SESSION_DT);
	assert_int_equal(cursor_left(&spdu.user_data), 6);
	assert_false(session_next(&reader, &spdu));
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	struct hex overrun = hex("1904 110501 00");
	struct hex past = hex("1909 110103");
	struct hex alone = hex("19");
	struct session_spdu spdu = one(&overrun, false);

	assert_int_equal(spdu.remarks, remark_bit(REMARK_PARAMETER_OVERRUN));
	spdu = one(&past, false);
	assert_int_equal(spdu.kind, SESSION_AB);
	assert_int_equal(spdu.disconnect, 3);
	assert_int_equal(spdu.remarks, remark_bit(REMARK_SPDU_TRUNCATED));
	struct session_reader reader = session_over(hex_cursor(&alone), false);
	assert_false(session_next(&reader, &spdu));
	assert_int_equal(reader.remarks, remark_bit(REMARK_SPDU_TRUNCATED));
	reader = session_over(cursor_cut(past.bytes, past.length, 40), false);
	assert_true(session_next(&reader, &spdu));
	assert_int_equal(spdu.disconnect, 3);
	assert_int_equal(spdu.remarks, remark_bit(REMARK_TSDU_INCOMPLETE));
}

static void names_every_reason_of_the_standard(void **state)
{
	(void)state;
	static const uint8_t refusals[] = {0, 1, 2, 129, 130, 131, 132, 133, 134};
	unsigned named = 0;

	for (unsigned i = 0; i < 256; i++)
		named += session_refuse_name((uint8_t)i) != NULL;
	assert_int_equal(named, sizeof refusals);
	for (size_t i = 0; i < sizeof refusals; i++)
		assert_non_null(session_refuse_name(refusals[i]));
	assert_string_equal(session_refuse_name(131), "SPM congestion at connect time");
	assert_string_equal(session_refuse_name(134),
			    "rejection by the SPM; implementation restriction stated in the PICS");
	assert_string_equal(session_exception_name(5), "local SS-user error");
	assert_null(session_exception_name(2));
	assert_string_equal(session_abort_name(0x01), "no reason");
	assert_string_equal(session_abort_name(0x03), "user abort");
	assert_string_equal(session_abort_name(0x05), "protocol error");
	assert_string_equal(session_abort_name(0x09), "no reason");
	assert_string_equal(session_abort_name(0x11), "implementation restriction stated in the PICS");
}

static void names_every_spdu(void **state)
{
	(void)state;
	for (int kind = 0; kind < SESSION_KINDS; kind++) {
		assert_non_null(session_name((enum session_kind)kind));
		assert_non_null(session_short_name((enum session_kind)kind));
	}
	assert_string_equal(session_name(SESSION_CDO), "CONNECT DATA OVERFLOW");
	assert_string_equal(session_short_name(SESSION_AIA), "AIA");
}

static void reads_every_parameter_of_a_connect(void **state)
{
	(void)state;
	struct hex bytes = hex("0d{01{0902aabb 0a0163 0b0164 0c0165} 05{130101 15 04 08000400 160102 170131 1a0103}"
			       "14020249 3303414243 340144 3c0101 c1020102}");
	struct session_spdu spdu = one(&bytes, false);

	assert_int_equal(spdu.kind, SESSION_CN);
	assert_int_equal(spdu.remarks, 0);
	assert_int_equal(cursor_left(&spdu.references.called), 2);
	assert_int_equal(cursor_peek(&spdu.references.calling), 'c');
	assert_int_equal(cursor_peek(&spdu.references.common), 'd');
	assert_int_equal(cursor_peek(&spdu.references.additional), 'e');
	assert_int_equal(spdu.options, 1);
	assert_int_equal(spdu.tsdu_size[0], 0x800);
	assert_int_equal(spdu.tsdu_size[1], 0x400);
	assert_int_equal(spdu.versions, 2);
	assert_int_equal(spdu.initial_serial, 1);
	assert_int_equal(spdu.serial, SESSION_SERIAL_NONE);
	assert_int_equal(spdu.token_setting, 3);
	assert_int_equal(spdu.functional_units, 0x249);
	assert_int_equal(cursor_left(&spdu.calling_ssel), 3);
	assert_int_equal(cursor_left(&spdu.called_ssel), 1);
	assert_true(spdu.more);
	assert_int_equal(cursor_left(&spdu.user_data), 2);
	assert_int_equal(spdu.parameters, 16);
}

static void reads_the_parameters_of_symmetric_synchronization(void **state)
{
	(void)state;
	struct hex bytes = hex("35{350102 3603313233 37023435 380137 39083939393939393939 3a0738383838383838}");
	struct session_spdu spdu = one(&bytes, true);

	assert_int_equal(spdu.kind, SESSION_RS);
	assert_int_equal(spdu.second_resync_type, 2);
	assert_int_equal(spdu.second_serial, 123);
	assert_int_equal(spdu.second_initial_serial, 45);
	assert_int_equal(spdu.upper_limit_serial, 7);
	assert_int_equal(cursor_left(&spdu.large_initial_serial), 8);
	assert_int_equal(cursor_left(&spdu.large_second_initial_serial), 7);
	assert_int_equal(spdu.serial, SESSION_SERIAL_NONE);
	assert_int_equal(spdu.initial_serial, SESSION_SERIAL_NONE);
	bytes = hex("35{3607 31323334353637 3701 78}");
	spdu = one(&bytes, true);
	assert_int_equal(spdu.second_serial, SESSION_SERIAL_NONE);
	assert_int_equal(spdu.second_initial_serial, SESSION_SERIAL_NONE);
	assert_int_equal(spdu.upper_limit_serial, SESSION_SERIAL_NONE);
}

/* An AR names the activity that goes on in its linking information, and has an identifier of its own. */
static void tells_an_old_activity_from_a_new_one(void **state)
{
	(void)state;
	struct hex bytes = hex("1d{21{0a0161 290137 2a0132} 290139 2a0131 c10100}");
	struct session_spdu spdu = one(&bytes, false);

	assert_int_equal(spdu.kind, SESSION_AR);
	assert_int_equal(cursor_peek(&spdu.old_activity), '7');
	assert_int_equal(cursor_peek(&spdu.activity), '9');
	assert_int_equal(spdu.old_serial, 2);
	assert_int_equal(spdu.serial, 1);
	assert_int_equal(cursor_peek(&spdu.old_references.calling), 'a');
	assert_int_equal(cursor_left(&spdu.references.calling), 0);
}

static void reads_the_items_of_the_others(void **state)
{
	(void)state;
	struct hex mip = hex("0100 31{0f0101 2a06393939393939 190101}");
	struct hex ab = hex("19{110105 3103aabbcc}");
	struct hex pt = hex("02{100104}");
	struct session_reader reader = session_over(hex_cursor(&mip), true);
	struct session_spdu spdu;

	assert_true(session_next(&reader, &spdu));
	assert_true(session_next(&reader, &spdu));
	assert_int_equal(spdu.kind, SESSION_MIP);
	assert_int_equal(spdu.sync_type, 1);
	assert_int_equal(spdu.serial, 999999);
	assert_true(spdu.has_enclosure);
	assert_int_equal(spdu.enclosure, SESSION_FIRST_SEGMENT);
	spdu = one(&ab, false);
	assert_int_equal(cursor_left(&spdu.reflect), 3);
	spdu = one(&pt, false);
	assert_true(spdu.has_token);
	assert_int_equal(spdu.token, 4);
}

static void a_serial_number_is_decimal_digits(void **state)
{
	(void)state;
	static const char *const bad[] = {"31{2a00}", "31{2a0731313131313131}", "31{2a023a31}", "31{2a012f}"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct hex bytes = hex(bad[i]);
		assert_int_equal(one(&bytes, false).serial, SESSION_SERIAL_NONE);
	}
}

/* Extended concatenation: several SPDUs of category 2 after the tokens. */
static void reads_spdus_in_a_row(void **state)
{
	(void)state;
	struct hex bytes = hex("0100 29{2a0135} 2d{290136} 0100 aabb");
	struct session_reader reader = session_over(hex_cursor(&bytes), true);
	static const enum session_kind kinds[] = {SESSION_GT, SESSION_AE, SESSION_AS, SESSION_DT};
	struct session_spdu spdu;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		assert_true(session_next(&reader, &spdu));
		assert_int_equal(spdu.kind, kinds[i]);
	}
	assert_int_equal(cursor_left(&spdu.user_data), 2);
	assert_false(session_next(&reader, &spdu));
}

/* What follows a token that was passed is of category 2; tokens that say something are left to be read. */
static void passes_a_token_that_says_nothing(void **state)
{
	(void)state;
	static const char *const read_whole[] = {"0103 100101 0100", "0100", "01", "0d00", "1903 110102", ""};
	struct hex bytes = hex("0100 1903 320100");
	struct session_reader reader = session_over(hex_cursor(&bytes), false);
	struct session_spdu spdu;

	assert_true(session_pass_token(&reader));
	assert_false(session_pass_token(&reader));
	assert_true(session_next(&reader, &spdu));
	assert_int_equal(spdu.kind, SESSION_AI);
	assert_false(session_next(&reader, &spdu));
	for (size_t i = 0; i < sizeof read_whole / sizeof *read_whole; i++) {
		bytes = hex(read_whole[i]);
		reader = session_over(hex_cursor(&bytes), false);
		assert_int_equal(session_pass_token(&reader), i == 1);
		assert_int_equal(reader.remarks, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_a_connect),
	    cmocka_unit_test(reads_three_byte_lengths),
	    cmocka_unit_test(reads_a_refuse_with_its_data),
	    cmocka_unit_test(place_and_state_tell_what_a_shared_code_means),
	    cmocka_unit_test(data_goes_to_the_end_of_its_tsdu),
	    cmocka_unit_test(says_what_is_wrong),
	    cmocka_unit_test(names_every_reason_of_the_standard),
	    cmocka_unit_test(names_every_spdu),
	    cmocka_unit_test(reads_every_parameter_of_a_connect),
	    cmocka_unit_test(reads_the_parameters_of_symmetric_synchronization),
	    cmocka_unit_test(tells_an_old_activity_from_a_new_one),
	    cmocka_unit_test(reads_the_items_of_the_others),
	    cmocka_unit_test(a_serial_number_is_decimal_digits),
	    cmocka_unit_test(reads_spdus_in_a_row),
	    cmocka_unit_test(passes_a_token_that_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
