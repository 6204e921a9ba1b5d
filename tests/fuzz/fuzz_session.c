/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct cursor cursor, bool activity_open)
{
	struct session_reader reader = session_over(cursor, activity_open);
	struct session_spdu spdu;

	while (session_next(&reader, &spdu)) {
		session_name(spdu.kind);
		session_refuse_name(spdu.reason);
		session_exception_name(spdu.reason);
		session_abort_name(spdu.disconnect);
		while (cursor_readable(&spdu.user_data) > 0)
			cursor_u8(&spdu.user_data);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(cursor_over(data, size), false);
	run(cursor_over(data, size), true);
	run(cursor_cut(data, size / 2, size), false);
	run(cursor_cut(data, size, size + 300), true);
	return 0;
}
