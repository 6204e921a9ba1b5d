/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/pseudonym.h"

#include "base/memory.h"

#include <ctype.h>
#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 32, DIGEST = 32, CACHE = 1 << 12 };

/* What a digest is of: no name of one kind has to do with one of another. */
enum kind { KIND_ADDRESS = 1, KIND_MAC, KIND_WORD, KIND_BYTES };

struct pair {
	struct address from, to;
};

struct pseudonyms {
	gcry_mac_hd_t mac;
	struct pair cache[CACHE];
};

struct pseudonyms *pseudonyms_new(const void *key, size_t length)
{
	struct pseudonyms *pseudonyms = memory_get_zeroed(1, sizeof *pseudonyms);
	uint8_t secret[KEY];

	if (key != NULL)
		gcry_md_hash_buffer(GCRY_MD_SHA256, secret, key, length);
	else
		gcry_randomize(secret, sizeof secret, GCRY_STRONG_RANDOM);
	if (gcry_mac_open(&pseudonyms->mac, GCRY_MAC_HMAC_SHA256, 0, NULL) != 0 ||
	    gcry_mac_setkey(pseudonyms->mac, secret, sizeof secret) != 0)
		abort(); /* a library without HMAC: nothing may be handed on under the names that it has */
	memset(secret, 0, sizeof secret);
	return pseudonyms;
}

void pseudonyms_free(struct pseudonyms *pseudonyms)
{
	if (pseudonyms == NULL)
		return;
	gcry_mac_close(pseudonyms->mac);
	free(pseudonyms);
}

static void digest_of(struct pseudonyms *pseudonyms, enum kind kind, uint8_t number, const void *data, size_t length,
		      uint8_t digest[DIGEST])
{
	const uint8_t head[2] = {(uint8_t)kind, number};
	size_t size = DIGEST;

	gcry_mac_reset(pseudonyms->mac);
	if (gcry_mac_write(pseudonyms->mac, head, sizeof head) != 0 ||
	    (length > 0 && gcry_mac_write(pseudonyms->mac, data, length) != 0) ||
	    gcry_mac_read(pseudonyms->mac, digest, &size) != 0)
		abort();
}

/* ---- Addresses ---- */

/* Bit by bit: each is turned or not, as the key and the bits before it say. */
static void turn(struct pseudonyms *pseudonyms, struct address *address, bool back)
{
	unsigned bits = address->family == 4 ? 32 : 128;
	struct address before = {.family = address->family};
	uint8_t digest[DIGEST];

	for (unsigned i = 0; i < bits; i++) {
		uint8_t mask = (uint8_t)(0x80U >> i % 8);
		digest_of(pseudonyms, KIND_ADDRESS, (uint8_t)i, &before, sizeof before, digest);
		bool was = (address->bytes[i / 8] & mask) != 0;
		bool becomes = was != ((digest[0] & 1) != 0);
		if (becomes)
			address->bytes[i / 8] |= mask;
		else
			address->bytes[i / 8] &= (uint8_t)~mask;
		if (back ? becomes : was)
			before.bytes[i / 8] |= mask;
	}
}

void pseudonym_address(struct pseudonyms *pseudonyms, struct address *address)
{
	if (address->family == 0)
		return;
	struct pair *known = &pseudonyms->cache[address_hash(address, address->family) % CACHE];

	if (!address_equal(&known->from, address)) {
		known->from = known->to = *address;
		turn(pseudonyms, &known->to, false);
	}
	*address = known->to;
}

void pseudonym_address_back(struct pseudonyms *pseudonyms, struct address *address)
{
	if (address->family != 0)
		turn(pseudonyms, address, true);
}

void pseudonym_mac(struct pseudonyms *pseudonyms, uint8_t mac[6])
{
	uint8_t digest[DIGEST];
	uint8_t group = mac[0] & 1;

	digest_of(pseudonyms, KIND_MAC, 0, mac, 6, digest);
	memcpy(mac, digest, 6);
	mac[0] = (uint8_t)((mac[0] & 0xfcU) | 2U | group);
}

/* ---- Names ---- */

static char turned(char letter, char first, unsigned count, uint8_t random)
{
	unsigned place = (unsigned)(letter - first);

	return (char)(first + (int)((place + 1 + random % (count - 1)) % count));
}

static void pseudonym_word(struct pseudonyms *pseudonyms, char *word, size_t length)
{
	char *lower = memory_text(word, length);
	uint8_t digest[DIGEST];

	for (size_t i = 0; i < length; i++)
		lower[i] = (char)tolower((unsigned char)lower[i]);
	for (size_t i = 0; i < length; i++) {
		if (i % DIGEST == 0)
			digest_of(pseudonyms, KIND_WORD, (uint8_t)(i / DIGEST), lower, length, digest);
		if (isdigit((unsigned char)word[i]))
			word[i] = turned(word[i], '0', 10, digest[i % DIGEST]);
		else if (islower((unsigned char)word[i]))
			word[i] = turned(word[i], 'a', 26, digest[i % DIGEST]);
		else
			word[i] = turned(word[i], 'A', 26, digest[i % DIGEST]);
	}
	free(lower);
}

void pseudonym_words(struct pseudonyms *pseudonyms, char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t end = i;
		while (end < length && isalnum((unsigned char)text[end]))
			end++;
		if (end > i)
			pseudonym_word(pseudonyms, text + i, end - i);
		/* What is no ASCII is a part of a name, too. */
		for (i = end; i < length && !isalnum((unsigned char)text[i]); i++)
			if ((unsigned char)text[i] >= 0x80)
				text[i] = 'x';
	}
}

void pseudonym_bytes(struct pseudonyms *pseudonyms, uint8_t *bytes, size_t length)
{
	bool printable = true;
	uint8_t digest[DIGEST];

	for (size_t i = 0; i < length; i++)
		printable = printable && bytes[i] >= ' ' && bytes[i] < 0x7f;
	if (printable) {
		pseudonym_words(pseudonyms, (char *)bytes, length);
		return;
	}
	uint8_t *copy = memory_get(length + 1);
	memcpy(copy, bytes, length);
	for (size_t i = 0; i < length; i++) {
		if (i % DIGEST == 0)
			digest_of(pseudonyms, KIND_BYTES, (uint8_t)(i / DIGEST), copy, length, digest);
		bytes[i] = digest[i % DIGEST];
	}
	free(copy);
}
