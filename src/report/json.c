/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){.out = out, .first = true};
}

void json_free(struct json *json)
{
	free(json->text);
	json->text = NULL;
}

/* Lines are written together: a call of the kernel for each would cost more than the line. */
enum { WRITTEN_TOGETHER = 1 << 16 };

static void grow(struct json *json, size_t length)
{
	json->capacity = (json->length + length) * 2 + 1024;
	json->text = memory_resize(json->text, json->capacity);
}

static inline char *room(struct json *json, size_t length)
{
	if (length > json->capacity - json->length)
		grow(json, length);
	return json->text + json->length;
}

static inline void put(struct json *json, const char *text, size_t length)
{
	memcpy(room(json, length), text, length);
	json->length += length;
}

static void put_text(struct json *json, const char *text)
{
	put(json, text, strlen(text));
}

/* Bytes of the UTF-8 sequence at text, 0 when there is none (RFC 3629 4). */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char low, high, second_low, second_high;
		size_t length;
	} rows[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (text[0] < rows[i].low || text[0] > rows[i].high)
			continue;
		if (text[1] < rows[i].second_low || text[1] > rows[i].second_high)
			return 0;
		for (size_t b = 2; b < rows[i].length; b++)
			if (text[b] < 0x80 || text[b] > 0xbf)
				return 0;
		return rows[i].length;
	}
	return 0;
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* What is_plain() is not, by one character; returns how many bytes of text that took. */
static size_t put_escaped(struct json *json, const unsigned char *text)
{
	char escape[8] = {'\\', (char)*text};

	if (*text >= 0x80) {
		size_t length = utf8_length(text);
		put(json, length == 0 ? "\xef\xbf\xbd" : (const char *)text, length == 0 ? 3 : length);
		return length == 0 ? 1 : length;
	}
	if (*text == '"' || *text == '\\') {
		put(json, escape, 2);
		return 1;
	}
	snprintf(escape, sizeof escape, "\\u%04x", *text);
	put(json, escape, 6);
	return 1;
}

static void put_string(struct json *json, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	put(json, "\"", 1);
	while (*at != '\0') {
		const unsigned char *end = at;
		while (is_plain(*end))
			end++;
		put(json, (const char *)at, (size_t)(end - at));
		at = *end == '\0' ? end : end + put_escaped(json, end);
	}
	put(json, "\"", 1);
}

static void put_key(struct json *json, const char *key)
{
	if (!json->first)
		put(json, ",", 1);
	json->first = false;
	if (key == NULL)
		return;
	size_t length = strlen(key);
	char *at = room(json, length + 3);
	at[0] = '"';
	memcpy(at + 1, key, length); /* NOLINT(bugprone-not-null-terminated-result): bytes, ended by the quote */
	at[length + 1] = '"';
	at[length + 2] = ':';
	json->length += length + 3;
}

static void open(struct json *json, const char *key, const char *bracket)
{
	put_key(json, key);
	put_text(json, bracket);
	json->first = true;
}

static void end(struct json *json, const char *bracket)
{
	put_text(json, bracket);
	json->first = false;
}

void json_object(struct json *json, const char *key)
{
	open(json, key, "{");
}

void json_object_end(struct json *json)
{
	end(json, "}");
}

void json_array(struct json *json, const char *key)
{
	open(json, key, "[");
}

void json_array_end(struct json *json)
{
	end(json, "]");
}

void json_line(struct json *json)
{
	if (json->hand_on != NULL)
		json->hand_on(json->user, json->text + json->begin, json->length - json->begin);
	put(json, "\n", 1);
	json->begin = json->length;
	json->first = true;
	if (json->length >= WRITTEN_TOGETHER)
		json_flush(json);
}

void json_flush(struct json *json)
{
	if (json->out != NULL &&
	    (fwrite(json->text, 1, json->length, json->out) != json->length || fflush(json->out) != 0))
		json->failed = true;
	json->length = 0;
	json->begin = 0;
}

void json_text(struct json *json, const char *key, const char *text)
{
	put_key(json, key);
	if (text == NULL)
		put_text(json, "null");
	else
		put_string(json, text);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
	char digits[24];
	char *at = digits + sizeof digits;
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	put_key(json, key);
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		*--at = '-';
	put(json, at, (size_t)(digits + sizeof digits - at));
}

void json_bool(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	put_text(json, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	put_key(json, key);
	put_text(json, "null");
}

static void put_number(struct json *json, const char *key, const char *digits, double value)
{
	if (isnan(value) || isinf(value)) {
		json_null(json, key);
		return;
	}
	put_key(json, key);
	put_text(json, digits);
}

/* A probability as printf writes it, unless rounding is a near thing, which printf knows better. */
static bool put_hundredths(struct json *json, const char *key, double value)
{
	if (!(value >= 0 && value < 9))
		return false;
	double raised = value * 100 + 0.5;
	unsigned hundredths = (unsigned)raised;
	if (raised - hundredths < 1e-6 || raised - hundredths > 1 - 1e-6)
		return false;
	char text[] = {(char)('0' + hundredths / 100), '.', (char)('0' + hundredths / 10 % 10),
		       (char)('0' + hundredths % 10)};
	put_key(json, key);
	put(json, text, sizeof text);
	return true;
}

void json_decimal(struct json *json, const char *key, double value, int digits)
{
	char text[400];

	if (digits == 2 && put_hundredths(json, key, value))
		return;
	snprintf(text, sizeof text, "%.*f", digits, value);
	put_number(json, key, text, value);
}

void json_probability(struct json *json, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof text, "%.3g", value);
	put_number(json, key, text, value);
}

static bool put_time_of_second(struct json *json, const char *key, time_ns time, unsigned digits)
{
	enum { DATE_AND_TIME = 19 };
	int64_t second = time / NS_PER_S;
	uint32_t fraction = (uint32_t)(time % NS_PER_S);

	if (time < NS_PER_S || (digits != 6 && digits != 9))
		return false;
	if (second != json->second) {
		time_format(second * NS_PER_S, 0, json->second_text);
		json->second = second;
	}
	put_key(json, key);
	char *at = room(json, DATE_AND_TIME + 13);
	at[0] = '"';
	memcpy(at + 1, json->second_text, DATE_AND_TIME);
	at[DATE_AND_TIME + 1] = '.';
	if (digits == 6)
		fraction /= 1000;
	for (unsigned i = digits; i > 0; i--, fraction /= 10)
		at[DATE_AND_TIME + 1 + i] = (char)('0' + fraction % 10);
	at[DATE_AND_TIME + digits + 2] = 'Z';
	at[DATE_AND_TIME + digits + 3] = '"';
	json->length += DATE_AND_TIME + digits + 4;
	return true;
}

void json_time(struct json *json, const char *key, time_ns time, unsigned digits)
{
	char text[TIME_TEXT_SIZE];

	if (time == TIME_NONE) {
		json_null(json, key);
		return;
	}
	if (put_time_of_second(json, key, time, digits))
		return;
	time_format(time, digits, text);
	put_key(json, key);
	put_string(json, text);
}

void json_count_or_null(struct json *json, const char *key, int64_t value)
{
	if (value < 0)
		json_null(json, key);
	else
		json_integer(json, key, value);
}
