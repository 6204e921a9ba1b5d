/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcap, in the way that nearly all of it is read. */
#include "capture_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (reader_plain.probe(data, size))
		run_capture(data, size);
	return 0;
}
