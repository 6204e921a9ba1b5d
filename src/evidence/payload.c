/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/payload.h"

#include "base/memory.h"
#include "dissectors/cotp.h"
#include "dissectors/session.h"
#include "dissectors/tpkt.h"

#include <stdlib.h>
#include <string.h>

enum { TPKT = 4, TSDU_MAX = 1 << 16, DEPTH_MAX = 32, SMALL_NUMBER = 4, OID_MAX = 32, OCTETS_DEEP = 1 };

/* X.224 13: parameters of CR and CC. */
enum { PARAMETER_TPDU_SIZE = 0xc0, PARAMETER_CALLING = 0xc1, PARAMETER_CALLED = 0xc2, PARAMETER_OPTIONS = 0xc6 };

/* What is written to: in and out go together. */
struct place {
	const struct payload_rules *rules;
	const uint8_t *in;
	uint8_t *out;
	size_t length;
	unsigned octets; /* octet strings around this that were looked into */
};

static void copy(const struct place *place, size_t from, size_t length)
{
	if (from < place->length)
		memcpy(place->out + from, place->in + from,
		       length < place->length - from ? length : place->length - from);
}

static struct place part_of(const struct place *place, size_t from, size_t length)
{
	struct place part = *place;

	from = from < place->length ? from : place->length;
	part.in += from;
	part.out += from;
	part.length = length < place->length - from ? length : place->length - from;
	return part;
}

static void redact_name(const struct place *place)
{
	copy(place, 0, place->length);
	pseudonym_bytes(place->rules->pseudonyms, place->out, place->length);
}

/* ---- BER, X.690 8 ---- */

enum {
	BER_CLASS = 0xc0,
	BER_CONSTRUCTED = 0x20,
	BER_NUMBER = 0x1f,
	TAG_BOOLEAN = 1,
	TAG_INTEGER = 2,
	TAG_BITS = 3,
	TAG_OCTETS = 4,
	TAG_NULL = 5,
	TAG_OID = 6,
	TAG_ENUMERATED = 10
};

struct header {
	uint8_t tag;
	size_t length, content; /* of the header, and of what it says follows */
	bool indefinite;
};

static bool read_header(const struct place *place, size_t at, struct header *header)
{
	size_t from = at;

	if (at + 2 > place->length)
		return false;
	header->tag = place->in[at++];
	if ((header->tag & BER_NUMBER) == BER_NUMBER)
		do
			if (at >= place->length || at - from > 4)
				return false;
		while ((place->in[at++] & 0x80U) != 0);
	if (at >= place->length)
		return false;
	uint8_t first = place->in[at++];
	header->indefinite = first == 0x80;
	header->content = first & 0x7fU;
	if (first > 0x80) {
		unsigned count = first & 0x7fU;
		if (count > 4 || at + count > place->length)
			return false;
		for (header->content = 0; count > 0; count--)
			header->content = header->content << 8 | place->in[at++];
	}
	header->length = at - from;
	return true;
}

static void redact_ber(const struct place *place, unsigned depth);

static bool is_small(uint8_t tag, size_t length)
{
	switch (tag) {
	case TAG_BOOLEAN:
	case TAG_INTEGER:
	case TAG_BITS:
	case TAG_NULL:
	case TAG_ENUMERATED:
		return length <= SMALL_NUMBER;
	case TAG_OID:
		return length <= OID_MAX;
	default:
		return false;
	}
}

static bool is_text(const struct place *place)
{
	for (size_t i = 0; i < place->length; i++)
		if (place->in[i] < ' ' || place->in[i] >= 0x7f)
			return false;
	return place->length > 0;
}

static void redact_primitive(const struct place *place, uint8_t tag, unsigned depth)
{
	struct place inner = *place;

	if (place->rules->is_name(place->rules->user, place->in, place->length)) {
		redact_name(place);
	} else if ((tag & BER_CLASS) == 0 && is_small(tag, place->length)) {
		copy(place, 0, place->length);
	} else if ((tag & BER_CLASS) != 0 && place->length <= 2 && !is_text(place)) {
		/* A number under a tag of its own: a reason, a size. */
		copy(place, 0, place->length);
	} else if (tag == TAG_OCTETS && place->octets < OCTETS_DEEP && place->length > 2 &&
		   (place->in[0] & (BER_CLASS | BER_CONSTRUCTED)) == 0xa0) {
		/* X.228 carries an APDU of X.411 in one. */
		inner.octets++;
		redact_ber(&inner, depth + 1);
	}
}

