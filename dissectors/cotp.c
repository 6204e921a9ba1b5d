/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/cotp.h"

#include "dissectors/pdu.h"

#include <string.h>

enum parameter {
	PARAMETER_TPDU_SIZE = 0xc0,
	PARAMETER_CALLING = 0xc1,
	PARAMETER_CALLED = 0xc2,
	PARAMETER_OPTIONS = 0xc6,
	PARAMETER_CLASSES = 0xc7,
	PARAMETER_PREFERRED_SIZE = 0xf0,
};

static bool parameter_known(uint8_t code)
{
	/* X.224 13.3.4: 85-89 and 8B quality of service, C0-C7, F0 and F2; E0 in DR (13.5.4). */
	return (code >= 0x85 && code <= 0x89) || code == 0x8b || (code >= 0xc0 && code <= 0xc7) || code == 0xe0 ||
	       code == 0xf0 || code == 0xf2;
}

static void read_tsap(const struct cursor *value, struct cotp_tsap *tsap)
{
	size_t length = cursor_left(value);
	size_t kept = length < COTP_TSAP_KEPT ? length : COTP_TSAP_KEPT;
	const uint8_t *bytes = cursor_look(value, kept);

	tsap->present = true;
	tsap->length = (uint8_t)length;
	if (bytes != NULL)
		memcpy(tsap->bytes, bytes, kept);
}

/* F0: the size in units of 128 bytes, in one to four bytes. */
static uint32_t read_preferred(struct cursor value)
{
	uint32_t units = 0;

	while (cursor_left(&value) > 0 && cursor_good(&value) && units <= UINT32_MAX >> 16)
		units = units << 8 | cursor_u8(&value);
	return units <= UINT32_MAX / 128 ? units * 128 : 0;
}

static void read_parameter(struct cotp_tpdu *out, uint8_t code, const struct cursor *value)
{
	uint8_t first = cursor_peek(value);

	out->parameters++;
	switch (code) {
	case PARAMETER_TPDU_SIZE:
		out->tpdu_size = first >= 7 && first <= 13 ? UINT32_C(1) << first : 0;
		break;
	case PARAMETER_CALLING:
		/* In an ER, C1 is the header that was refused (13.12.4). */
		if (out->code != COTP_ER)
			read_tsap(value, &out->calling);
		break;
	case PARAMETER_CALLED:
		read_tsap(value, &out->called);
		break;
	case PARAMETER_OPTIONS:
		out->additional_options = first;
		break;
	case PARAMETER_CLASSES:
		out->alternative_classes = (uint8_t)cursor_left(value);
		break;
	case PARAMETER_PREFERRED_SIZE:
		out->preferred_size = read_preferred(*value);
		break;
	default:
		if (!parameter_known(code))
			out->unknown_parameters++;
		break;
	}
}

static void read_parameters(struct cotp_tpdu *out, struct cursor part)
{
	while (cursor_left(&part) > 0) {
		const uint8_t *bytes = cursor_header(&part, 2);
		struct cursor value = cursor_sub(&part, bytes == NULL ? 0 : bytes[1]);
		if (!cursor_good(&part))
			break;
		read_parameter(out, bytes[0], &value);
	}
	if (part.error == CURSOR_MALFORMED)
		out->remarks |= remark_bit(REMARK_PARAMETER_OVERRUN);
	if (part.error == CURSOR_TRUNCATED)
		out->remarks |= remark_bit(REMARK_TPDU_TRUNCATED);
	if (out->unknown_parameters > 0)
		out->remarks |= remark_bit(REMARK_PARAMETER_UNKNOWN);
}

/*
 * Remote Desktop puts its routing cookie and a negotiation request (type 1, flags, length 8 in little endian) where the
 * parameters or the user data of a CR belong, and its response or failure (type 2 or 3) into the CC.
 */
static bool is_rdp(enum cotp_code code, const struct cursor *part)
{
	static const char cookie[] = "Cookie: msts";
	const uint8_t *bytes = cursor_look(part, sizeof cookie - 1);

	if (bytes != NULL && memcmp(bytes, cookie, sizeof cookie - 1) == 0)
		return true;
	bytes = cursor_look(part, 4);
	if (bytes == NULL || bytes_be16(bytes + 2) != 0x0800)
		return false;
	return code == COTP_CR ? bytes[0] == 1 : bytes[0] == 2 || bytes[0] == 3;
}

