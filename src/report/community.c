/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/community.h"

#include <gcrypt.h>
#include <stdio.h>
#include <string.h>

enum { SHA1_SIZE = 20, PROTOCOL_TCP = 6 };

static void base64(const unsigned char *bytes, size_t length, char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned long group = (unsigned long)bytes[i] << 16;
		group |= left > 1 ? (unsigned long)bytes[i + 1] << 8 : 0;
		group |= left > 2 ? bytes[i + 2] : 0;
		*text++ = alphabet[group >> 18 & 63];
		*text++ = alphabet[group >> 12 & 63];
		*text++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
		*text++ = left > 2 ? alphabet[group & 63] : '=';
	}
	*text = '\0';
}

void community_id(const struct endpoint *a, const struct endpoint *b, char *text)
{
	unsigned char input[2 + 16 + 16 + 1 + 1 + 2 + 2] = {0, 0};
	unsigned char digest[SHA1_SIZE];
	size_t address = a->ip.family == 4 ? 4 : 16;
	int order = memcmp(a->ip.bytes, b->ip.bytes, address);
	bool swap = order > 0 || (order == 0 && a->port > b->port);
	const struct endpoint *low = swap ? b : a;
	const struct endpoint *high = swap ? a : b;
	size_t length = 2;

	memcpy(input + length, low->ip.bytes, address);
	length += address;
	memcpy(input + length, high->ip.bytes, address);
	length += address;
	input[length++] = PROTOCOL_TCP;
	input[length++] = 0;
	input[length++] = (unsigned char)(low->port >> 8);
	input[length++] = (unsigned char)low->port;
	input[length++] = (unsigned char)(high->port >> 8);
	input[length++] = (unsigned char)high->port;
	gcry_md_hash_buffer(GCRY_MD_SHA1, digest, input, length);
	text[0] = '1';
	text[1] = ':';
	base64(digest, sizeof digest, text + 2);
}
