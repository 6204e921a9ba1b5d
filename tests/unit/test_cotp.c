/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/cotp.h"
#include "dissectors/pdu.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct cotp_tpdu parse(const struct hex *bytes, bool good)
{
	struct cotp_tpdu tpdu;

	assert_int_equal(cotp_parse(hex_cursor(bytes), &tpdu), good);
	return tpdu;
}

static void reads_exchanges_connection_confirm(void **state)
{
	(void)state;
	struct hex bytes =
	    hex("27 d0 01ca 0029 00 c10d53574953534c49464554534150 c20d45584348414e47455453415031 c0010b");
	struct cotp_tpdu tpdu = parse(&bytes, true);

	assert_int_equal(tpdu.code, COTP_CC);
	assert_int_equal(tpdu.indicator, 0x27);
	assert_int_equal(tpdu.dst_ref, 0x01ca);
	assert_int_equal(tpdu.src_ref, 0x0029);
	assert_int_equal(tpdu.tpdu_size, 2048);
	assert_memory_equal(tpdu.calling.bytes, "SWISSLIFETSAP", 13);
	assert_memory_equal(tpdu.called.bytes, "EXCHANGETSAP1", 13);
	assert_int_equal(tpdu.parameters, 3);
	assert_int_equal(tpdu.remarks, 0);
	assert_int_equal(cursor_left(&tpdu.user_data), 0);
}

static void reads_every_parameter(void **state)
{
	(void)state;
	struct hex bytes = hex("1e e0 0000 0005 42 c0010d c602 0102 c7021020 f0020100 850100 200100 c100 c200");
	struct cotp_tpdu tpdu;

	bytes.bytes[0] = (uint8_t)(bytes.length - 1);
	tpdu = parse(&bytes, true);
	assert_int_equal(tpdu.class_option, 0x42);
	assert_int_equal(tpdu.tpdu_size, 8192);
	assert_int_equal(tpdu.additional_options, 1);
	assert_int_equal(tpdu.alternative_classes, 2);
	assert_int_equal(tpdu.preferred_size, 32768);
	assert_int_equal(tpdu.unknown_parameters, 1);
	assert_true(tpdu.calling.present && tpdu.called.present);
	assert_int_equal(tpdu.remarks, remark_bit(REMARK_PARAMETER_UNKNOWN));
}

static void keeps_32_bytes_of_a_selector(void **state)
{
	(void)state;
	struct hex bytes = hex("2e e0 0000 0005 00 c126");
	struct cotp_tpdu tpdu;

	memset(bytes.bytes + bytes.length, 0xaa, 0x26);
	bytes.length += 0x26;
	tpdu = parse(&bytes, true);
	assert_int_equal(tpdu.calling.length, 0x26);
	assert_int_equal(tpdu.calling.bytes[31], 0xaa);
}

static void reads_the_tpdus_that_end(void **state)
{
	(void)state;
	struct hex dr = hex("06 80 0005 0000 01");
	struct hex dc = hex("05 c0 0005 0006");
	struct hex er = hex("0a 70 0005 02 c105 02f1000000");
	struct cotp_tpdu tpdu = parse(&dr, true);

	assert_int_equal(tpdu.code, COTP_DR);
	assert_int_equal(tpdu.reason, 1);
	assert_string_equal(cotp_reason_name(tpdu.reason), "congestion at TSAP");
	tpdu = parse(&dc, true);
	assert_int_equal(tpdu.code, COTP_DC);
	assert_int_equal(tpdu.src_ref, 6);
	er.bytes[0] = (uint8_t)(er.length - 1);
	tpdu = parse(&er, true);
	assert_int_equal(tpdu.code, COTP_ER);
	assert_int_equal(tpdu.reason, 2);
	assert_false(tpdu.calling.present);
}

