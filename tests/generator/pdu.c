/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/pdu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_add(struct bytes *out, const void *data, size_t length)
{
	if (length > BYTES_MAX - out->length) {
		fprintf(stderr, "mtascope-generate: a PDU is too long\n");
		abort();
	}
	if (length > 0)
		memcpy(out->data + out->length, data, length);
	out->length += length;
}

static void add_u8(struct bytes *out, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	bytes_add(out, &byte, 1);
}

static void add_u16(struct bytes *out, unsigned value)
{
	add_u8(out, value >> 8);
	add_u8(out, value);
}

/* Bytes written in hexadecimal, blanks allowed. */
static void add_hex(struct bytes *out, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned value = 0, count = 0;

	for (; *hex != '\0'; hex++) {
		const char *digit = strchr(digits, *hex);
		if (digit == NULL)
			continue;
		value = value << 4 | (unsigned)(digit - digits);
		if (++count % 2 == 0)
			add_u8(out, value);
	}
}

/* A BER element around what child holds. */
static void add_ber(struct bytes *out, unsigned tag, const void *data, size_t length)
{
	add_u8(out, tag);
	if (length > 255) {
		add_u8(out, 0x82);
		add_u8(out, (unsigned)(length >> 8));
	} else if (length > 127) {
		add_u8(out, 0x81);
	}
	add_u8(out, (unsigned)length);
	bytes_add(out, data, length);
}

/* Puts a BER header before everything from mark on. */
static void wrap_ber(struct bytes *out, size_t mark, unsigned tag)
{
	struct bytes inner = {0};

	bytes_add(&inner, out->data + mark, out->length - mark);
	out->length = mark;
	add_ber(out, tag, inner.data, inner.length);
}

/* The same with a session layer header: one length byte, or FF and two. */
static void wrap_session(struct bytes *out, size_t mark, unsigned code)
{
	struct bytes inner = {0};

	bytes_add(&inner, out->data + mark, out->length - mark);
	out->length = mark;
	add_u8(out, code);
	if (inner.length > 254) {
		add_u8(out, 0xff);
		add_u16(out, (unsigned)inner.length);
	} else {
		add_u8(out, (unsigned)inner.length);
	}
	bytes_add(out, inner.data, inner.length);
}

/* One TSDU in as many TPDUs of at most 2045 data bytes as it takes. */
static void add_tsdu(struct bytes *out, const struct bytes *tsdu)
{
	size_t at = 0;

	do {
		size_t part = tsdu->length - at < 2045 ? tsdu->length - at : 2045;
		bool last = at + part == tsdu->length;
		add_u16(out, 0x0300);
		add_u16(out, (unsigned)(part + 7));
		add_u16(out, 0x02f0);
		add_u8(out, last ? 0x80 : 0x00);
		bytes_add(out, tsdu->data + at, part);
		at += part;
	} while (at < tsdu->length);
}

static void add_tsap(struct bytes *out, unsigned code, const char *tsap)
{
	add_u8(out, code);
	add_u8(out, (unsigned)strlen(tsap));
	bytes_add(out, tsap, strlen(tsap));
}

static void connection_tpdu(struct bytes *out, unsigned code, unsigned reserved, uint16_t destination, uint16_t source,
			    const char *calling, const char *called)
{
	struct bytes body = {0};

	add_u8(&body, code);
	add_u16(&body, destination);
	add_u16(&body, source);
	add_u8(&body, 0);
	add_tsap(&body, 0xc1, calling);
	add_tsap(&body, 0xc2, called);
	add_hex(&body, "c0010b");
	add_u8(out, 3);
	add_u8(out, reserved);
	add_u16(out, (unsigned)(body.length + 5));
	add_u8(out, (unsigned)body.length);
	bytes_add(out, body.data, body.length);
}

void pdu_cr(struct bytes *out, uint16_t reference, const char *calling, const char *called)
{
	connection_tpdu(out, 0xe0, 0, 0, reference, calling, called);
}

void pdu_cc(struct bytes *out, uint16_t reference, uint16_t own, uint8_t reserved, const char *calling,
	    const char *called)
{
	connection_tpdu(out, 0xd0, reserved, reference, own, calling, called);
}

void pdu_dr(struct bytes *out, uint16_t reference, uint8_t reason)
{
	add_hex(out, "0300000b 06 80");
	add_u16(out, reference);
	add_u16(out, 0);
	add_u8(out, reason);
}

