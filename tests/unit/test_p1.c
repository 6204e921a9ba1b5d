/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/p1.h"
#include "dissectors/pdu.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct p1_bind parse(const char *text, enum p1_bind_kind kind, bool good)
{
	struct hex bytes = hex(text);
	struct p1_bind bind;

	assert_int_equal(p1_parse_bind(hex_cursor(&bytes), kind, &bind), good);
	assert_int_equal((bind.remarks & remark_bit(REMARK_PPDU_UNKNOWN)) != 0, !good);
	return bind;
}

/* Is text somewhere in the struct? */
static bool holds(const struct p1_bind *bind, const char *text)
{
	return memmem(bind, sizeof *bind, text, strlen(text)) != NULL;
}

static void reads_arguments_and_results(void **state)
{
	(void)state;
	struct p1_bind bind = parse("b00da10b80054d54412d41a1021600", P1_BIND_RESULT, true);

	assert_int_equal(bind.kind, P1_BIND_ARGUMENT);
	assert_true(bind.authenticated && bind.has_credentials);
	assert_string_equal(bind.name, "MTA-A");
	bind = parse("b10da10b80054d54412d42a1021600", P1_BIND_ARGUMENT, true);
	assert_int_equal(bind.kind, P1_BIND_RESULT);
	assert_string_equal(bind.name, "MTA-B");
}

static void reads_them_without_a_wrapper(void **state)
{
	(void)state;
	struct p1_bind bind = parse("a10b80054d54412d41a1021600", P1_BIND_ARGUMENT, true);

	assert_int_equal(bind.kind, P1_BIND_ARGUMENT);
	assert_string_equal(bind.name, "MTA-A");
	bind = parse("a1808000a18016000000 0000", P1_BIND_RESULT, true);
	assert_true(bind.authenticated);
	assert_string_equal(bind.name, "");
}

static void an_unauthenticated_bind_has_no_name(void **state)
{
	(void)state;
	assert_false(parse("b0020500", P1_BIND_ARGUMENT, true).authenticated);
	assert_false(parse("0500", P1_BIND_ARGUMENT, true).authenticated);
}

static void a_password_is_copied_nowhere(void **state)
{
	(void)state;
	struct p1_bind bind = parse("b015a11380054d54412d41a10a1608736563726574 3132", P1_BIND_ARGUMENT, true);

	assert_true(bind.has_credentials);
	assert_false(holds(&bind, "secret"));
	assert_true(holds(&bind, "MTA-A"));
}

static void a_long_name_is_cut(void **state)
{
	(void)state;
	struct hex bytes = hex("a152 8050");
	struct p1_bind bind;

	memset(bytes.bytes + 4, 'n', 0x50);
	bytes.length += 0x50;
	assert_true(p1_parse_bind(hex_cursor(&bytes), P1_BIND_ARGUMENT, &bind));
	assert_int_equal(strlen(bind.name), P1_NAME_SIZE - 1);
}

static void reads_and_names_errors(void **state)
{
	(void)state;
	struct p1_bind bind = parse("b203020102", P1_BIND_ARGUMENT, true);

	assert_int_equal(bind.kind, P1_BIND_ERROR);
	assert_string_equal(p1_bind_error_name(bind.error), "authentication-error");
	assert_string_equal(p1_bind_error_name(parse("020100", P1_BIND_ERROR, true).error), "busy");
	assert_non_null(p1_bind_error_name(3));
	assert_non_null(p1_bind_error_name(4));
	assert_non_null(p1_bind_error_name(5));
	assert_null(p1_bind_error_name(1));
	assert_null(p1_bind_error_name(6));
}

static void what_is_no_bind_is_remarked_on(void **state)
{
	(void)state;
	parse("", P1_BIND_ARGUMENT, false);
	parse("b000", P1_BIND_ARGUMENT, false);
	parse("3000", P1_BIND_ARGUMENT, false);
	parse("b2020500", P1_BIND_ARGUMENT, false);
}

static struct p1_identifier subject; /* of the last envelope */

static struct p1_apdu envelope(const char *text, size_t captured, bool good)
{
	struct hex bytes = hex(text);
	struct p1_apdu apdu;
	uint8_t *exact = malloc(bytes.length + 1);