static void reads_data(void **state)
{
	(void)state;
	struct hex whole = hex("02 f0 80 616263");
	struct hex part = hex("02 f0 00 616263");
	struct hex class4 = hex("04 f0 0001 80 616263");
	struct cursor cursor = hex_cursor(&whole);
	bool eot = false;

	assert_true(parse(&whole, true).eot);
	assert_true(cotp_data(&cursor, &eot) && eot);
	assert_int_equal(cursor_left(&cursor), 3);
	cursor = hex_cursor(&part);
	assert_true(cotp_data(&cursor, &eot));
	assert_false(eot);
	cursor = hex_cursor(&class4);
	assert_false(cotp_data(&cursor, &eot));
	assert_int_equal(cursor.position, 0);
}

static void recognises_the_other_classes(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		const char *name;
	} rows[] = {
	    {"0410000100", "ED"}, {"0420000100", "EA"}, {"0460000100", "AK"}, {"0450000100", "RJ"}, {"0140", "UD"}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct hex bytes = hex(rows[i].bytes);
		assert_string_equal(cotp_code_name(parse(&bytes, true).code), rows[i].name);
	}
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	struct hex unknown = hex("0430000100");
	struct hex past = hex("07e0000000");
	struct hex small = hex("03e0000000");
	struct hex nothing = hex("");
	struct hex overrun = hex("0a e0 0000 0005 00 c1054142");
	struct cotp_tpdu tpdu;

	assert_int_equal(parse(&unknown, false).remarks, remark_bit(REMARK_TPDU_UNKNOWN));
	assert_int_equal(parse(&past, false).remarks, remark_bit(REMARK_TPDU_LENGTH));
	assert_int_equal(parse(&small, false).remarks, remark_bit(REMARK_TPDU_LENGTH));
	assert_int_equal(parse(&nothing, false).remarks, remark_bit(REMARK_TPDU_LENGTH));
	assert_int_equal(parse(&overrun, true).remarks, remark_bit(REMARK_PARAMETER_OVERRUN));
	struct hex whole = hex("06 80 0005 0000 01");
	for (size_t captured = 0; captured < whole.length; captured++) {
		assert_false(cotp_parse(cursor_cut(whole.bytes, captured, whole.length), &tpdu));
		assert_int_equal(tpdu.remarks, remark_bit(REMARK_TPDU_TRUNCATED));
	}
}

static void sees_remote_desktop(void **state)
{
	(void)state;
	struct hex cookie = hex("19 e0 0000 0000 00 436f6f6b69653a206d737473686173683d61");
	struct hex request = hex("0e e0 0000 0000 00 0100080003000000");
	struct hex response = hex("0e d0 0000 1234 00 0200080002000000");
	struct hex plain = hex("0e d0 0000 1234 00 0100080002000000");

	cookie.bytes[0] = (uint8_t)(cookie.length - 1);
	assert_true(parse(&cookie, true).rdp);
	assert_true(parse(&request, true).rdp);
	assert_true(parse(&response, true).rdp);
	assert_false(parse(&plain, true).rdp);
}

static void names_every_reason_of_the_standard(void **state)
{
	(void)state;
	static const uint8_t reasons[] = {0, 1, 2, 3, 128, 129, 130, 131, 132, 133, 135, 136, 138};
	unsigned named = 0;

	for (unsigned i = 0; i < 256; i++)
		named += cotp_reason_name((uint8_t)i) != NULL;
	assert_int_equal(named, sizeof reasons);
	for (size_t i = 0; i < sizeof reasons; i++)
		assert_non_null(cotp_reason_name(reasons[i]));
	assert_string_equal(cotp_reason_name(2), "session entity not attached to TSAP");
	assert_string_equal(cotp_reason_name(129), "remote transport entity congestion at connect request time");
	for (uint8_t cause = 0; cause < 4; cause++)
		assert_non_null(cotp_cause_name(cause));
	assert_null(cotp_cause_name(4));
	assert_string_equal(cotp_cause_name(1), "invalid parameter code");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_exchanges_connection_confirm),
	    cmocka_unit_test(reads_every_parameter),
	    cmocka_unit_test(keeps_32_bytes_of_a_selector),
	    cmocka_unit_test(reads_the_tpdus_that_end),
	    cmocka_unit_test(reads_data),
	    cmocka_unit_test(recognises_the_other_classes),
	    cmocka_unit_test(says_what_is_wrong),
	    cmocka_unit_test(sees_remote_desktop),
	    cmocka_unit_test(names_every_reason_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