/* The bind's argument or result: the MTA's name and empty credentials. */
static void add_bind(struct bytes *out, unsigned wrapper, const char *name)
{
	size_t mark = out->length;

	add_ber(out, 0x80, name, strlen(name));
	add_hex(out, "a1021600");
	wrap_ber(out, mark, 0xa1);
	wrap_ber(out, mark, wrapper);
	wrap_ber(out, mark, 0xa0);
}

/* Checkpoint size and window, and in a request the dialogue mode: monologue. */
static void add_sizes(struct bytes *out, bool request, const struct bind_terms *terms, unsigned usual)
{
	add_hex(out, terms->mode == MODE_NORMAL ? "80011e" : "800101");
	if (!request || !terms->no_window) {
		add_hex(out, "8101");
		add_u8(out, terms->window > 0 ? terms->window : usual);
	}
	if (request)
		add_hex(out, terms->mode == MODE_NORMAL ? "820101" : "820100");
}

/* X.228 and X.410, SessionConnectionIdentifier of the association that was interrupted. */
static void add_recovery(struct bytes *out)
{
	size_t mark = out->length;

	add_hex(out, "8002 4d53 1702 3034");
	wrap_ber(out, mark, 0xa1);
}

/* Presentation, ACSE and RTSE of normal mode around a bind: presentation contexts 1 (ACSE), 3 (RTSE) and 5 (P1). */
static void add_acse(struct bytes *out, bool request, const struct bind_terms *terms)
{
	size_t mark = out->length;

	add_sizes(out, request, terms, 5);
	size_t bind = out->length;
	if (terms->recovers)
		add_recovery(out);
	else
		add_bind(out, request ? 0xb0 : 0xb1, terms->name);
	wrap_ber(out, bind, request ? 0xa3 : 0xa2);
	wrap_ber(out, mark, request ? 0xb0 : 0xb1);
	wrap_ber(out, mark, 0xa0);
	struct bytes single = {0};
	add_hex(&single, "020103");
	bytes_add(&single, out->data + mark, out->length - mark);
	out->length = mark;
	add_ber(out, 0x28, single.data, single.length);
	wrap_ber(out, mark, 0xbe);
	struct bytes apdu = {0};
	add_hex(&apdu, request ? "a106060456000106" : "a106060456000106 a203020100 a305a103020100");
	bytes_add(&apdu, out->data + mark, out->length - mark);
	out->length = mark;
	add_ber(out, request ? 0x60 : 0x61, apdu.data, apdu.length);
	wrap_ber(out, mark, 0xa0);
	struct bytes list = {0};
	add_hex(&list, "020101");
	bytes_add(&list, out->data + mark, out->length - mark);
	out->length = mark;
	add_ber(out, 0x30, list.data, list.length);
	wrap_ber(out, mark, 0x61);
}

static void add_cp_normal(struct bytes *out, bool request, const struct bind_terms *terms)
{
	size_t mark = out->length;

	add_hex(out, "a003800101");
	size_t inner = out->length;
	if (request)
		add_hex(out, "81025031 82025032 a433 300f020101060452010001300406025101 "
			     "300f02010306045600020c300406025101 300f020105060456000207300406025101");
	else
		add_hex(out, "83025032 a51b 300780010081025101 300780010081025101 300780010081025101");
	add_acse(out, request, terms);
	wrap_ber(out, inner, 0xa2);
	wrap_ber(out, mark, 0x31);
}

static void add_cp_x410(struct bytes *out, bool request, const struct bind_terms *terms)
{
	size_t mark = out->length;

	add_hex(out, "a003800100");
	size_t inner = out->length;
	add_sizes(out, request, terms, 3);
	size_t open = out->length;
	if (terms->recovers) {
		add_recovery(out);
	} else {
		add_ber(out, 0x80, terms->name, strlen(terms->name));
		add_hex(out, "a1021600");
		wrap_ber(out, open, 0xa1);
		wrap_ber(out, open, 0xa0);
	}
	wrap_ber(out, open, request ? 0xa3 : 0xa2);
	if (request)
		add_hex(out, "840101");
	wrap_ber(out, inner, 0xa1);
	wrap_ber(out, mark, 0x31);
}

