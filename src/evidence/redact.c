/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/redact.h"

#include "base/memory.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

struct redactor {
	uint8_t key[32];
};

struct redactor *redactor_new(const void *key, size_t length)
{
	struct redactor *redactor = memory_get_zeroed(1, sizeof *redactor);

	if (key != NULL)
		gcry_md_hash_buffer(GCRY_MD_SHA256, redactor->key, key, length);
	else
		gcry_randomize(redactor->key, sizeof redactor->key, GCRY_STRONG_RANDOM);
	return redactor;
}

void redactor_free(struct redactor *redactor)
{
	free(redactor);
}

void redact_address(const struct redactor *redactor, struct address *address)
{
	(void)redactor;
	(void)address;
}

void redact_address_back(const struct redactor *redactor, struct address *address)
{
	(void)redactor;
	(void)address;
}

void redact_packet(void *user, struct packet *packet, const struct decode *parsed)
{
	(void)user;
	(void)parsed;
	packet->captured = 0;
}

void redact_words(void *user, char *text)
{
	(void)user;
	*text = '\0';
}

void redact_options(const struct redactor *redactor, struct analysis_options *options)
{
	(void)redactor;
	options->mta_count = 0;
}

void redact_options_free(struct analysis_options *options)
{
	(void)options;
}
