/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/body.h"

#include "events/scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Locality and partner are bytes and the index 16 bits wide in the message base that the MTA shares with SNA Server;
 * only the width of the index is checked, as no MTA source says so.
 */
enum { LPI_PART_MAX = 65535, FIELD_NUMBER_MAX = 999999999 };

/* 1-15-12, with white space where a line was folded. */
static bool lpi_value(struct cursor *text, struct lpi *lpi)
{
	struct cursor probe = *text;
	uint32_t *parts[3] = {&lpi->locality, &lpi->partner, &lpi->index};
	struct lpi kept = *lpi;

	for (unsigned i = 0; i < 3; i++) {
		scan_spaces(&probe);
		if (i > 0 && !scan_byte(&probe, '-'))
			break;
		scan_spaces(&probe);
		if (!scan_number(&probe, LPI_PART_MAX, parts[i]))
			break;
		if (i == 2 && !scan_is_alnum(cursor_peek(&probe))) {
			*text = probe;
			return true;
		}
	}
	*lpi = kept;
	return false;
}

/* `LPI 1-15-12`, `LPI is 1-16-64`, `(LPI) = 1-15-1`, and the misprints LP1 and LPT (Q306959, Q225206). */
static bool lpi_field(struct cursor *text, struct body *body)
{
	struct cursor probe = *text;

	if (!scan_whole_words(&probe, "LPI") && !scan_whole_words(&probe, "LP1") && !scan_whole_words(&probe, "LPT"))
		return false;
	scan_byte(&probe, ')');
	scan_separator(&probe);
	if (scan_whole_words(&probe, "is"))
		scan_separator(&probe);
	if (body->has_lpi || !lpi_value(&probe, &body->lpi))
		return false;
	body->has_lpi = true;
	*text = probe;
	return true;
}

static bool numeric_field(struct cursor *text, const char *name, int32_t *value)
{
	struct cursor probe = *text;
	uint32_t number = 0;

	if (!scan_whole_words(&probe, name))
		return false;
	scan_separator(&probe);
	if (!scan_number(&probe, FIELD_NUMBER_MAX, &number))
		return false;
	if (*value == EVENT_LACKS)
		*value = (int32_t)number;
	*text = probe;
	return true;
}

static bool cb_field(struct cursor *text, struct body *body)
{
	/* The longer name first: `control block 42` may do without "index" (Q157701). */
	return numeric_field(text, "control block index", &body->cb) ||
	       numeric_field(text, "control block", &body->cb) || numeric_field(text, "cb", &body->cb);
}

/*
 * `Message type Close Request` is a line; in a sentence, `Message type = Close Request`, it may be folded and ends
 * before the bracket; and a numeric type after its number.
 */
static bool message_type_field(struct cursor *text, struct body *body)
{
	struct cursor probe = *text;

	if (!scan_whole_words(&probe, "message type"))
		return false;
	scan_spaces(&probe);
	bool sentence = cursor_peek(&probe) == '=';
	scan_separator(&probe);
	struct cursor from = probe;
	bool number = scan_is_digit(cursor_peek(&probe));
	while (cursor_readable(&probe) > 0 && (sentence || cursor_peek(&probe) != '\n') && cursor_peek(&probe) != '[' &&
	       (!number || scan_is_digit(cursor_peek(&probe))))
		cursor_skip(&probe, 1);
	if (cursor_readable(&body->message_type) == 0)
		body->message_type = scan_trimmed(scan_between(&from, &probe));
	*text = probe;
	return true;
}

/*
 * The address of a caller for whom no connector was found: eight hexadecimal digits are its IPv4 address, more are the
 * host name that reverse lookup gave (Q193380).
 */
static bool hexadecimal_address(struct cursor *text, struct body *body)
{
	struct cursor probe = *text;
	uint8_t bytes[PEER_NAME_SIZE];
	size_t length = 0;
	bool printable = true;

	while (length < PEER_NAME_SIZE - 1 && scan_hex(scan_ahead(&probe, 0)) >= 0 &&
	       scan_hex(scan_ahead(&probe, 1)) >= 0) {
		int high = scan_hex(cursor_u8(&probe));
		int low = scan_hex(cursor_u8(&probe));
		bytes[length] = (uint8_t)(high * 16 + low);
		printable = printable && bytes[length] > ' ' && bytes[length] < 0x7F;
		length++;
	}
	if (scan_is_alnum(cursor_peek(&probe)) || length < 4 || body->peer.family != 0 || body->peer_name_length > 0)
		return false;
	if (length == 4) {
		body->peer.family = 4;
		for (unsigned i = 0; i < 4; i++)
			body->peer.bytes[i] = bytes[i];
	} else if (printable) {
		for (size_t i = 0; i < length; i++)
			body->peer_name[i] = (char)bytes[i];
		body->peer_name_length = length;
	}
	*text = probe;
	return true;
}

void body_read_address(struct cursor text, struct body *body)
{
	hexadecimal_address(&text, body);
}

static bool network_address_field(struct cursor *text, struct body *body)
{
	struct cursor probe = *text;

	if (!scan_whole_words(&probe, "network address"))
		return false;
	scan_separator(&probe);
	if (!hexadecimal_address(&probe, body))
		return false;
	*text = probe;
	return true;
}

