/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

static void format_ipv4(const uint8_t *bytes, char *text)
{
	for (int i = 0; i < 4; i++) {
		unsigned value = bytes[i];
		if (value >= 100)
			*text++ = (char)('0' + value / 100);
		if (value >= 10)
			*text++ = (char)('0' + value / 10 % 10);
		*text++ = (char)('0' + value % 10);
		*text++ = i < 3 ? '.' : '\0';
	}
}

void address_format(const struct address *address, char *text)
{
	if (address->family == 4) {
		format_ipv4(address->bytes, text); /* inet_ntop would go by way of printf */
		return;
	}
	int family = address->family == 6 ? AF_INET6 : AF_INET;

	if (address->family == 0 || inet_ntop(family, address->bytes, text, ADDRESS_TEXT_SIZE) == NULL)
		text[0] = '\0';
}

bool address_parse(const char *text, struct address *address)
{
	struct address parsed = {0};

	if (inet_pton(AF_INET, text, parsed.bytes) == 1)
		parsed.family = 4;
	else if (inet_pton(AF_INET6, text, parsed.bytes) == 1)
		parsed.family = 6;
	else
		return false;
	*address = parsed;
	return true;
}
