/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/presentation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct cursor cursor)
{
	struct presentation_ppdu ppdu;
	struct presentation_pdv pdv;

	for (int kind = PRESENTATION_CP; kind <= PRESENTATION_ARP; kind++) {
		presentation_parse(cursor, (enum presentation_kind)kind, &ppdu);
		presentation_provider_reason_name(ppdu.provider_reason);
		presentation_abort_reason_name(ppdu.abort_reason);
		struct presentation_set set;
		enum presentation_syntax syntax;
		presentation_propose(&set, &ppdu);
		presentation_settle(&set, &ppdu);
		presentation_lookup(&set, 1, &syntax);
		struct ber list = ber_over(ppdu.user_data);
		while (presentation_next(&list, &pdv))
			while (cursor_readable(&pdv.value) > 0)
				cursor_u8(&pdv.value);
	}
}

static void run_data(struct cursor cursor)
{
	struct presentation_pdv pdv;
	struct ber list;

	if (!presentation_user_data(cursor, &list))
		return;
	while (presentation_next(&list, &pdv))
		while (cursor_readable(&pdv.value) > 0)
			cursor_u8(&pdv.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run_data(cursor_over(data, size));
	run_data(cursor_cut(data, size, SIZE_MAX / 4));
	run(cursor_over(data, size));
	run(cursor_cut(data, size / 2, size));
	run(cursor_cut(data, size, size + 300));
	return 0;
}
