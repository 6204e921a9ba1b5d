/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture out of its parts: one, or one for each shard of it. */
#ifndef MTASCOPE_CAPTURE_PART_READ_H
#define MTASCOPE_CAPTURE_PART_READ_H

#include "capture/part.h"
#include "capture/reader.h"

struct part_reader;

/*
 * Opens the parts, whose paths must outlive the reader; what is wrong with them is noted at file, whose info tells of
 * the capture from now on as far as they do. block is the size of reads, pool as input_open has it; each may be 0.
 */
struct part_reader *part_reader_new(const char *const *paths, size_t count, struct capture_file *file, size_t block,
				    struct input_pool *pool);
void part_reader_free(struct part_reader *reader); /* NULL: nothing */

/*
 * The capture's next packet, with all but the capture's number in its moment; valid until the next call. At the end,
 * which is false, file's info is that of the capture when it was read, and tells of what is missing.
 */
bool part_reader_next(struct part_reader *reader, struct capture_file *file, struct packet *packet);

/* Whether the parts can be opened once more. */
bool part_reader_can_wait(const struct part_reader *reader);

#endif
