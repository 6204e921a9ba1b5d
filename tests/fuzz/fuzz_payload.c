/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Redaction of a stream: no input makes it read or write beyond, and nothing is shown that is no byte of the input. */
#include "evidence/payload.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_name(void *user, const uint8_t *bytes, size_t length)
{
	(void)user;
	return length > 2 && bytes[0] == 'N';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pseudonyms *pseudonyms = pseudonyms_new("key", 3);
	const struct payload_rules rules = {pseudonyms, no_name, NULL};
	uint8_t *in = malloc(size + 1), *out = calloc(1, size + 1), *again = calloc(1, size + 1);

	if (in == NULL || out == NULL || again == NULL)
		abort();
	memcpy(in, data, size);
	payload_redact(&rules, in, out, size);
	payload_redact(&rules, in, again, size);
	if (out[size] != 0 || memcmp(out, again, size) != 0 || memcmp(in, data, size) != 0)
		abort();
	free(in);
	free(out);
	free(again);
	pseudonyms_free(pseudonyms);
	return 0;
}
