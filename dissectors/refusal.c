/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/refusal.h"

#include "dissectors/acse.h"
#include "dissectors/cotp.h"
#include "dissectors/p1.h"
#include "dissectors/presentation.h"
#include "dissectors/rtse.h"
#include "dissectors/session.h"

enum { NO_CODE = -2 }; /* of a table in which fewer codes speak of load than there is room for */

struct row {
	enum layer layer;
	const char *clause;
	const char *(*name)(int32_t code);
	int32_t load[2]; /* the codes that speak of load */
};

static const char *acse_user_name(int32_t diagnostic)
{
	return acse_diagnostic_name(ACSE_SOURCE_USER, diagnostic);
}

static const char *acse_provider_name(int32_t diagnostic)
{
	return acse_diagnostic_name(ACSE_SOURCE_PROVIDER, diagnostic);
}

static const struct row rows[REFUSAL_TABLES] = {
    [REFUSAL_COTP_DR] = {LAYER_COTP, "X.224 13.5.3", cotp_reason_name, {1, 129}},
    [REFUSAL_COTP_ER] = {LAYER_COTP, "X.224 13.12.3", cotp_cause_name, {NO_CODE, NO_CODE}},
    [REFUSAL_SESSION_RF] = {LAYER_SESSION, "X.225 8.3.5 Reason Code", session_refuse_name, {1, 131}},
    [REFUSAL_SESSION_AB] = {LAYER_SESSION, "X.225 8.3.9 Transport Disconnect", session_abort_name, {NO_CODE, NO_CODE}},
    [REFUSAL_SESSION_EXCEPTION] = {LAYER_SESSION, "X.225 8.3 Reason Code", session_exception_name, {1, NO_CODE}},
    [REFUSAL_PRESENTATION_PROVIDER] = {LAYER_PRESENTATION,
				       "X.226 8.2 Provider-reason",
				       presentation_provider_reason_name,
				       {1, 2}},
    [REFUSAL_PRESENTATION_CONTEXT] = {LAYER_PRESENTATION,
				      "X.226 8.2 Result",
				      presentation_result_name,
				      {NO_CODE, NO_CODE}},
    [REFUSAL_PRESENTATION_ABORT] = {LAYER_PRESENTATION,
				    "X.226 8.2 Abort-reason",
				    presentation_abort_reason_name,
				    {NO_CODE, NO_CODE}},
    [REFUSAL_ACSE_RESULT] = {LAYER_ACSE, "X.227 9 Associate-result", acse_result_name, {NO_CODE, NO_CODE}},
    [REFUSAL_ACSE_USER] = {LAYER_ACSE, "X.227 9 Associate-source-diagnostic", acse_user_name, {NO_CODE, NO_CODE}},
    [REFUSAL_ACSE_PROVIDER] = {LAYER_ACSE,
			       "X.227 9 Associate-source-diagnostic",
			       acse_provider_name,
			       {NO_CODE, NO_CODE}},
    [REFUSAL_ACSE_ABORT_SOURCE] = {LAYER_ACSE, "X.227 9 ABRT-source", acse_abort_source_name, {NO_CODE, NO_CODE}},
    [REFUSAL_ACSE_ABORT_DIAGNOSTIC] = {LAYER_ACSE,
				       "X.227 9 ABRT-diagnostic",
				       acse_abort_diagnostic_name,
				       {NO_CODE, NO_CODE}},
    [REFUSAL_RTSE_REFUSE] = {LAYER_RTSE, "X.228 9 RefuseReason", rtse_refuse_name, {0, NO_CODE}},
    [REFUSAL_RTSE_ABORT] = {LAYER_RTSE, "X.228 9 AbortReason", rtse_abort_name, {3, NO_CODE}},
    [REFUSAL_X410_REFUSE] = {LAYER_RTSE, "X.410 RefuseReason", rtse_refuse_name, {0, NO_CODE}},
    [REFUSAL_X410_ABORT] = {LAYER_RTSE, "X.410 AbortReason", rtse_abort_name, {3, NO_CODE}},
    [REFUSAL_P1_BIND] = {LAYER_P1, "X.411 MTABindError", p1_bind_error_name, {0, NO_CODE}},
};

void refusal_begin(struct refusal *refusal)
{
	*refusal = (struct refusal){.code = -1};
}

struct refusal_step refusal_step(enum refusal_table table, int32_t code)
{
	const struct row *row = &rows[table];

	return (struct refusal_step){row->layer, code, row->name(code), row->clause,
				     code == row->load[0] || code == row->load[1]};
}

void refusal_add(struct refusal *refusal, enum refusal_table table, int32_t code)
{
	unsigned at = refusal->steps < REFUSAL_STEPS ? refusal->steps++ : REFUSAL_STEPS - 1;
	struct refusal_step step = refusal_step(table, code);

	refusal->path[at] = step;
	refusal->layer = step.layer;
	refusal->code = step.code;
	refusal->reason = step.reason;
	refusal->clause = step.clause;
	refusal->congestion = refusal->congestion || step.congestion;
}
