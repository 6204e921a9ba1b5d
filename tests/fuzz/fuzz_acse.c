/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/acse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct cursor cursor)
{
	struct acse_apdu apdu;

	acse_parse(cursor, &apdu);
	acse_name(apdu.kind);
	acse_result_name(apdu.result);
	acse_diagnostic_name(apdu.source, apdu.diagnostic);
	acse_abort_diagnostic_name(apdu.diagnostic);
	while (cursor_readable(&apdu.user_information) > 0)
		cursor_u8(&apdu.user_information);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(cursor_over(data, size));
	run(cursor_cut(data, size / 2, size));
	run(cursor_cut(data, size, size + 300));
	return 0;
}
