/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/acse.h"
#include "dissectors/pdu.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_a_request(void **state)
{
	(void)state;
	struct hex bytes = hex("6019 a106060456000106 be0f 280d 06025101 020103 a004 b0020500");
	struct acse_apdu apdu;

	bytes.bytes[1] = (uint8_t)(bytes.length - 2);
	assert_true(acse_parse(hex_cursor(&bytes), &apdu));
	assert_int_equal(apdu.kind, ACSE_AARQ);
	assert_int_equal(apdu.application_context.length, 4);
	assert_int_equal(apdu.context, 3);
	assert_int_equal(cursor_left(&apdu.user_information), 4);
	assert_int_equal(apdu.result, -1);
	assert_int_equal(apdu.remarks, 0);
}

static void reads_a_rejection(void **state)
{
	(void)state;
	struct hex bytes = hex("6116 a106060456000106 a203020102 a305a10302010d");
	struct hex provider = hex("610e a203020101 a305a203020102 0500");
	struct acse_apdu apdu;

	bytes.bytes[1] = (uint8_t)(bytes.length - 2);
	provider.bytes[1] = (uint8_t)(provider.length - 2);
	assert_true(acse_parse(hex_cursor(&bytes), &apdu));
	assert_string_equal(acse_result_name(apdu.result), "rejected-transient");
	assert_string_equal(acse_diagnostic_name(apdu.source, apdu.diagnostic), "authentication-failure");
	assert_true(acse_parse(hex_cursor(&provider), &apdu));
	assert_string_equal(acse_result_name(apdu.result), "rejected-permanent");
	assert_string_equal(acse_diagnostic_name(apdu.source, apdu.diagnostic), "no-common-acse-version");
}

static void reads_releases_and_aborts(void **state)
{
	(void)state;
	struct hex rlrq = hex("6203800100");
	struct hex rlre = hex("6303800101");
	struct hex abrt = hex("6406 800101 810102");
	struct acse_apdu apdu;

	assert_true(acse_parse(hex_cursor(&rlrq), &apdu));
	assert_int_equal(apdu.reason, 0);
	assert_string_equal(acse_name(apdu.kind), "RLRQ");
	assert_true(acse_parse(hex_cursor(&rlre), &apdu));
	assert_int_equal(apdu.reason, 1);
	assert_true(acse_parse(hex_cursor(&abrt), &apdu));
	assert_string_equal(acse_abort_source_name(apdu.source), "acse-service-provider");
	assert_string_equal(acse_abort_diagnostic_name(apdu.diagnostic), "protocol-error");
}

static void what_is_no_apdu_is_remarked_on(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "3000", "6500", "7f810000"};
	struct acse_apdu apdu;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct hex bytes = hex(texts[i]);
		assert_false(acse_parse(hex_cursor(&bytes), &apdu));
		assert_true((apdu.remarks & remark_bit(REMARK_PPDU_UNKNOWN)) != 0);
	}
}

static void names_every_code_of_the_standard(void **state)
{
	(void)state;
	for (int32_t i = 0; i <= 14; i++)
		assert_non_null(acse_diagnostic_name(ACSE_SOURCE_USER, i));
	for (int32_t i = 0; i <= 2; i++) {
		assert_non_null(acse_diagnostic_name(ACSE_SOURCE_PROVIDER, i));
		assert_non_null(acse_result_name(i));
	}
	for (int32_t i = 1; i <= 6; i++)
		assert_non_null(acse_abort_diagnostic_name(i));
	assert_null(acse_diagnostic_name(ACSE_SOURCE_USER, 15));
	assert_null(acse_diagnostic_name(ACSE_SOURCE_PROVIDER, 3));
	assert_null(acse_diagnostic_name(0, 1));
	assert_null(acse_abort_diagnostic_name(0));
	assert_null(acse_result_name(3));
	assert_string_equal(acse_diagnostic_name(ACSE_SOURCE_USER, 9), "called-AE-qualifier-not-recognized");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_a_request),
	    cmocka_unit_test(reads_a_rejection),
	    cmocka_unit_test(reads_releases_and_aborts),
	    cmocka_unit_test(what_is_no_apdu_is_remarked_on),
	    cmocka_unit_test(names_every_code_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
