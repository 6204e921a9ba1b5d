/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcapng: sections, interfaces, packets, and finding the way again behind damage. */
#include "capture_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (reader_pcapng.probe(data, size))
		run_capture(data, size);
	return 0;
}
