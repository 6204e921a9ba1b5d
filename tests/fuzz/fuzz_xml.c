/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(&format_xml, data, size);
	return 0;
}