	if (captured > bytes.length)
		captured = bytes.length;
	memcpy(exact, bytes.bytes, captured);
	assert_int_equal(p1_parse_apdu(cursor_cut(exact, captured, SIZE_MAX / 4), &apdu, &subject), good);
	free(exact);
	return apdu;
}

#define IDENTIFIER "64{63{61{13025553}62{1301 20}1304434f5250}16024131}"
#define RECIPIENTS "a2{31{60{30{a5{800353 4543}}}}}"

static void reads_a_message_envelope(void **state)
{
	(void)state;
	struct p1_apdu apdu = envelope("a0{31{" IDENTIFIER "60{3000}460116470101" RECIPIENTS "}0402ffff}", 1000, true);

	assert_int_equal(apdu.kind, P1_MESSAGE);
	assert_true(apdu.complete);
	assert_string_equal(apdu.id.domain, "/C=US/A= /P=CORP/");
	assert_string_equal(apdu.id.local, "A1");
	assert_string_equal(p1_priority_name(apdu.priority), "non-urgent");
	assert_string_equal(p1_content_type_name(apdu.content_type), "interpersonal-messaging-1988");
	assert_true(apdu.length > apdu.needed && apdu.needed == apdu.length - 4);
	/* Not a byte of a recipient. */
	assert_null(memmem(&apdu, sizeof apdu, "SEC", 3));
}

static void priority_is_normal_only_where_the_whole_envelope_lacks_one(void **state)
{
	(void)state;
	static const char text[] = "a0{31{" IDENTIFIER "60{3000}06022a03 470102" RECIPIENTS "}0402ffff}";
	struct p1_apdu whole = envelope("a0{31{" IDENTIFIER "60{3000}06022a03}0402ffff}", 1000, true);

	assert_int_equal(whole.priority, 0);
	assert_int_equal(whole.content_type, -1);
	assert_int_equal(whole.content_oid.length, 2);
	/* Cut anywhere, it says what it knows, and no more. */
	for (size_t captured = 2; captured < 70; captured++) {
		struct p1_apdu apdu = envelope(text, captured, true);
		assert_true(apdu.priority == 2 || (apdu.priority == -1 && !apdu.complete));
		assert_true(apdu.complete == (captured >= apdu.needed && apdu.needed > 0));
		assert_int_equal(apdu.remarks, 0);
	}
}

static void reads_indefinite_lengths(void **state)
{
	(void)state;
	struct p1_apdu apdu = envelope("a080 3180" IDENTIFIER "600030 00 0000 2480 0401ff 0000 0000", 1000, true);

	assert_string_equal(apdu.id.local, "A1");
	assert_int_equal(apdu.length, 0);
	assert_true(apdu.complete);
}

static void reads_reports_and_probes(void **state)
{
	(void)state;
	struct p1_apdu apdu = envelope("a1{31{" IDENTIFIER "60{3000}}31{64{63{61{13024445}}16025a39}}}", 1000, true);

	assert_int_equal(apdu.kind, P1_REPORT);
	assert_string_equal(subject.local, "Z9");
	assert_string_equal(subject.domain, "/C=DE/A=/");
	assert_int_equal(apdu.priority, -1);
	apdu = envelope("a2{" IDENTIFIER "460102}", 1000, true);
	assert_int_equal(apdu.kind, P1_PROBE);
	assert_int_equal(apdu.content_type, 2);
	envelope("a3{" IDENTIFIER "}", 1000, false);
	envelope("3080", 1000, false);
	envelope("", 0, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_arguments_and_results),
	    cmocka_unit_test(reads_them_without_a_wrapper),
	    cmocka_unit_test(an_unauthenticated_bind_has_no_name),
	    cmocka_unit_test(a_password_is_copied_nowhere),
	    cmocka_unit_test(a_long_name_is_cut),
	    cmocka_unit_test(reads_and_names_errors),
	    cmocka_unit_test(what_is_no_bind_is_remarked_on),
	    cmocka_unit_test(reads_a_message_envelope),
	    cmocka_unit_test(priority_is_normal_only_where_the_whole_envelope_lacks_one),
	    cmocka_unit_test(reads_indefinite_lengths),
	    cmocka_unit_test(reads_reports_and_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
