/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/p1.h"

#include "dissectors/pdu.h"

#include <assert.h>
#include <string.h>

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

/* A report's content begins with its subject, as a rule: so many bytes after the envelope are enough to find it. */
enum { SUBJECT_ROOM = 128 };

/* Application tags of the envelopes' members, and the universal ones of the choices within. */
enum {
	TAG_COUNTRY = 1,
	TAG_ADMINISTRATION = 2,
	TAG_DOMAIN = 3,
	TAG_IDENTIFIER = 4,
	TAG_CONTENT_TYPE = 6,
	TAG_PRIORITY = 7
};

enum { PART_TAG = 3 };

/*
 * Writes a part of a domain, of that length, with its tag in front; returns where the next stands. The whole array is
 * copied, for that takes a few instructions; printf and stpcpy would take most of the time.
 */
static inline char *put_part(char *at, const char *tag, const char *part, size_t size, size_t length)
{
	memcpy(at, tag, PART_TAG);
	memcpy(at + PART_TAG, part, size);
	return at + PART_TAG + length;
}

/* GlobalDomainIdentifier: a country, an administration, and perhaps a private domain without a tag of its own. */
static void read_domain(struct p1_identifier *id, const struct ber_element *sequence)
{
	char country[8] = "", administration[20] = "", private_domain[20] = "";
	size_t countries = 0, administrations = 0, privates = 0; /* their lengths */
	struct ber inside = ber_inside(sequence);
	struct ber_element element;

	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_APPLICATION, TAG_COUNTRY))
			countries = ber_text(&element, country, sizeof country);
		else if (ber_is(&element, BER_APPLICATION, TAG_ADMINISTRATION))
			administrations = ber_text(&element, administration, sizeof administration);
		else if (element.ber_class == BER_UNIVERSAL)
			privates = ber_text(&element, private_domain, sizeof private_domain);
	}
	static_assert(sizeof "/C=/A=/P=/" + sizeof country + sizeof administration + sizeof private_domain <=
			  sizeof id->domain,
		      "a domain has room for its parts");
	char *end = id->domain;
	end = put_part(end, "/C=", country, sizeof country, countries);
	end = put_part(end, "/A=", administration, sizeof administration, administrations);
	if (privates > 0)
		end = put_part(end, "/P=", private_domain, sizeof private_domain, privates);
	memcpy(end, "/", 2);
}

static void read_identifier(struct p1_identifier *id, const struct ber_element *sequence)
{
	struct ber inside = ber_inside(sequence);
	struct ber_element element;

	while (ber_next(&inside, &element)) {
		if (ber_is(&element, BER_APPLICATION, TAG_DOMAIN))
			read_domain(id, &element);
		else if (element.ber_class == BER_UNIVERSAL)
			ber_text(&element, id->local, sizeof id->local);
	}
}

static void read_member(struct p1_apdu *out, const struct ber_element *element)
{
	if (ber_is(element, BER_UNIVERSAL, BER_OID)) {
		ber_oid(element, &out->content_oid);
		return;
	}
	if (element->ber_class != BER_APPLICATION)
		return;
	if (element->tag == TAG_IDENTIFIER)
		read_identifier(&out->id, element);
	else if (element->tag == TAG_CONTENT_TYPE)
		ber_integer(element, &out->content_type);
	else if (element->tag == TAG_PRIORITY && out->kind == P1_MESSAGE)
		ber_integer(element, &out->priority);
}

/* The SET of an envelope. A SET's members may come in any order, so that only its end says what is not there. */
static void read_envelope(struct p1_apdu *out, const struct ber_element *set)
{
	struct ber inside = ber_inside(set);
	struct ber_element element;

	while (ber_next(&inside, &element))
		read_member(out, &element);
	out->remarks |= inside.remarks;
	out->complete = cursor_good(&inside.cursor) && set->content.captured == set->content.declared;
	/* The default stands only where the whole envelope does without. */
	if (out->complete && out->priority < 0 && out->kind == P1_MESSAGE)
		out->priority = 0;
}

/* A report's content names what it reports on. */
static void read_subject(struct p1_apdu *out, struct p1_identifier *subject, struct ber *inside)
{
	struct ber_element set;
	struct ber_element element;

	if (ber_next(inside, &set)) {
		struct ber members = ber_inside(&set);
		if (ber_find(&members, BER_APPLICATION, TAG_IDENTIFIER, &element))
			read_identifier(subject, &element);
		if (members.cursor.error == CURSOR_TRUNCATED && subject->local[0] == '\0')
			out->complete = false;
	} else if (inside->cursor.error == CURSOR_TRUNCATED) {
		out->complete = false;
	}
	if (out->needed > 0)
		out->needed += SUBJECT_ROOM;
}

bool p1_parse_apdu(struct cursor data, struct p1_apdu *out, struct p1_identifier *subject)
{
	struct ber ber = ber_over(data);
	struct ber_element apdu;
	struct ber_element envelope;

	*out = (struct p1_apdu){.priority = -1, .content_type = -1};
	subject->domain[0] = subject->local[0] = '\0';
	bool good = ber_next(&ber, &apdu) && apdu.ber_class == BER_CONTEXT && apdu.constructed && apdu.tag <= 2;
	out->remarks = ber.remarks;
	if (!good) {
		out->remarks |= remark_bit(REMARK_PPDU_UNKNOWN);
		return false;
	}
	out->kind = (enum p1_apdu_kind)(P1_MESSAGE + apdu.tag);
	size_t header = ber.cursor.position - data.position - cursor_left(&apdu.content);
	out->length = apdu.indefinite ? 0 : header + cursor_left(&apdu.content);
	if (out->kind == P1_PROBE) {
		out->needed = out->length;
		read_envelope(out, &apdu);
		return true;
	}
	struct ber inside = ber_inside(&apdu);
	if (ber_next(&inside, &envelope) && ber_is(&envelope, BER_UNIVERSAL, BER_SET)) {
		if (!envelope.indefinite && !apdu.indefinite)
			out->needed = header + inside.cursor.position;
		read_envelope(out, &envelope);
		if (out->kind == P1_REPORT)
			read_subject(out, subject, &inside);
	}
	out->remarks |= inside.remarks;
	return true;
}

const char *p1_apdu_name(enum p1_apdu_kind kind)
{
	static const char *const names[P1_APDU_KINDS] = {NULL, "message", "report", "probe"};

	return (unsigned)kind < P1_APDU_KINDS ? names[kind] : NULL;
}

const char *p1_apdu_title(enum p1_apdu_kind kind)
{
	static const char *const names[P1_APDU_KINDS] = {"?", "Message", "Report", "Probe"};

	return (unsigned)kind < P1_APDU_KINDS ? names[kind] : "?";
}

const char *p1_priority_name(int32_t priority)
{
	static const struct pdu_code names[] = {{0, "normal"}, {1, "non-urgent"}, {2, "urgent"}};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)priority);
}

const char *p1_content_type_name(int32_t type)
{
	static const struct pdu_code names[] = {
	    {0, "unidentified"},
	    {1, "external"},
	    {2, "interpersonal-messaging-1984"},
	    {22, "interpersonal-messaging-1988"},
	    {35, "edi-messaging"},
	    {40, "voice-messaging"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)type);
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
