/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/bind.h"
#include "dissectors/refusal.h"
#include "dissectors/session.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Every code of every table, as the standards have it. load: the code speaks of load. */
static const struct {
	enum refusal_table table;
	int32_t code;
	const char *name;
	bool load;
} rows[] = {
    {REFUSAL_COTP_DR, 0, "reason not specified", false},
    {REFUSAL_COTP_DR, 1, "congestion at TSAP", true},
    {REFUSAL_COTP_DR, 2, "session entity not attached to TSAP", false},
    {REFUSAL_COTP_DR, 3, "address unknown", false},
    {REFUSAL_COTP_DR, 128, "normal disconnect initiated by session entity", false},
    {REFUSAL_COTP_DR, 129, "remote transport entity congestion at connect request time", true},
    {REFUSAL_COTP_DR, 130, "connection negotiation failed", false},
    {REFUSAL_COTP_DR, 131, "duplicate source reference", false},
    {REFUSAL_COTP_DR, 132, "mismatched references", false},
    {REFUSAL_COTP_DR, 133, "protocol error", false},
    {REFUSAL_COTP_DR, 135, "reference overflow", false},
    {REFUSAL_COTP_DR, 136, "connection request refused on this network connection", false},
    {REFUSAL_COTP_DR, 138, "header or parameter length invalid", false},
    {REFUSAL_COTP_DR, 134, NULL, false},
    {REFUSAL_COTP_ER, 0, "reason not specified", false},
    {REFUSAL_COTP_ER, 1, "invalid parameter code", false},
    {REFUSAL_COTP_ER, 2, "invalid TPDU type", false},
    {REFUSAL_COTP_ER, 3, "invalid parameter value", false},
    {REFUSAL_COTP_ER, 4, NULL, false},
    {REFUSAL_SESSION_RF, 0, "rejection by called SS-user; reason not specified", false},
    {REFUSAL_SESSION_RF, 1, "rejection by called SS-user due to temporary congestion", true},
    {REFUSAL_SESSION_RF, 2, "rejection by called SS-user; user data follows", false},
    {REFUSAL_SESSION_RF, 129, "session selector unknown", false},
    {REFUSAL_SESSION_RF, 130, "SS-user not attached to SSAP", false},
    {REFUSAL_SESSION_RF, 131, "SPM congestion at connect time", true},
    {REFUSAL_SESSION_RF, 132, "proposed protocol versions not supported", false},
    {REFUSAL_SESSION_RF, 133, "rejection by the SPM; reason not specified", false},
    {REFUSAL_SESSION_RF, 134, "rejection by the SPM; implementation restriction stated in the PICS", false},
    {REFUSAL_SESSION_RF, 10, NULL, false}, /* tshark 4.0 has a name for it: another code's */
    {REFUSAL_SESSION_AB, -1, "no reason", false},
    {REFUSAL_SESSION_AB, 0x09, "no reason", false},
    {REFUSAL_SESSION_AB, 0x03, "user abort", false},
    {REFUSAL_SESSION_AB, 0x05, "protocol error", false},
    {REFUSAL_SESSION_AB, 0x11, "implementation restriction stated in the PICS", false},
    {REFUSAL_SESSION_EXCEPTION, 0, "no specific reason stated", false},
    {REFUSAL_SESSION_EXCEPTION, 1, "user receiving ability jeopardized", true},
    {REFUSAL_SESSION_EXCEPTION, 3, "user sequence error", false},
    {REFUSAL_SESSION_EXCEPTION, 5, "local SS-user error", false},
    {REFUSAL_SESSION_EXCEPTION, 6, "unrecoverable procedural error", false},
    {REFUSAL_SESSION_EXCEPTION, 128, "demand data token", false},
    {REFUSAL_PRESENTATION_PROVIDER, 0, "reason-not-specified", false},
    {REFUSAL_PRESENTATION_PROVIDER, 1, "temporary-congestion", true},
    {REFUSAL_PRESENTATION_PROVIDER, 2, "local-limit-exceeded", true},
    {REFUSAL_PRESENTATION_PROVIDER, 3, "called-presentation-address-unknown", false},
    {REFUSAL_PRESENTATION_PROVIDER, 4, "protocol-version-not-supported", false},
    {REFUSAL_PRESENTATION_PROVIDER, 5, "default-context-not-supported", false},
    {REFUSAL_PRESENTATION_PROVIDER, 6, "user-data-not-readable", false},
    {REFUSAL_PRESENTATION_PROVIDER, 7, "no-PSAP-available", false},
    {REFUSAL_PRESENTATION_PROVIDER, 8, NULL, false},
    {REFUSAL_PRESENTATION_CONTEXT, 0, "acceptance", false},
    {REFUSAL_PRESENTATION_CONTEXT, 1, "user-rejection", false},
    {REFUSAL_PRESENTATION_CONTEXT, 2, "provider-rejection", false},
    {REFUSAL_PRESENTATION_ABORT, 0, "reason-not-specified", false},
    {REFUSAL_PRESENTATION_ABORT, 1, "unrecognized-ppdu", false},
    {REFUSAL_PRESENTATION_ABORT, 2, "unexpected-ppdu", false},
    {REFUSAL_PRESENTATION_ABORT, 3, "unexpected-session-service-primitive", false},
    {REFUSAL_PRESENTATION_ABORT, 4, "unrecognized-ppdu-parameter", false},
    {REFUSAL_PRESENTATION_ABORT, 5, "unexpected-ppdu-parameter", false},
    {REFUSAL_PRESENTATION_ABORT, 6, "invalid-ppdu-parameter-value", false},
    {REFUSAL_ACSE_RESULT, 0, "accepted", false},
    {REFUSAL_ACSE_RESULT, 1, "rejected-permanent", false},
    {REFUSAL_ACSE_RESULT, 2, "rejected-transient", false},
    {REFUSAL_ACSE_USER, 0, "null", false},
    {REFUSAL_ACSE_USER, 1, "no-reason-given", false},
    {REFUSAL_ACSE_USER, 2, "application-context-name-not-supported", false},
    {REFUSAL_ACSE_USER, 3, "calling-AP-title-not-recognized", false},
    {REFUSAL_ACSE_USER, 4, "calling-AP-invocation-identifier-not-recognized", false},
    {REFUSAL_ACSE_USER, 5, "calling-AE-qualifier-not-recognized", false},
    {REFUSAL_ACSE_USER, 6, "calling-AE-invocation-identifier-not-recognized", false},
    {REFUSAL_ACSE_USER, 7, "called-AP-title-not-recognized", false},
    {REFUSAL_ACSE_USER, 8, "called-AP-invocation-identifier-not-recognized", false},
    {REFUSAL_ACSE_USER, 9, "called-AE-qualifier-not-recognized", false},
    {REFUSAL_ACSE_USER, 10, "called-AE-invocation-identifier-not-recognized", false},
    {REFUSAL_ACSE_USER, 11, "authentication-mechanism-name-not-recognized", false},
    {REFUSAL_ACSE_USER, 12, "authentication-mechanism-name-required", false},
    {REFUSAL_ACSE_USER, 13, "authentication-failure", false},
    {REFUSAL_ACSE_USER, 14, "authentication-required", false},
    {REFUSAL_ACSE_PROVIDER, 0, "null", false},
    {REFUSAL_ACSE_PROVIDER, 1, "no-reason-given", false},
    {REFUSAL_ACSE_PROVIDER, 2, "no-common-acse-version", false},
    {REFUSAL_ACSE_ABORT_SOURCE, 0, "acse-service-user", false},
    {REFUSAL_ACSE_ABORT_SOURCE, 1, "acse-service-provider", false},
    {REFUSAL_ACSE_ABORT_DIAGNOSTIC, 1, "no-reason-given", false},
    {REFUSAL_ACSE_ABORT_DIAGNOSTIC, 2, "protocol-error", false},
    {REFUSAL_ACSE_ABORT_DIAGNOSTIC, 3, "authentication-mechanism-name-not-recognized", false},
    {REFUSAL_ACSE_ABORT_DIAGNOSTIC, 4, "authentication-mechanism-name-required", false},
    {REFUSAL_ACSE_ABORT_DIAGNOSTIC, 5, "authentication-failure", false},
    {REFUSAL_ACSE_ABORT_DIAGNOSTIC, 6, "authentication-required", false},
    {REFUSAL_RTSE_REFUSE, 0, "rtsBusy", true},
    {REFUSAL_RTSE_REFUSE, 1, "cannotRecover", false},
    {REFUSAL_RTSE_REFUSE, 2, "validationFailure", false},
    {REFUSAL_RTSE_REFUSE, 3, "unacceptableDialogueMode", false},
    {REFUSAL_RTSE_ABORT, 0, "localSystemProblem", false},
    {REFUSAL_RTSE_ABORT, 1, "invalidParameter", false},
    {REFUSAL_RTSE_ABORT, 2, "unrecognizedActivity", false},
    {REFUSAL_RTSE_ABORT, 3, "temporaryProblem", true},
    {REFUSAL_RTSE_ABORT, 4, "protocolError", false},
    {REFUSAL_RTSE_ABORT, 5, "permanentProblem", false},
    {REFUSAL_RTSE_ABORT, 6, "userError", false},
    {REFUSAL_RTSE_ABORT, 7, "transferCompleted", false},
    {REFUSAL_X410_REFUSE, 0, "rtsBusy", true},
    {REFUSAL_X410_REFUSE, 3, "unacceptableDialogueMode", false},
    {REFUSAL_X410_ABORT, 3, "temporaryProblem", true},
    {REFUSAL_X410_ABORT, 4, "protocolError", false},
    {REFUSAL_P1_BIND, 0, "busy", true},
    {REFUSAL_P1_BIND, 1, NULL, false},
    {REFUSAL_P1_BIND, 2, "authentication-error", false},
    {REFUSAL_P1_BIND, 3, "unacceptable-dialogue-mode", false},
    {REFUSAL_P1_BIND, 4, "unacceptable-security-context", false},
    {REFUSAL_P1_BIND, 5, "inadequate-association-confidentiality", false},
};