static void add_connect_or_accept(struct bytes *out, bool request, const struct bind_terms *terms)
{
	enum association_mode mode = terms->mode;
	struct bytes tsdu = {0}, user = {0};

	add_hex(&tsdu, mode == MODE_X410 ? "0509130100160101 1a0100" : "0509130100160102 1a0100");
	add_hex(&tsdu, "14020249");
	if (request && (mode == MODE_NORMAL || terms->selectors))
		add_hex(&tsdu, "33025331 34025332");
	if (mode == MODE_NORMAL)
		add_cp_normal(&user, request, terms);
	else
		add_cp_x410(&user, request, terms);
	add_u8(&tsdu, 0xc1);
	add_u8(&tsdu, (unsigned)user.length);
	bytes_add(&tsdu, user.data, user.length);
	wrap_session(&tsdu, 0, request ? 0x0d : 0x0e);
	add_tsdu(out, &tsdu);
}

void pdu_connect(struct bytes *out, const struct bind_terms *terms)
{
	add_connect_or_accept(out, true, terms);
}

void pdu_accept(struct bytes *out, const struct bind_terms *terms)
{
	add_connect_or_accept(out, false, terms);
}

void pdu_refuse(struct bytes *out, uint8_t reason)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, "110101 3201");
	add_u8(&tsdu, reason);
	wrap_session(&tsdu, 0, 0x0c);
	add_tsdu(out, &tsdu);
}

void pdu_bind_error(struct bytes *out, enum association_mode mode, uint8_t error)
{
	struct bytes tsdu = {0};

	if (mode == MODE_X410) {
		add_hex(&tsdu, "110101 3206 02 31038001");
		add_u8(&tsdu, error);
	} else {
		add_hex(&tsdu, "110101 3251 02 304e a51b 300780010081025101 300780010081025101 300780010081025101 612f "
			       "302d 020101 a028 "
			       "6126 a106060456000106 a203020101 a305a103020101 be10 280e 020103 a009 b207 a105 b203 "
			       "0201");
		add_u8(&tsdu, error);
	}
	wrap_session(&tsdu, 0, 0x0c);
	add_tsdu(out, &tsdu);
}

void pdu_abort(struct bytes *out, bool user)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, user ? "110103 c1053103800104" : "110109");
	wrap_session(&tsdu, 0, 0x19);
	add_tsdu(out, &tsdu);
}

void pdu_activity_start(struct bytes *out, uint32_t number)
{
	struct bytes tsdu = {0};
	char id[12];

	snprintf(id, sizeof id, "%06u", (unsigned)(number % 1000000));
	size_t mark = tsdu.length;
	add_u8(&tsdu, 0x29);
	add_u8(&tsdu, 8);
	add_hex(&tsdu, "0406");
	bytes_add(&tsdu, id, 6);
	wrap_session(&tsdu, mark, 0x2d);
	struct bytes whole = {0};
	add_hex(&whole, "0100");
	bytes_add(&whole, tsdu.data, tsdu.length);
	add_tsdu(out, &whole);
}

static void add_or_name(struct bytes *out, const char *surname)
{
	size_t mark = out->length;

	add_hex(out, "6104 13025553");
	add_hex(out, "6203 130120");
	add_hex(out, "a206 1304");
	bytes_add(out, "CORP", 4);
	size_t name = out->length;
	add_ber(out, 0x80, surname, strlen(surname));
	wrap_ber(out, name, 0xa5);
	wrap_ber(out, mark, 0x30);
	wrap_ber(out, mark, 0x60);
}

/* An interpersonal message (P22) whose one body part is so many characters of text. */
static void add_ipm(struct bytes *out, const char *id, size_t size)
{
	size_t mark = out->length;

	add_ber(out, 0x13, id, strlen(id));
	wrap_ber(out, mark, 0x6b);
	wrap_ber(out, mark, 0x31);
	size_t body = out->length;
	for (size_t i = 0; i < size; i++)
		add_u8(out, i % 64 == 63 ? '\n' : 'a' + (unsigned)(i * 7) % 26);
	wrap_ber(out, body, 0x16);
	struct bytes part = {0};
	add_hex(&part, "3100");
	bytes_add(&part, out->data + body, out->length - body);
	out->length = body;
	add_ber(out, 0xa0, part.data, part.length);
	wrap_ber(out, body, 0x30);
	wrap_ber(out, mark, 0xa0);
}

static const char domain[] = "6104 13025553 6203 130120";

