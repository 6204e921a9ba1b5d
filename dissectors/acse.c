/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/acse.h"

#include "dissectors/pdu.h"

enum { TAG_USER_INFORMATION = 30 };

static void read_context_name(struct acse_apdu *out, const struct ber_element *explicit_tag)
{
	struct ber inside = ber_inside(explicit_tag);
	struct ber_element name;

	if (ber_find(&inside, BER_UNIVERSAL, BER_OID, &name))
		ber_oid(&name, &out->application_context);
}

/* The tag of the CHOICE is the source, its content the diagnostic. */
static void read_diagnostic(struct acse_apdu *out, const struct ber_element *choice)
{
	struct ber inside = ber_inside(choice);
	struct ber_element source;

	if (!ber_next(&inside, &source) || source.ber_class != BER_CONTEXT)
		return;
	out->source = source.tag <= ACSE_SOURCE_PROVIDER ? (int32_t)source.tag : -1;
	ber_integer(&source, &out->diagnostic);
}

/* The first EXTERNAL (X.690 8.18): an optional syntax, the presentation context, the value. */
static void read_user_information(struct acse_apdu *out, const struct ber_element *information)
{
	struct ber list = ber_inside(information);
	struct ber_element external;
	struct ber_element element;

	if (!ber_find(&list, BER_UNIVERSAL, BER_EXTERNAL, &external)) {
		out->remarks |= list.remarks;
		return;
	}
	struct ber inside = ber_inside(&external);
	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_UNIVERSAL, BER_INTEGER))
			ber_integer(&element, &out->context);
		else if (element.ber_class == BER_CONTEXT && element.tag <= 2)
			out->user_information = element.content;
	}
	out->remarks |= list.remarks | inside.remarks;
}

static void read_member(struct acse_apdu *out, const struct ber_element *element)
{
	bool associate = out->kind == ACSE_AARQ || out->kind == ACSE_AARE;

	if (element->ber_class != BER_CONTEXT)
		return;
	if (element->tag == TAG_USER_INFORMATION)
		read_user_information(out, element);
	else if (associate && element->tag == 1)
		read_context_name(out, element);
	else if (out->kind == ACSE_AARE && element->tag == 2)
		ber_integer(element, &out->result);
	else if (out->kind == ACSE_AARE && element->tag == 3)
		read_diagnostic(out, element);
	else if (out->kind == ACSE_ABRT && element->tag == 0)
		ber_integer(element, &out->source);
	else if (out->kind == ACSE_ABRT && element->tag == 1)
		ber_integer(element, &out->diagnostic);
	else if (!associate && out->kind != ACSE_ABRT && element->tag == 0)
		ber_integer(element, &out->reason);
}

bool acse_parse(struct cursor data, struct acse_apdu *out)
{
	struct ber ber = ber_over(data);
	struct ber_element apdu;
	struct ber_element element;

	*out = (struct acse_apdu){.result = -1, .source = -1, .diagnostic = -1, .reason = -1, .context = -1};
	bool good = ber_next(&ber, &apdu) && apdu.ber_class == BER_APPLICATION && apdu.tag < ACSE_KINDS;
	out->remarks = ber.remarks;
	if (!good) {
		out->remarks |= remark_bit(REMARK_PPDU_UNKNOWN);
		return false;
	}
	out->kind = (enum acse_kind)apdu.tag;
	struct ber inside = ber_inside(&apdu);
	while (ber_next(&inside, &element))
		read_member(out, &element);
	out->remarks |= inside.remarks;
	return true;
}

const char *acse_name(enum acse_kind kind)
{
	static const char *const names[ACSE_KINDS] = {"AARQ", "AARE", "RLRQ", "RLRE", "ABRT"};

	return (unsigned)kind < ACSE_KINDS ? names[kind] : "?";
}

const char *acse_result_name(int32_t result)
{
	static const struct pdu_code names[] = {
	    {0, "accepted"},
	    {1, "rejected-permanent"},
	    {2, "rejected-transient"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)result);
}

const char *acse_diagnostic_name(int32_t source, int32_t diagnostic)
{
	static const struct pdu_code user[] = {
	    {0, "null"},
	    {1, "no-reason-given"},
	    {2, "application-context-name-not-supported"},
	    {3, "calling-AP-title-not-recognized"},
	    {4, "calling-AP-invocation-identifier-not-recognized"},
	    {5, "calling-AE-qualifier-not-recognized"},
	    {6, "calling-AE-invocation-identifier-not-recognized"},
	    {7, "called-AP-title-not-recognized"},
	    {8, "called-AP-invocation-identifier-not-recognized"},
	    {9, "called-AE-qualifier-not-recognized"},
	    {10, "called-AE-invocation-identifier-not-recognized"},
	    {11, "authentication-mechanism-name-not-recognized"},
	    {12, "authentication-mechanism-name-required"},
	    {13, "authentication-failure"},
	    {14, "authentication-required"},
	};
	static const struct pdu_code provider[] = {
	    {0, "null"},
	    {1, "no-reason-given"},
	    {2, "no-common-acse-version"},
	};

	if (source == ACSE_SOURCE_USER)
		return pdu_code_name(user, sizeof user / sizeof *user, (uint32_t)diagnostic);
	if (source == ACSE_SOURCE_PROVIDER)
		return pdu_code_name(provider, sizeof provider / sizeof *provider, (uint32_t)diagnostic);
	return NULL;
}

const char *acse_abort_diagnostic_name(int32_t diagnostic)
{
	static const struct pdu_code names[] = {
	    {1, "no-reason-given"},
	    {2, "protocol-error"},
	    {3, "authentication-mechanism-name-not-recognized"},
	    {4, "authentication-mechanism-name-required"},
	    {5, "authentication-failure"},
	    {6, "authentication-required"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)diagnostic);
}

const char *acse_abort_source_name(int32_t source)
{
	if (source == 0)
		return "acse-service-user";
	return source == 1 ? "acse-service-provider" : NULL;
}