static void every_code_has_the_standards_own_name(void **state)
{
	(void)state;
	bool seen[REFUSAL_TABLES] = {false};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct refusal_step step = refusal_step(rows[i].table, rows[i].code);
		if (rows[i].name == NULL)
			assert_null(step.reason);
		else
			assert_string_equal(step.reason, rows[i].name);
		assert_int_equal(step.congestion, rows[i].load);
		assert_int_equal(step.code, rows[i].code);
		assert_memory_equal(step.clause, "X.", 2);
		seen[rows[i].table] = true;
	}
	for (int table = 0; table < REFUSAL_TABLES; table++)
		assert_true(seen[table]);
}

static void a_code_out_of_range_has_no_name(void **state)
{
	(void)state;
	for (int table = 0; table < REFUSAL_TABLES; table++) {
		if (table == REFUSAL_SESSION_AB)
			continue;
		assert_null(refusal_step((enum refusal_table)table, -1).reason);
		assert_null(refusal_step((enum refusal_table)table, 255).reason);
		assert_null(refusal_step((enum refusal_table)table, INT32_MIN).reason);
	}
}

static void answer(const char *text, struct refusal *refusal)
{
	struct hex bytes = hex(text);
	struct session_reader reader = session_over(hex_cursor(&bytes), false);
	struct session_spdu spdu;
	struct association_details details = {.mode = PRESENTATION_NORMAL};
	struct presentation_set set = {0};
	struct layer_notes notes = {.pdu = NULL};
	enum service service = SERVICE_X400;

	assert_true(session_next(&reader, &spdu));
	assert_true(bind_answer(&spdu, &details, &set, &service, refusal, &notes));
}

