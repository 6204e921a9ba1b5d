/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/p1.h"

#include "dissectors/pdu.h"

/* [0] the name, [1] credentials, [2] a security context: only the first is read. */
static void read_authenticated(struct p1_bind *out, const struct ber_element *set)
{
	struct ber inside = ber_inside(set);
	struct ber_element element;

	out->authenticated = true;
	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_CONTEXT, 0))
			ber_text(&element, out->name, sizeof out->name);
		else if (ber_is(&element, BER_CONTEXT, 1))
			out->has_credentials = true;
	}
	out->remarks |= inside.remarks;
}

static bool read_choice(struct p1_bind *out, const struct ber_element *choice)
{
	if (out->kind == P1_BIND_ERROR)
		return ber_is(choice, BER_UNIVERSAL, BER_INTEGER) && ber_integer(choice, &out->error);
	if (ber_is(choice, BER_UNIVERSAL, BER_NULL))
		return true;
	if (!ber_is(choice, BER_CONTEXT, 1) || !choice->constructed)
		return false;
	read_authenticated(out, choice);
	return true;
}

bool p1_parse_bind(struct cursor data, enum p1_bind_kind kind, struct p1_bind *out)
{
	struct ber ber = ber_over(data);
	struct ber_element element;
	bool good = ber_next(&ber, &element);

	*out = (struct p1_bind){.kind = kind, .error = -1};
	if (good && element.ber_class == BER_CONTEXT && element.tag >= 16 && element.tag <= 18) {
		struct ber inside = ber_inside(&element);
		out->kind = (enum p1_bind_kind)(P1_BIND_ARGUMENT + (element.tag - 16));
		good = ber_next(&inside, &element);
		out->remarks |= inside.remarks;
	}
	good = good && read_choice(out, &element);
	out->remarks |= ber.remarks;
	if (!good)
		out->remarks |= remark_bit(REMARK_PPDU_UNKNOWN);
	return good;
}

const char *p1_bind_error_name(int32_t error)
{
	static const struct pdu_code names[] = {
	    {0, "busy"},
	    {2, "authentication-error"},
	    {3, "unacceptable-dialogue-mode"},
	    {4, "unacceptable-security-context"},
	    {5, "inadequate-association-confidentiality"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)error);
}