/* A P1 message transfer envelope and so many bytes of content. */
static void add_p1(struct bytes *out, uint32_t number, size_t size)
{
	size_t mark = out->length;
	char id[24];
	struct bytes content = {0};

	snprintf(id, sizeof id, "MTASCOPE-%08u", (unsigned)(number % 100000000));
	add_hex(out, domain);
	wrap_ber(out, mark, 0x63);
	add_ber(out, 0x16, id, strlen(id));
	wrap_ber(out, mark, 0x64);
	add_or_name(out, "Sender");
	add_hex(out, "460116"); /* interpersonal messaging 1988 */
	if (number % 8 == 3)
		add_hex(out, "470102"); /* urgent */
	size_t trace = out->length;
	add_hex(out, domain);
	wrap_ber(out, trace, 0x63);
	size_t supplied = out->length;
	add_ber(out, 0x80, "020226190000Z", 13);
	add_hex(out, "820100");
	wrap_ber(out, supplied, 0x31);
	wrap_ber(out, trace, 0x30);
	wrap_ber(out, trace, 0x69);
	size_t recipient = out->length;
	add_or_name(out, "Recipient");
	add_hex(out, "800101 81020010");
	wrap_ber(out, recipient, 0x31);
	wrap_ber(out, recipient, 0xa2);
	wrap_ber(out, mark, 0x31);
	add_ipm(&content, id, size);
	add_ber(out, 0x04, content.data, content.length);
	wrap_ber(out, mark, 0xa0);
}

void pdu_apdu(struct bytes *out, enum association_mode mode, uint32_t number, size_t size)
{
	size_t mark = out->length;

	add_p1(out, number, size);
	if (mode != MODE_NORMAL)
		return;
	struct bytes external = {0};
	add_hex(&external, "020105");
	wrap_ber(out, mark, 0xa0);
	bytes_add(&external, out->data + mark, out->length - mark);
	out->length = mark;
	add_ber(out, 0x28, external.data, external.length);
}

void pdu_segment(struct bytes *out, enum association_mode mode, const uint8_t *octets, size_t length)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, "01000100");
	size_t mark = tsdu.length;
	bytes_add(&tsdu, octets, length);
	if (mode == MODE_NORMAL) {
		struct bytes list = {0};
		wrap_ber(&tsdu, mark, 0x04);
		wrap_ber(&tsdu, mark, 0xa0);
		add_hex(&list, "020103");
		bytes_add(&list, tsdu.data + mark, tsdu.length - mark);
		tsdu.length = mark;
		add_ber(&tsdu, 0x30, list.data, list.length);
		wrap_ber(&tsdu, mark, 0x61);
	}
	add_tsdu(out, &tsdu);
}

void pdu_message(struct bytes *out, enum association_mode mode, uint32_t number, size_t size)
{
	struct bytes apdu = {0};

	pdu_apdu(&apdu, mode, number, size);
	pdu_segment(out, mode, apdu.data, apdu.length);
}

static void add_checkpoint(struct bytes *out, const char *start, unsigned serial)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, start);
	add_u8(&tsdu, '0' + serial % 10);
	add_tsdu(out, &tsdu);
}

/* The sync type item asks for an explicit confirmation, which is what it means to be left out. */
void pdu_checkpoint(struct bytes *out, unsigned serial)
{
	add_checkpoint(out, "0100 3103 2a01", serial);
}

void pdu_checkpoint_answer(struct bytes *out, unsigned serial)
{
	add_checkpoint(out, "0200 3203 2a01", serial);
}

void pdu_activity_end(struct bytes *out)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, "0100 2903 2a0131");
	add_tsdu(out, &tsdu);
}

void pdu_activity_end_answer(struct bytes *out)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, "0200 2a03 2a0131");
	add_tsdu(out, &tsdu);
}

void pdu_s7(struct bytes *out, bool request)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, request ? "3201 0000 0100 0008 0000 f000 0001 0001 01e0"
			       : "3203 0000 0100 0008 0000 0000 f000 0001 0001 00f0");
	add_tsdu(out, &tsdu);
}

void pdu_finish(struct bytes *out, enum association_mode mode)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, mode == MODE_NORMAL ? "0913 110101 c10e 610c300a020101a0056203800100" : "0903 110101");
	add_tsdu(out, &tsdu);
}

void pdu_disconnect(struct bytes *out, enum association_mode mode)
{
	struct bytes tsdu = {0};

	add_hex(&tsdu, mode == MODE_NORMAL ? "0a10 c10e 610c300a020101a0056303800100" : "0a00");
	add_tsdu(out, &tsdu);
}
