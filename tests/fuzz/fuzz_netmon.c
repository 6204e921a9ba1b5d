/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network Monitor: frame tables that lie, and frames taken as they lie. */
#include "capture_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (reader_netmon.probe(data, size))
		run_capture(data, size);
	return 0;
}