static void all_layers_of_a_refusal_are_told(void **state)
{
	(void)state;
	struct refusal refusal;

	/* X.225 REFUSE around a CPR, an AARE, an RTORJ and a bind error. */
	answer("0c{32{02 30{8a0101 61{30{020101 a0{61{a203020102 a3{a1{02010d}} be{28{020103 a0{b2{800100 "
	       "a1{b2{020102}}}}}}}}}}}}}",
	       &refusal);
	assert_int_equal(refusal.steps, 6);
	assert_int_equal(refusal.path[0].layer, LAYER_SESSION);
	assert_string_equal(refusal.path[1].reason, "temporary-congestion");
	assert_string_equal(refusal.path[2].reason, "rejected-transient");
	assert_string_equal(refusal.path[3].reason, "authentication-failure");
	assert_string_equal(refusal.path[4].reason, "rtsBusy");
	assert_int_equal(refusal.path[5].layer, LAYER_P1);
	assert_int_equal(refusal.layer, LAYER_P1);
	assert_string_equal(refusal.reason, "authentication-error");
	assert_true(refusal.congestion);
}

static void a_path_without_load_speaks_of_none(void **state)
{
	(void)state;
	struct refusal refusal;

	answer("0c{32{02 31{800103}}}", &refusal);
	assert_int_equal(refusal.steps, 2);
	assert_string_equal(refusal.clause, "X.410 RefuseReason");
	assert_string_equal(refusal.reason, "unacceptableDialogueMode");
	assert_false(refusal.congestion);
}

static void a_path_has_an_end(void **state)
{
	(void)state;
	struct refusal refusal;

	refusal_begin(&refusal);
	for (int i = 0; i < REFUSAL_STEPS + 3; i++)
		refusal_add(&refusal, REFUSAL_COTP_DR, i);
	assert_int_equal(refusal.steps, REFUSAL_STEPS);
	assert_int_equal(refusal.code, REFUSAL_STEPS + 2);
	assert_int_equal(refusal.path[REFUSAL_STEPS - 1].code, REFUSAL_STEPS + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_code_has_the_standards_own_name),
	    cmocka_unit_test(a_code_out_of_range_has_no_name),
	    cmocka_unit_test(all_layers_of_a_refusal_are_told),
	    cmocka_unit_test(a_path_without_load_speaks_of_none),
	    cmocka_unit_test(a_path_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
