/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct cursor value)
{
	while (cursor_readable(&value) > 0)
		cursor_u8(&value);
}

static void run(struct cursor cursor, bool activity_open)
{
	struct session_reader reader = session_over(cursor, activity_open);
	struct session_spdu spdu;

	while (session_next(&reader, &spdu)) {
		session_name(spdu.kind);
		session_refuse_name(spdu.reason);
		session_exception_name(spdu.reason);
		session_abort_name(spdu.disconnect);
		if (session_title(spdu.kind)[0] == '\0' || spdu.serial < SESSION_SERIAL_NONE || spdu.serial > 999999)
			abort();
		read_all(spdu.user_data);
		read_all(spdu.activity);
		if (spdu.has_rare) {
			read_all(spdu.old_activity);
			read_all(spdu.references.calling);
			read_all(spdu.references.additional);
			read_all(spdu.old_references.common);
			read_all(spdu.reflect);
		}
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
