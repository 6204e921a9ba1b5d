/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far long work is, on one line of a terminal: share, rate and time left. Whatever reads files tells the bytes that
 * it read; nobody hands a progress around, for there is one terminal. Without progress_begin nothing is shown.
 */
#ifndef MTASCOPE_BASE_PROGRESS_H
#define MTASCOPE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROGRESS_TEXT_SIZE = 64 };

/*
 * Adds what will be read to the whole: the sizes of the files at these paths, so many times over. Standard input, and
 * what is no regular file, makes the whole unknown. To be called before the program is confined.
 */
void progress_expect(const char *const *paths, size_t count, unsigned times);

/* From now on progress is shown, if standard error is a terminal. */
void progress_begin(void);

/* So many more bytes were read. */
void progress_read(uint64_t bytes);

/* The bytes that were read since the last call: for a process that reads, and another that shows it. */
uint64_t progress_take(void);

/* Clears the line, for what is told next; it comes back with the next bytes. */
void progress_clear(void);

/* No more progress is shown. */
void progress_end(void);

/*
 * "37 %, 310 MB/s, 12 s left" of so many bytes in so many nanoseconds; where the whole is not known (0), "41 MB read,
 * 310 MB/s". text holds PROGRESS_TEXT_SIZE bytes.
 */
void progress_format(uint64_t bytes, uint64_t whole, int64_t elapsed, char *text);

#endif
