/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of events: those of the MTA's own vocabulary stay, all others become pseudonyms. */
#include "evidence/redact.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many digits are a number of the MTA's: an error, a block, a part of an LPI. More may be anybody's. */
enum { NUMBER_DIGITS = 5, ADDRESS_HEX = 8 };

/* In the order of strcmp. What the MTA's events say (events/body.c, and the articles quoted there), in small letters.
 */
static const char *const vocabulary[] = {
    "a",
    "abort",
    "aborted",
    "accept",
    "accepted",
    "access",
    "activity",
    "address",
    "after",
    "all",
    "an",
    "and",
    "appl",
    "application",
    "are",
    "association",
    "associations",
    "at",
    "attempt",
    "attempted",
    "available",
    "bad",
    "be",
    "been",
    "before",
    "begins",
    "bind",
    "block",
    "blocks",
    "by",
    "call",
    "calls",
    "cb",
    "check",
    "clear",
    "close",
    "closed",
    "code",
    "command",
    "component",
    "configuration",
    "confirm",
    "connect",
    "connected",
    "connection",
    "connections",
    "connector",
    "control",
    "could",
    "count",
    "cp",
    "data",
    "delay",
    "detected",
    "disconnect",
    "disconnected",
    "disconnection",
    "down",
    "due",
    "during",
    "entity",
    "error",
    "errors",
    "event",
    "exceeded",
    "expired",
    "fail",
    "failed",
    "failure",
    "for",
    "free",
    "from",
    "gateway",
    "handle",
    "has",
    "have",
    "identifier",
    "in",
    "inbound",
    "incorrect",
    "index",
    "indication",
    "initiated",
    "initiation",
    "interface",
    "internal",
    "invalid",
    "is",
    "it",
    "layer",
    "limit",
    "link",
    "listen",
    "local",
    "locality",
    "locally",
    "lost",
    "lpi",
    "lpis",
    "maximum",
    "message",
    "messages",
    "min",
    "mode",
    "monitoring",
    "mpdu",
    "mta",
    "network",
    "nmi",
    "no",
    "none",
    "not",
    "nsi",
    "number",
    "occurred",
    "of",
    "on",
    "one",
    "open",
    "operation",
    "option",
    "outbound",
    "overload",
    "parameter",
    "peer",
    "pending",
    "platform",
    "please",
    "popfn",
    "presentation",
    "proc",
    "protocol",
    "provider",
    "reached",
    "reason",
    "receive",
    "received",
    "recognize",
    "refused",
    "reject",
    "rejected",
    "release",
    "remote",
    "remotely",
    "request",
    "reset",
    "resource",
    "response",
    "restart",
    "retry",
    "rfc1006",
    "running",
    "select",
    "selector",
    "send",
    "sent",
    "service",
    "services",
    "session",
    "severity",
    "socket",
    "sockets",
    "source",
    "started",
    "starting",
    "state",
    "stopped",
    "suspended",
    "t",
    "tcp",
    "tcpip",
    "the",
    "there",
    "this",
    "time",
    "timed",
    "timeout",
    "timer",
    "to",
    "tp0",
    "tp4",
    "transfer",
    "transport",
    "type",
    "unable",
    "unit",
    "unknown",
    "up",
    "user",
    "was",
    "were",
    "while",
    "will",
    "with",
    "within",
    "wsarecvex",
    "x",
    "xapi",
};

static int compare(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

static bool is_known(const char *word, size_t length)
{
	char lower[32];

	if (length >= sizeof lower)
		return false;
	for (size_t i = 0; i < length; i++)
		lower[i] = (char)tolower((unsigned char)word[i]);
	lower[length] = '\0';
	return bsearch(lower, vocabulary, sizeof vocabulary / sizeof vocabulary[0], sizeof vocabulary[0], compare) !=
	       NULL;
}

static bool is_number(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)word[i]))
			return false;
	return length <= NUMBER_DIGITS;
}

static bool is_hex(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isxdigit((unsigned char)word[i]))
			return false;
	return length > 0 && length % 2 == 0;
}

/* ---- Addresses ---- */

/* The longest stretch from text on that is an address; 0: none. */
static size_t address_at(const char *text, struct address *address)
{
	char copy[ADDRESS_TEXT_SIZE];
	size_t length = strspn(text, "0123456789abcdefABCDEF.:");

	for (length = length < sizeof copy ? length : sizeof copy - 1; length > 1; length--) {
		memcpy(copy, text, length);
		copy[length] = '\0';
		if (!isalnum((unsigned char)text[length]) && address_parse(copy, address))
			return length;
	}
	return 0;
}

static void put_address(FILE *out, const struct redactor *redactor, struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	redact_address(redactor, address);
	address_format(address, text);
	fputs(text, out);
}

/* Event 9301 has the caller's address in hexadecimal, or the name that reverse lookup gave (Q193380). */
static void put_hex(FILE *out, const struct redactor *redactor, const char *word, size_t length)
{
	uint8_t *bytes = memory_get(length);
	size_t count = length / 2;

	for (size_t i = 0; i < count; i++) {
		const char pair[] = {word[2 * i], word[2 * i + 1], '\0'};
		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	if (length == ADDRESS_HEX) {
		struct address address = address_ipv4(bytes);
		redact_address(redactor, &address);
		memcpy(bytes, address.bytes, 4);
	} else {
		redact_name(redactor, (char *)bytes, count);
	}
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%02X", bytes[i]);
	free(bytes);
}

/* ---- Words ---- */

static void put_name(FILE *out, const struct redactor *redactor, const char *word, size_t length)
{
	char *name = memory_text(word, length);

	redact_name(redactor, name, length);
	fputs(name, out);
	free(name);
}

char *redact_words(void *user, const char *text)
{
	const struct redactor *redactor = user;
	char *result = NULL;
	size_t size, length;
	FILE *out = open_memstream(&result, &size);
	bool network = false; /* the word before was "address" */
	struct address address;

	for (const char *at = text; out != NULL && *at != '\0'; at += length) {
		bool begins = at == text || !isalnum((unsigned char)at[-1]);
		length = 1;
		if (begins && (length = address_at(at, &address)) > 0) {
			put_address(out, redactor, &address);
			network = false;
			continue;
		}
		for (length = 0; isalnum((unsigned char)at[length]);)
			length++;
		if (length == 0) {
			length = 1;
			fputc((unsigned char)*at >= 0x80 ? 'x' : *at, out);
			continue;
		}
		if (network && is_hex(at, length) && length >= ADDRESS_HEX)
			put_hex(out, redactor, at, length);
		else if (is_number(at, length) || is_known(at, length))
			fwrite(at, 1, length, out);
		else
			put_name(out, redactor, at, length);
		network =
		    (length == 7 && strncasecmp(at, "address", 7) == 0) || (network && (strncasecmp(at, "is", 2) == 0));
	}
	if (out != NULL)
		fclose(out);
	return result;
}
