/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading text through a cursor: words, numbers, white space. A function that returns false has moved nothing; a
 * position is kept by copying the cursor. The text is one that the line reader made: it holds no NUL, so that
 * cursor_peek's 0 is the end. White space is a space or the line feed between the lines of a joined body.
 */
#ifndef MTASCOPE_EVENTS_SCAN_H
#define MTASCOPE_EVENTS_SCAN_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool scan_is_space(uint8_t byte);
bool scan_is_digit(uint8_t byte);
bool scan_is_alnum(uint8_t byte); /* of ASCII */
bool scan_is_upper(uint8_t byte);
uint8_t scan_lower(uint8_t byte);
/* The value of a hexadecimal digit, or -1. */
int scan_hex(uint8_t byte);

/* The byte ahead bytes after the next; 0 beyond the end. */
uint8_t scan_ahead(const struct cursor *text, size_t ahead);
void scan_spaces(struct cursor *text);
/* Passes this one byte. */
bool scan_byte(struct cursor *text, uint8_t byte);
/* Passes words, in any case; a space in words stands for any white space, a line's end included. */
bool scan_words(struct cursor *text, const char *words);
/* As scan_words, and what follows is no letter or digit. */
bool scan_whole_words(struct cursor *text, const char *words);
/* Passes a decimal number of at most max. A number that is larger counts as none. */
bool scan_number(struct cursor *text, uint32_t max, uint32_t *number);
/* Passes what may stand between a field's name and its value: white space, '=' and ':'. */
void scan_separator(struct cursor *text);
/* Passes everything up to words, and words; a match may start anywhere. */
bool scan_past(struct cursor *text, const char *words);
/* What is left of text without white space at its ends. */
struct cursor scan_trimmed(struct cursor text);
/* The part of text that starts at from, a copy of it taken earlier, and ends where text stands now. */
struct cursor scan_between(const struct cursor *from, const struct cursor *text);

#endif
