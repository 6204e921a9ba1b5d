/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of file the first bytes say it is. Names of files don't count. */
#ifndef MTASCOPE_CAPTURE_FORMAT_H
#define MTASCOPE_CAPTURE_FORMAT_H

#include "capture/reader.h"

/* The reader for a file that begins so, or NULL. */
const struct capture_reader *capture_reader_of(const uint8_t *data, size_t length);

/* A format that is not read. */
struct capture_foreign {
	const char *name;
	const char *advice; /* what to do with such a file */
};

/* An unknown file gets a name and an advice too. */
struct capture_foreign capture_foreign_of(const uint8_t *data, size_t length);

#endif
