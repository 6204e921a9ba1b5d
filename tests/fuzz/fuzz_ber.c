/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks every element of the input, into every constructed one, with an explicit stack. */
#include "dissectors/ber.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_values(const struct ber_element *element)
{
	char text[BER_OID_TEXT_SIZE];
	struct ber_oid oid;
	int32_t value;

	ber_integer(element, &value);
	if (ber_oid(element, &oid))
		ber_oid_format(&oid, text, sizeof text);
	ber_text(element, text, sizeof text);
}

static void walk(struct cursor cursor)
{
	struct ber stack[BER_DEPTH + 2] = {ber_over(cursor)};
	struct ber_element element;
	size_t depth = 0;

	for (;;) {
		if (!ber_next(&stack[depth], &element)) {
			if (depth == 0)
				return;
			depth--;
			continue;
		}
		read_values(&element);
		if (element.constructed && depth + 1 < sizeof stack / sizeof *stack) {
			stack[depth + 1] = ber_inside(&element);
			depth++;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096)
		return 0;
	walk(cursor_over(data, size));
	walk(cursor_cut(data, size / 2, size));
	walk(cursor_cut(data, size, size + 100));
	return 0;
}
