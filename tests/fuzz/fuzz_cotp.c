/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/cotp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct cursor cursor)
{
	struct cotp_tpdu tpdu;
	bool eot;

	if (cotp_parse(cursor, &tpdu)) {
		cotp_code_name(tpdu.code);
		cotp_reason_name(tpdu.reason);
		cotp_cause_name(tpdu.reason);
		while (cursor_readable(&tpdu.user_data) > 0)
			cursor_u8(&tpdu.user_data);
	}
	cotp_data(&cursor, &eot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(cursor_over(data, size));
	run(cursor_cut(data, size / 2, size));
	run(cursor_cut(data, size, size + 300));
	return 0;
}
