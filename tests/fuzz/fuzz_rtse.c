/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/rtse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct rtse_apdu *apdu)
{
	rtse_refuse_name(apdu->reason);
	rtse_abort_name(apdu->reason);
	rtse_dialogue_name(apdu->dialogue_mode);
	while (cursor_readable(&apdu->user_data) > 0)
		cursor_u8(&apdu->user_data);
}

static void run(struct cursor cursor)
{
	struct rtse_apdu apdu;

	rtse_parse(cursor, &apdu);
	use(&apdu);
	for (int kind = RTSE_RTORQ; kind <= RTSE_RTAB; kind++) {
		rtse_parse_x410(cursor, (enum rtse_kind)kind, &apdu);
		use(&apdu);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(cursor_over(data, size));
	run(cursor_cut(data, size / 2, size));
	run(cursor_cut(data, size, size + 300));
	return 0;
}
