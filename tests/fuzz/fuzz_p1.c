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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(cursor_over(data, size));
	run(cursor_cut(data, size / 2, size));
	run(cursor_cut(data, size, size + 300));
	return 0;
}