/* A field at the front of text: passed when it is one with a value. */
static bool field(struct cursor *text, struct body *body)
{
	uint8_t first = cursor_peek(text);

	switch (scan_lower(first)) {
	case 'l':
		return lpi_field(text, body);
	case 'c':
		return cb_field(text, body);
	case 'm':
		return message_type_field(text, body);
	case 'n':
		return network_address_field(text, body);
	case 's':
		return numeric_field(text, "sockets error", &body->socket_error) ||
		       numeric_field(text, "socket error", &body->socket_error);
	case 'e':
		/* Small letters are those of `Server error code 164` and `NT error code: 1722`: other tables. */
		return first == 'E' && numeric_field(text, "Error code", &body->error_code);
	default:
		return false;
	}
}

void body_clear(struct body *body)
{
	*body = (struct body){.cb = EVENT_LACKS, .error_code = EVENT_LACKS, .socket_error = EVENT_LACKS};
}

void body_read(struct cursor text, struct body *body)
{
	body_clear(body);
	while (cursor_readable(&text) > 0) {
		if (field(&text, body))
			continue;
		if (!scan_is_alnum(cursor_peek(&text))) {
			cursor_skip(&text, 1);
			continue;
		}
		while (scan_is_alnum(cursor_peek(&text)))
			cursor_skip(&text, 1);
	}
}

bool body_is_field(struct cursor text)
{
	struct body body;
	struct cursor probe = text;

	body_clear(&body);
	if (scan_whole_words(&probe, "Bad LPIs in message") || scan_whole_words(&probe, "Message received at NSI"))
		return true;
	if (scan_whole_words(&probe, "Bad") || scan_whole_words(&probe, "Invalid"))
		scan_spaces(&probe);
	return field(&probe, &body);
}

bool body_is_opening(struct cursor text)
{
	static const char *const openings[] = {
	    "Unable to recognize an internal message",
	    "A command was ",
	    "A sockets error ",
	    "The message transfer gateway that",
	    "A(n) error has occurred during",
	    "An error has occurred during connection",
	    "A locally initiated association",
	    "A remotely-initiated association",
	    "A resource limit has been reached",
	    "An unknown MTA has attempted",
	    "The limit on the number of associations",
	};

	for (size_t i = 0; i < COUNT(openings); i++) {
		struct cursor probe = text;
		if (scan_words(&probe, openings[i]))
			return true;
	}
	return false;
}

/* Words of an event that no other has; the first that occurs decides. */
static const struct {
	const char *words;
	int32_t number;
} titles[] = {
    {"Message received at NSI", 4258},
    /* The Application log's words for it are not known; these mirror those of "sent" (Q188040). */
    {"command was received at the network services interface", 4258},
    {"Bad LPIs in message", 4283},
    {"identifier (LPI) from entity", 1209},
    {"Unable to recognize an internal message identifier", 4283},
    {"Session error, invalid source LPI", 1209},
    {"on an accept() call", 9202},
    {"on a connect() call", 9215},
    {"on a WSARecvEx() call", 9221},
    {"on a send() call", 9224},
    {"on a select() call", 9234},
    {"Bad message type", 9225},
    {"Receive socket closed on CB", 9236},
    {"network address", 9301},
    {"no free control blocks available", 9156},
    {"connection/disconnection", 4284},
    {"interface protocol", 4282},
    {"incorrect T-selector", 4293},
    {"Remote initiation of Transport Disconnection", 1279},
    {"remotely initiated transport connection was refused", 1277},
    {"remotely-initiated association from", 1293},
    {"locally initiated association to", 1290},
    {"unknown MTA has attempted to bind", 51},
    {"incorrect link option mode", 55},
    {"limit on the number of associations", 57},
    {"to open an association while suspended", 37},
    {"association error with entity", 1001},
    {"internal connector handle (LPI)", 1131},
    {"Presentation error: state check failure", 1198},
    {"Session error: state check failure", 1222},
    {"open retry delay timer", 301},
    {"Error code=8640", 4287},
    {"Error code=8650", 4287},
};

int32_t body_number(struct cursor text)
{
	for (size_t i = 0; i < COUNT(titles); i++) {
		struct cursor probe = text;
		if (scan_past(&probe, titles[i].words))
			return titles[i].number;
	}
	return EVENT_LACKS;
}

const char *body_lacks(const struct body *body, int32_t number)
{
	if (number != 4283 && number != 4258)
		return NULL;
	if (!body->has_lpi)
		return "it names no connection handle (LPI)";
	if (number == 4283 && body->error_code == EVENT_LACKS)
		return "its error code is missing";
	/* POP4's codes have four digits. */
	if (number == 4283 && body->error_code < 1000)
		return "its error code is cut off";
	if (number == 4258 && cursor_readable(&body->message_type) == 0)
		return "its message type is missing";
	return NULL;
}

/*
 * Connections refused, opened in vain, broken or out of control blocks, and the RPC errors that say it was another
 * protocol.
 */
static const int32_t telling[] = {
    37,   51,   55,   57,   289,  301,  1001, 1004, 1008, 1131, 1133, 1136, 1153, 1192, 1198, 1209, 1222,
    1224, 1277, 1279, 1290, 1293, 1294, 2004, 2035, 2036, 4256, 4257, 4258, 4259, 4282, 4283, 4284, 4287,
    4293, 9156, 9202, 9215, 9221, 9224, 9225, 9228, 9234, 9236, 9277, 9280, 9301, 9316, 9318, 9322,
};

bool body_tells_of_connections(int32_t number)
{
	for (size_t i = 0; i < COUNT(telling); i++)
		if (telling[i] == number)
			return true;
	return false;
}
