/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of file the first bytes say it is. */
#ifndef MTASCOPE_CAPTURE_FORMAT_H
#define MTASCOPE_CAPTURE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_format {
	const char *name; /* "pcap", "pcapng"; of a foreign format its usual name */
	bool readable;
	unsigned digits;    /* fractional digits of its times: 6 or 9 */
	const char *advice; /* what to do with a format that is not read; NULL for one that is */
};

/* Judges by content. An unknown file gets a format that is not readable and an advice too. */
struct capture_format capture_format_of(const uint8_t *data, size_t length);

#endif
