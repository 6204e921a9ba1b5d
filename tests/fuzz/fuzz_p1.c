/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/p1.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct cursor cursor)
{
	struct p1_bind bind;

	for (int kind = P1_BIND_ARGUMENT; kind <= P1_BIND_ERROR; kind++) {
		p1_parse_bind(cursor, (enum p1_bind_kind)kind, &bind);
		p1_bind_error_name(bind.error);
		if (memchr(bind.name, '\0', sizeof bind.name) == NULL)
			abort();
	}
}

static void run_envelope(struct cursor cursor)
{
	struct p1_identifier subject;
	struct p1_apdu apdu;

	p1_parse_apdu(cursor, &apdu, &subject);
	p1_priority_name(apdu.priority);
	p1_content_type_name(apdu.content_type);
	if (memchr(apdu.id.local, '\0', P1_ID_SIZE) == NULL || memchr(apdu.id.domain, '\0', P1_DOMAIN_SIZE) == NULL ||
	    memchr(subject.local, '\0', P1_ID_SIZE) == NULL || memchr(subject.domain, '\0', P1_DOMAIN_SIZE) == NULL ||
	    apdu.kind >= P1_APDU_KINDS)
		abort();
	/* What is whole has told where it ends, or its length is indefinite. */
	if (apdu.complete && apdu.kind == P1_MESSAGE && apdu.needed > cursor.declared)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run_envelope(cursor_over(data, size));
	run_envelope(cursor_cut(data, size, SIZE_MAX / 4));
	run(cursor_over(data, size));
	run(cursor_cut(data, size / 2, size));
	run(cursor_cut(data, size, size + 300));
	return 0;
}
