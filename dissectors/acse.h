/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The APDUs of the association control service (X.227, ISO 8650). */
#ifndef MTASCOPE_DISSECTORS_ACSE_H
#define MTASCOPE_DISSECTORS_ACSE_H

#include "dissectors/ber.h"

/* The value is the APPLICATION tag. */
enum acse_kind { ACSE_AARQ, ACSE_AARE, ACSE_RLRQ, ACSE_RLRE, ACSE_ABRT, ACSE_KINDS };

enum acse_source { ACSE_SOURCE_USER = 1, ACSE_SOURCE_PROVIDER = 2 };

/* One APDU; codes that were not there are -1. */
struct acse_apdu {
	enum acse_kind kind;
	struct ber_oid application_context; /* AARQ, AARE */
	int32_t result;                     /* AARE: 0 accepted, 1 rejected-permanent, 2 rejected-transient */
	int32_t source;                     /* AARE: enum acse_source; ABRT: 0 user, 1 provider */
	int32_t diagnostic;                 /* AARE: of that source; ABRT */
	int32_t reason;                     /* RLRQ, RLRE */
	int32_t context;                    /* the user information's presentation context (indirect reference) */
	struct cursor user_information;     /* the element in the first EXTERNAL; empty: none */
	uint32_t remarks;
};

/*
 * Reads one APDU (X.227 9). False, with a remark, when data is none. user_information points into the caller's bytes.
 */
bool acse_parse(struct cursor data, struct acse_apdu *out);

/* "AARQ" …; "?" for none. Static. */
const char *acse_name(enum acse_kind kind);

/* Names of X.227's Associate-result, Associate-source-diagnostic (by source) and ABRT-diagnostic; NULL: none. Static.
 */
const char *acse_result_name(int32_t result);
const char *acse_diagnostic_name(int32_t source, int32_t diagnostic);
const char *acse_abort_diagnostic_name(int32_t diagnostic);

/* Name of X.227's ABRT-source: 0 the service user, 1 the service provider; NULL: none. Static. */
const char *acse_abort_source_name(int32_t source);

#endif
