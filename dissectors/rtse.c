/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/rtse.h"

#include "dissectors/pdu.h"

/* connectionDataRQ and connectionDataAC: [0] what the user sent, or [1] the connection to be recovered. */
static void read_connection_data(struct rtse_apdu *out, const struct ber_element *choice)
{
	struct ber inside = ber_inside(choice);
	struct ber_element data;

	if (ber_next(&inside, &data) && data.ber_class == BER_CONTEXT) {
		out->open = data.tag == 0;
		out->recover = data.tag == 1;
		if (out->open)
			out->user_data = data.content;
	}
	out->remarks |= inside.remarks;
}

static void read_open(struct rtse_apdu *out, const struct ber_element *element)
{
	bool request = out->kind == RTSE_RTORQ;

	if (element->tag == 0)
		ber_integer(element, &out->checkpoint_size);
	else if (element->tag == 1)
		ber_integer(element, &out->window_size);
	else if (element->tag == (request ? 3 : 2))
		read_connection_data(out, element);
	else if (request && element->tag == 2)
		ber_integer(element, &out->dialogue_mode);
	else if (request && element->tag == 4)
		ber_integer(element, &out->application_protocol);
}

/* RTORJ: [0] reason, [1] user data. RTAB: [0] reason, [1] reflected parameter, [2] user data. */
static void read_close(struct rtse_apdu *out, const struct ber_element *element)
{
	if (element->tag == 0)
		ber_integer(element, &out->reason);
	else if (element->tag == (out->kind == RTSE_RTORJ ? 1 : 2))
		out->user_data = element->content;
}

static void set_defaults(struct rtse_apdu *out, enum rtse_kind kind)
{
	*out = (struct rtse_apdu){.kind = kind, .dialogue_mode = -1, .application_protocol = -1, .reason = -1};
	if (kind == RTSE_RTORQ)
		out->dialogue_mode = 0;
	out->window_size = 3;
}

static void read_members(struct rtse_apdu *out, struct ber *inside)
{
	struct ber_element element;

	while (ber_next(inside, &element)) {
		if (element.ber_class != BER_CONTEXT)
			continue;
		if (out->kind == RTSE_RTORQ || out->kind == RTSE_RTOAC)
			read_open(out, &element);
		else if (out->kind == RTSE_RTORJ || out->kind == RTSE_RTAB)
			read_close(out, &element);
	}
	out->remarks |= inside->remarks;
}

void rtse_parse_x410(struct cursor content, enum rtse_kind kind, struct rtse_apdu *out)
{
	struct ber inside = ber_over(content);

	set_defaults(out, kind);
	read_members(out, &inside);
}

static enum rtse_kind tell_kind(const struct ber_element *apdu)
{
	static const enum rtse_kind kinds[] = {RTSE_RTORQ, RTSE_RTOAC, RTSE_RTORJ, RTSE_RTTP};

	if (ber_is(apdu, BER_UNIVERSAL, BER_OCTET_STRING))
		return RTSE_RTTR;
	if (apdu->ber_class != BER_CONTEXT || apdu->tag < 16)
		return RTSE_NONE;
	if (apdu->tag == 22)
		return RTSE_RTAB;
	return apdu->tag <= 19 ? kinds[apdu->tag - 16] : RTSE_NONE;
}

bool rtse_parse(struct cursor data, struct rtse_apdu *out)
{
	struct ber ber = ber_over(data);
	struct ber_element apdu;
	bool good = ber_next(&ber, &apdu);

	set_defaults(out, good ? tell_kind(&apdu) : RTSE_NONE);
	out->remarks = ber.remarks;
	if (!good || out->kind == RTSE_NONE) {
		out->remarks |= remark_bit(REMARK_PPDU_UNKNOWN);
		return false;
	}
	struct ber inside = ber_inside(&apdu);
	read_members(out, &inside);
	return true;
}

const char *rtse_name(enum rtse_kind kind)
{
	static const char *const names[RTSE_KINDS] = {"?", "RTORQ", "RTOAC", "RTORJ", "RTAB", "RTTP", "RTTR"};

	return (unsigned)kind < RTSE_KINDS ? names[kind] : "?";
}

const char *rtse_dialogue_name(int32_t mode)
{
	if (mode == 0)
		return "monologue";
	return mode == 1 ? "two-way-alternate" : NULL;
}

const char *rtse_refuse_name(int32_t reason)
{
	static const struct pdu_code names[] = {
	    {0, "rtsBusy"},
	    {1, "cannotRecover"},
	    {2, "validationFailure"},
	    {3, "unacceptableDialogueMode"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)reason);
}

const char *rtse_abort_name(int32_t reason)
{
	static const struct pdu_code names[] = {
	    {0, "localSystemProblem"}, {1, "invalidParameter"},  {2, "unrecognizedActivity"},
	    {3, "temporaryProblem"},   {4, "protocolError"},     {5, "permanentProblem"},
	    {6, "userError"},          {7, "transferCompleted"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)reason);
}