static void redact_ber(const struct place *place, unsigned depth)
{
	struct header header;

	for (size_t at = 0; depth < DEPTH_MAX && read_header(place, at, &header);) {
		size_t content = at + header.length;
		bool constructed = (header.tag & BER_CONSTRUCTED) != 0;
		copy(place, at, header.length);
		size_t length = header.indefinite ? place->length - content : header.content;
		struct place inner = part_of(place, content, length);
		if (constructed)
			redact_ber(&inner, depth + 1);
		else
			redact_primitive(&inner, header.tag, depth);
		if (length > place->length - content)
			return;
		at = content + length;
	}
}

/* ---- Session, X.225 8 ---- */

static size_t read_length(const struct place *place, size_t *at)
{
	if (*at >= place->length)
		return 0;
	size_t length = place->in[(*at)++];
	if (length == 0xff && *at + 2 <= place->length) {
		length = (size_t)place->in[*at] << 8 | place->in[*at + 1];
		*at += 2;
	}
	return length;
}

/* X.225 8.2: parameters by their codes; of the others only code and length. */
static void redact_parameter(const struct place *value, uint8_t code)
{
	switch (code) {
	case 15: /* type of synchronization point */
	case 16: /* tokens */
	case 17: /* transport disconnect */
	case 19: /* protocol options */
	case 20: /* functional units */
	case 21: /* TSDU sizes */
	case 22: /* versions */
	case 23: /* initial serial number */
	case 24: /* prepare type */
	case 25: /* enclosure */
	case 26: /* token setting */
	case 27: /* resynchronization type */
	case 42: /* serial number */
	case 60: /* data overflow */
		if (value->length <= 6)
			copy(value, 0, value->length);
		break;
	case 50: { /* reason code, and what REFUSE has behind it */
		copy(value, 0, 1);
		struct place rest = part_of(value, 1, value->length);
		redact_ber(&rest, 0);
		break;
	}
	case 51: /* session selectors */
	case 52:
	case 41: /* activity */
		redact_name(value);
		break;
	case 193: /* user data */
	case 194:
		redact_ber(value, 0);
		break;
	default:
		break;
	}
}

static void redact_parameters(const struct place *place, bool group)
{
	for (size_t at = 0; at + 2 <= place->length;) {
		size_t from = at;
		uint8_t code = place->in[at++];
		size_t length = read_length(place, &at);
		copy(place, from, at - from);
		struct place value = part_of(place, at, length);
		if (group && (code == 1 || code == 5 || code == 33))
			redact_parameters(&value, false);
		else
			redact_parameter(&value, code);
		at += length;
	}
}

/* Whether user information is one PPDU, whole or cut at its end, of X.226's CPC-type or TD: [APPLICATION 1]. */
static bool is_presentation(const struct place *data)
{
	return data->length > 2 && data->in[0] == 0x61;
}

/* An APDU's first bytes have its envelope, under one of X.411's tags. */
static bool is_envelope(const struct place *data)
{
	return data->length > 2 && data->in[0] >= 0xa0 && data->in[0] <= 0xa2;
}

static void redact_tsdu(const struct place *tsdu)
{
	struct session_reader reader = session_over(cursor_over(tsdu->in, tsdu->length), false);
	struct session_spdu spdu;

	/* S7 has its protocol's number there, and nothing of X.225. */
	if (tsdu->length > 2 && (tsdu->in[0] == 0x32 || tsdu->in[0] == 0x72)) {
		copy(tsdu, 0, 2);
		return;
	}
	for (size_t from = 0; session_next(&reader, &spdu); from = reader.tsdu.position) {
		size_t at = from + 1;
		size_t length = read_length(tsdu, &at);
		copy(tsdu, from, at - from);
		if (length > tsdu->length - at)
			length = tsdu->length - at;
		struct place parameters = part_of(tsdu, at, length);
		redact_parameters(&parameters, true);
		struct place data = part_of(tsdu, at + length, reader.tsdu.position - (at + length));
		if (reader.tsdu.position > at + length && (is_presentation(&data) || is_envelope(&data)))
			redact_ber(&data, 0);
	}
}

/* ---- Transport, X.224 13 ---- */

