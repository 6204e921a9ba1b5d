/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void address_format(const struct address *address, char *text)
{
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
