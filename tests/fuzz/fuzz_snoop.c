/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snoop, Sun's and Surveyor's. */
#include "capture_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (reader_snoop.probe(data, size))
		run_capture(data, size);
	return 0;
}
