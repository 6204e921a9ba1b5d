/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One JSON object a line, written as it is made: no tree is built, and whatever text goes in, valid JSON comes out. */
#ifndef MTASCOPE_REPORT_JSON_H
#define MTASCOPE_REPORT_JSON_H

#include "base/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Somebody who wants each line too, without its end, when it is whole. */
typedef void json_hand_on(void *user, const char *text, size_t length);

struct json {
	FILE *out; /* NULL: nobody but hand_on */
	json_hand_on *hand_on;
	void *user;
	size_t begin; /* of the line */
	char *text;
	size_t length, capacity;
	bool failed; /* writing to out failed */
	/* The second that was written last, as RFC 3339 and with the point: most times of a record are of the same. */
	int64_t day, second; /* since 1970 */
	char second_text[20];
};

/* out stays the caller's. */
void json_init(struct json *json, FILE *out);
void json_free(struct json *json);

/* Writes out what json_line keeps back, to be called at the end. */
void json_flush(struct json *json);

/* Ends the line, and writes it together with others. */
void json_line(struct json *json);

/* ---- What stands in the text ---- */

/*
 * Each value is followed by a comma, which the end of the object, array or line takes back: so nothing needs to be
 * known of what stands before. What follows is inline because nearly all keys are literals, whose length the compiler
 * knows; a record has a hundred of them.
 */

#define JSON_INLINE __attribute__((always_inline)) static inline

/* Room for so many bytes at the end of the text. */
char *json_grow(struct json *json, size_t length);

static inline char *json_room(struct json *json, size_t length)
{
	return length > json->capacity - json->length ? json_grow(json, length) : json->text + json->length;
}

static inline void json_put_to(struct json *json, const char *end)
{
	json->length = (size_t)(end - json->text);
}

/* The key, and room for a value of so many bytes behind it, where it returns. */
JSON_INLINE char *json_key(struct json *json, const char *key, size_t value)
{
	size_t length = key == NULL ? 0 : strlen(key);
	char *at = json_room(json, length + 3 + value);

	if (key == NULL)
		return at;
	at[0] = '"';
	memcpy(at + 1, key, length); /* NOLINT(bugprone-not-null-terminated-result): bytes, ended by the quote */
	at[length + 1] = '"';
	at[length + 2] = ':';
	return at + length + 3;
}

/* A value that stands in the text as it is: no string, or one with its quotes. */
JSON_INLINE void json_word(struct json *json, const char *key, const char *word, size_t length)
{
	char *at = json_key(json, key, length + 1);

	memcpy(at, word, length); /* NOLINT(bugprone-not-null-terminated-result): as above */
	at[length] = ',';
	json_put_to(json, at + length + 1);
}

/* Each writes a value at the place, which has the room, and returns what is behind it. */
enum { JSON_INTEGER_MOST = 20, JSON_TIME_MOST = 32 };
char *json_put_integer(char *at, int64_t value);
char *json_put_time(struct json *json, char *at, time_ns time, unsigned digits);
void json_put_string(struct json *json, const char *text);

static inline void json_end(struct json *json, char bracket)
{
	char *at = json_room(json, 2);

	if (json->length > json->begin && at[-1] == ',')
		at--;
	at[0] = bracket;
	at[1] = ',';
	json_put_to(json, at + 2);
}

/* ---- Structure. key is NULL inside an array ---- */

JSON_INLINE void json_object(struct json *json, const char *key)
{
	char *at = json_key(json, key, 1);

	*at = '{';
	json_put_to(json, at + 1);
}

static inline void json_object_end(struct json *json)
{
	json_end(json, '}');
}

JSON_INLINE void json_array(struct json *json, const char *key)
{
	char *at = json_key(json, key, 1);

	*at = '[';
	json_put_to(json, at + 1);
}

static inline void json_array_end(struct json *json)
{
	json_end(json, ']');
}

/* ---- Values ---- */

JSON_INLINE void json_null(struct json *json, const char *key)
{
	json_word(json, key, "null", 4);
}

JSON_INLINE void json_bool(struct json *json, const char *key, bool value)
{
	if (value)
		json_word(json, key, "true", 4);
	else
		json_word(json, key, "false", 5);
}

JSON_INLINE void json_integer(struct json *json, const char *key, int64_t value)
{
	char *at = json_put_integer(json_key(json, key, JSON_INTEGER_MOST + 1), value);

	*at = ',';
	json_put_to(json, at + 1);
}

/* value, or null when it is negative. */
JSON_INLINE void json_count_or_null(struct json *json, const char *key, int64_t value)
{
	if (value < 0)
		json_null(json, key);
	else
		json_integer(json, key, value);
}

/* A name that the program itself has for something: of printable ASCII without quotes. NULL is null. */
JSON_INLINE void json_name(struct json *json, const char *key, const char *name)
{
	if (name == NULL) {
		json_null(json, key);
		return;
	}
	size_t length = strlen(name);
	char *at = json_key(json, key, length + 3);
	at[0] = '"';
	memcpy(at + 1, name, length); /* NOLINT(bugprone-not-null-terminated-result): as above */
	at[length + 1] = '"';
	at[length + 2] = ',';
	json_put_to(json, at + length + 3);
}

/*
 * A text of NULL is null. Text should be UTF-8; a byte that is not part of any is written as the character U+FFFD.
 */
JSON_INLINE void json_text(struct json *json, const char *key, const char *text)
{
	if (text == NULL) {
		json_null(json, key);
		return;
	}
	json_put_to(json, json_key(json, key, 0));
	json_put_string(json, text);
}

/* As RFC 3339 in UTC; TIME_NONE is null. */
JSON_INLINE void json_time(struct json *json, const char *key, time_ns time, unsigned digits)
{
	if (time == TIME_NONE) {
		json_null(json, key);
		return;
	}
	char *at = json_put_time(json, json_key(json, key, JSON_TIME_MOST + 1), time, digits);
	*at = ',';
	json_put_to(json, at + 1);
}

/* value with the given number of fractional digits; NAN is null. */
void json_decimal(struct json *json, const char *key, double value, int digits);

/* value in scientific form when it is small; NAN is null. */
void json_probability(struct json *json, const char *key, double value);

#endif
