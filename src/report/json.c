/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){.out = out, .day = -1, .second = -1};
}

void json_free(struct json *json)
{
	free(json->text);
	json->text = NULL;
}

/* Lines are written together: a call of the kernel for each would cost more than the line. */
enum { WRITTEN_TOGETHER = 1 << 16 };

char *json_grow(struct json *json, size_t length)
{
	json->capacity = (json->length + length) * 2 + 1024;
	json->text = memory_resize(json->text, json->capacity);
	return json->text + json->length;
}

/* ---- Text ---- */

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

/* Stands in a string as it is. */
static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

enum { ESCAPE_MOST = 6, EIGHT = 8 };

/* What is_plain() is not, by one character; *text moves behind it. */
static char *put_escaped(char *at, const unsigned char **text)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	unsigned char byte = **text;

	if (byte >= 0x80) {
		size_t length = utf8_length(*text);
		memcpy(at, length == 0 ? replacement : (const char *)*text, length == 0 ? 3 : length);
		*text += length == 0 ? 1 : length;
		return at + (length == 0 ? 3 : length);
	}
	(*text)++;
	*at++ = '\\';
	if (byte == '"' || byte == '\\') {
		*at++ = (char)byte;
		return at;
	}
	at[0] = 'u';
	at[1] = at[2] = '0';
	at[3] = (char)('0' + (byte >> 4));
	at[4] = "0123456789abcdef"[byte & 0xf];
	return at + 5;
}

/* Whether some byte of eight is the one that all eight of other are, exactly where none before it is. */
static uint64_t bytes_that_are(uint64_t eight, uint64_t other)
{
	uint64_t differ = eight ^ other;

	return (differ - UINT64_C(0x0101010101010101)) & ~differ & UINT64_C(0x8080808080808080);
}

/* is_plain() of eight bytes at once. */
static bool are_plain(const unsigned char *text)
{
	uint64_t eight;

	memcpy(&eight, text, sizeof eight);
	uint64_t below = (eight - UINT64_C(0x2020202020202020)) & ~eight & UINT64_C(0x8080808080808080);
	return (below | (eight & UINT64_C(0x8080808080808080)) | bytes_that_are(eight, UINT64_C(0x2222222222222222)) |
		bytes_that_are(eight, UINT64_C(0x5c5c5c5c5c5c5c5c)) |
		bytes_that_are(eight, UINT64_C(0x7f7f7f7f7f7f7f7f))) == 0;
}

/* Copies what is plain at the beginning of the text, which ends with a NUL at end; *text moves behind it. */
static char *put_plain(char *at, const unsigned char **text, const unsigned char *end)
{
	const unsigned char *from = *text;

	for (; end - from >= EIGHT && are_plain(from); from += EIGHT, at += EIGHT)
		memcpy(at, from, EIGHT);
	/* What is left goes with the last eight, some of which stand there already. */
	if (from > *text && from < end && end - from < EIGHT && are_plain(end - EIGHT)) {
		at += end - from;
		memcpy(at - EIGHT, end - EIGHT, EIGHT);
		from = end;
	}
	for (; is_plain(*from); from++)
		*at++ = (char)*from;
	*text = from;
	return at;
}

void json_put_string(struct json *json, const char *text)
{
	size_t length = strlen(text);
	const unsigned char *from = (const unsigned char *)text;
	const unsigned char *end = from + length;
	char *at = json_room(json, length * ESCAPE_MOST + 3);

	*at++ = '"';
	for (at = put_plain(at, &from, end); from < end; at = put_plain(at, &from, end))
		at = put_escaped(at, &from);
	*at++ = '"';
	*at++ = ',';
	json_put_to(json, at);
}

/* ---- Lines ---- */

void json_line(struct json *json)
{
	char *at = json_room(json, 1);

	if (json->length > json->begin && at[-1] == ',')
		at--;
	if (json->hand_on != NULL)
		json->hand_on(json->user, json->text + json->begin, (size_t)(at - json->text) - json->begin);
	*at = '\n';
	json_put_to(json, at + 1);
	json->begin = json->length;
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

/* ---- Numbers ---- */

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

static void put_pair(char *at, unsigned value)
{
	memcpy(at, pairs + (size_t)2 * value, 2);
}

/* How many digits value has: 1 to 19, for it is an int64_t's. */
static unsigned digits_in(uint64_t value)
{
	unsigned digits = 1;

	for (; value >= 10000; value /= 10000)
		digits += 4;
	return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

char *json_put_integer(char *at, int64_t value)
{
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	if (value < 0)
		*at++ = '-';
	if (left < 10) {
		*at = (char)('0' + left);
		return at + 1;
	}
	char *end = at + digits_in(left);
	char *place = end;
	for (; left >= 100; left /= 100)
		put_pair(place -= 2, (unsigned)(left % 100));
	if (left >= 10)
		put_pair(place - 2, (unsigned)left);
	else
		place[-1] = (char)('0' + left);
	return end;
}

static void put_number(struct json *json, const char *key, const char *digits, double value)
{
	if (isnan(value) || isinf(value))
		json_null(json, key);
	else
		json_word(json, key, digits, strlen(digits));
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
	json_word(json, key, text, sizeof text);
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

/* ---- Times ---- */

enum { TO_THE_SECOND = 20 }; /* with the point */

static void know_second(struct json *json, int64_t second)
{
	enum { DAY = 86400, HOUR = 3600, MINUTE = 60 };
	char text[TIME_TEXT_SIZE];
	unsigned of_day = (unsigned)(second % DAY);

	if (second / DAY != json->day) {
		time_format(second * NS_PER_S, 0, text);
		memcpy(json->second_text, text, TO_THE_SECOND - 1);
		json->second_text[TO_THE_SECOND - 1] = '.';
		json->day = second / DAY;
	}
	put_pair(json->second_text + 11, of_day / HOUR);
	put_pair(json->second_text + 14, of_day / MINUTE % 60);
	put_pair(json->second_text + 17, of_day % MINUTE);
	json->second = second;
}

char *json_put_time(struct json *json, char *at, time_ns time, unsigned digits)
{
	*at++ = '"';
	if (time < NS_PER_S || (digits != 6 && digits != 9)) {
		char text[TIME_TEXT_SIZE];
		unsigned length = time_format(time, digits, text);
		memcpy(at, text, length);
		at += length;
	} else {
		int64_t second = time / NS_PER_S;
		uint32_t fraction = (uint32_t)(time % NS_PER_S);
		if (second != json->second)
			know_second(json, second);
		memcpy(at, json->second_text, TO_THE_SECOND);
		at += TO_THE_SECOND;
		put_pair(at, fraction / 10000000);
		put_pair(at + 2, fraction / 100000 % 100);
		put_pair(at + 4, fraction / 1000 % 100);
		if (digits == 9) {
			at[6] = (char)('0' + fraction / 100 % 10);
			put_pair(at + 7, fraction % 100);
		}
		at += digits;
		*at++ = 'Z';
	}
	*at++ = '"';
	return at;
}
