/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One JSON object a line, written as it is made: no tree is built, and whatever text goes in, valid JSON comes out. */
#ifndef MTASCOPE_REPORT_JSON_H
#define MTASCOPE_REPORT_JSON_H

#include "base/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Somebody who wants each line too, without its end, when it is whole. */
typedef void json_hand_on(void *user, const char *text, size_t length);

struct json {
	FILE *out; /* NULL: nobody but hand_on */
	json_hand_on *hand_on;
	void *user;
	size_t begin; /* of the line */
	char *text;
	size_t length, capacity;
	bool first;  /* nothing stands yet in the innermost object or array */
	bool failed; /* writing to out failed */
	/* The second that was written last: most times of a record are of the same. */
	int64_t second;
	char second_text[TIME_TEXT_SIZE];
};

/* out stays the caller's. */
void json_init(struct json *json, FILE *out);
void json_free(struct json *json);

/* Writes out what json_line keeps back, to be called at the end. */
void json_flush(struct json *json);

/* Structure. key is NULL inside an array. json_line ends the line, and writes it together with others. */
void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_line(struct json *json);

/*
 * Values. A text of NULL is null. Text should be UTF-8; a byte that is not part of any is written as the character
 * U+FFFD.
 */
void json_text(struct json *json, const char *key, const char *text);
void json_integer(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* value with the given number of fractional digits; NAN is null. */
void json_decimal(struct json *json, const char *key, double value, int digits);

/* value in scientific form when it is small; NAN is null. */
void json_probability(struct json *json, const char *key, double value);

/* As RFC 3339 in UTC; TIME_NONE is null. */
void json_time(struct json *json, const char *key, time_ns time, unsigned digits);

/* value, or null when it is negative. */
void json_count_or_null(struct json *json, const char *key, int64_t value);

#endif