struct assembly {
	uint8_t *bytes;
	size_t *places; /* of each byte in the stream */
	size_t length;
	bool overflows;
};

static void end_tsdu(const struct place *stream, struct assembly *assembly)
{
	uint8_t *out = memory_get_zeroed(assembly->length + 1, 1);
	struct place tsdu = {.rules = stream->rules, .in = assembly->bytes, .out = out, .length = assembly->length};

	if (!assembly->overflows)
		redact_tsdu(&tsdu);
	for (size_t i = 0; i < assembly->length; i++)
		stream->out[assembly->places[i]] = out[i];
	free(out);
	assembly->length = 0;
	assembly->overflows = false;
}

static void add_data(const struct place *stream, struct assembly *assembly, size_t from, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (assembly->length == TSDU_MAX) {
			assembly->overflows = true;
			return;
		}
		assembly->bytes[assembly->length] = stream->in[from + i];
		assembly->places[assembly->length++] = from + i;
	}
}

/* CR and CC: references, class and size are kept; selectors get pseudonyms. */
static void redact_connect(const struct place *header)
{
	copy(header, 0, 7);
	for (size_t at = 7; at + 2 <= header->length;) {
		uint8_t code = header->in[at];
		size_t length = header->in[at + 1];
		struct place value = part_of(header, at + 2, length);
		copy(header, at, 2);
		if (code == PARAMETER_CALLING || code == PARAMETER_CALLED)
			redact_name(&value);
		else if (code == PARAMETER_TPDU_SIZE || code == PARAMETER_OPTIONS)
			copy(&value, 0, value.length <= 2 ? value.length : 0);
		at += 2 + length;
	}
}

/* Behind the fixed part of the others stand parameters whose values nothing rests on. */
static void redact_other(const struct place *header, size_t fixed)
{
	copy(header, 0, fixed);
	for (size_t at = fixed; at + 2 <= header->length; at += 2 + (size_t)header->in[at + 1])
		copy(header, at, 2);
}

static void redact_tpdu(const struct place *stream, struct assembly *assembly, size_t from, size_t length)
{
	struct place tpdu = part_of(stream, from, length);

	if (tpdu.length < 2)
		return;
	size_t indicator = (size_t)tpdu.in[0] + 1;
	struct place header = part_of(&tpdu, 0, indicator);
	switch (tpdu.in[1] & 0xf0) {
	case 0xe0:
	case 0xd0:
		redact_connect(&header);
		break;
	case 0x80:
		redact_other(&header, 7);
		break;
	case 0x70:
		redact_other(&header, 5);
		break;
	case 0xf0:
		copy(&header, 0, 3);
		if (indicator < 3 || indicator > tpdu.length)
			break;
		add_data(stream, assembly, from + indicator, tpdu.length - indicator);
		/* X.224 13.7.3: the last of a TSDU says so; of one that goes on past what is there, nobody knows. */
		if ((tpdu.in[2] & 0x80U) != 0)
			end_tsdu(stream, assembly);
		break;
	default:
		copy(&header, 0, 2);
		break;
	}
}

/* ---- RFC 1006 ---- */

/* Where a packet may begin again, after bytes that are lost. */
static size_t find_packet(const struct place *stream, size_t from)
{
	for (; from + TPKT + 3 <= stream->length; from++)
		if (stream->in[from] == 3 && tpkt_plausible(stream->in + from))
			return from;
	return stream->length;
}

void payload_redact(const struct payload_rules *rules, const uint8_t *in, uint8_t *out, size_t length)
{
	struct place stream = {.rules = rules, .in = in, .out = out, .length = length};
	struct assembly assembly = {.bytes = memory_get(TSDU_MAX), .places = memory_get(TSDU_MAX * sizeof(size_t))};

	for (size_t at = 0; at + TPKT <= length;) {
		size_t unit = (size_t)in[at + 2] << 8 | in[at + 3];
		if (in[at] != 3 || unit < TPKT) {
			at = find_packet(&stream, at + 1);
			assembly.length = 0;
			continue;
		}
		copy(&stream, at, TPKT);
		redact_tpdu(&stream, &assembly, at + TPKT, unit - TPKT);
		at += unit;
	}
	if (assembly.length > 0)
		end_tsdu(&stream, &assembly);
	free(assembly.bytes);
	free(assembly.places);
}