/* The bytes of the fixed part after LI and code, by code; -1: not one that class 0 reads. */
static int fixed_length(enum cotp_code code)
{
	switch (code) {
	case COTP_CR:
	case COTP_CC:
	case COTP_DR:
		return 5;
	case COTP_DC:
		return 4;
	case COTP_ER:
		return 3;
	case COTP_DT:
		return 1;
	default:
		return -1;
	}
}

static void read_fixed(struct cotp_tpdu *out, struct cursor *header)
{
	if (out->code == COTP_DT) {
		uint8_t number = cursor_u8(header);
		out->eot = (number & 0x80) != 0;
		out->number = number & 0x7f;
		return;
	}
	out->dst_ref = cursor_be16(header);
	if (out->code == COTP_ER) {
		out->reason = cursor_u8(header);
		return;
	}
	out->src_ref = cursor_be16(header);
	if (out->code == COTP_DR)
		out->reason = cursor_u8(header);
	else if (out->code != COTP_DC)
		out->class_option = cursor_u8(header);
}

static bool refuse(struct cotp_tpdu *out, enum remark_id id)
{
	out->remarks |= remark_bit(id);
	return false;
}

bool cotp_parse(struct cursor tpdu, struct cotp_tpdu *out)
{
	*out = (struct cotp_tpdu){0};
	out->indicator = cursor_u8(&tpdu);
	struct cursor header = cursor_sub(&tpdu, out->indicator);
	uint8_t code = cursor_u8(&header);

	if (!cursor_good(&tpdu))
		return refuse(out, tpdu.error == CURSOR_MALFORMED ? REMARK_TPDU_LENGTH : REMARK_TPDU_TRUNCATED);
	if (!cursor_good(&header))
		return refuse(out, header.error == CURSOR_MALFORMED ? REMARK_TPDU_LENGTH : REMARK_TPDU_TRUNCATED);
	if (cotp_code_name(code >> 4) == NULL)
		return refuse(out, REMARK_TPDU_UNKNOWN);
	out->code = code >> 4;
	out->credit = code & 0x0f;
	out->user_data = tpdu;
	int fixed = fixed_length(out->code);
	if (fixed < 0)
		return true;
	if (cursor_left(&header) < (size_t)fixed)
		return refuse(out, REMARK_TPDU_LENGTH);
	read_fixed(out, &header);
	if (!cursor_good(&header)) {
		out->remarks |= remark_bit(REMARK_TPDU_TRUNCATED);
		return out->code == COTP_CR || out->code == COTP_CC;
	}
	if (out->code == COTP_CR || out->code == COTP_CC)
		out->rdp = is_rdp(out->code, &header) || is_rdp(out->code, &tpdu);
	if (!out->rdp && out->code != COTP_DT)
		read_parameters(out, header);
	return true;
}

const char *cotp_code_name(enum cotp_code code)
{
	static const struct pdu_code names[] = {
	    {COTP_CR, "CR"}, {COTP_CC, "CC"}, {COTP_DR, "DR"}, {COTP_DC, "DC"}, {COTP_DT, "DT"}, {COTP_ED, "ED"},
	    {COTP_AK, "AK"}, {COTP_EA, "EA"}, {COTP_RJ, "RJ"}, {COTP_ER, "ER"}, {COTP_UD, "UD"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, code);
}

const char *cotp_reason_name(int32_t reason)
{
	static const struct pdu_code names[] = {
	    {0, "reason not specified"},
	    {1, "congestion at TSAP"},
	    {2, "session entity not attached to TSAP"},
	    {3, "address unknown"},
	    {128, "normal disconnect initiated by session entity"},
	    {129, "remote transport entity congestion at connect request time"},
	    {130, "connection negotiation failed"},
	    {131, "duplicate source reference"},
	    {132, "mismatched references"},
	    {133, "protocol error"},
	    {135, "reference overflow"},
	    {136, "connection request refused on this network connection"},
	    {138, "header or parameter length invalid"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)reason);
}

const char *cotp_cause_name(int32_t cause)
{
	static const struct pdu_code names[] = {
	    {0, "reason not specified"},
	    {1, "invalid parameter code"},
	    {2, "invalid TPDU type"},
	    {3, "invalid parameter value"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)cause);
}
