/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/phrase.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NBSP "\u00a0"

void words_add(struct words *words, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(words->text + words->length, sizeof words->text - words->length, format, arguments);
	va_end(arguments);
	if (length > 0)
		words->length += (size_t)length;
	if (words->length >= sizeof words->text)
		words->length = sizeof words->text - 1;
}

const char *phrase_duration(int64_t us, char *text)
{
	if (us < 1000)
		snprintf(text, PHRASE_SIZE, "%" PRId64 NBSP "µs", us);
	else if (us < 1000000)
		snprintf(text, PHRASE_SIZE, us < 10000 ? "%.1f" NBSP "ms" : "%.0f" NBSP "ms", (double)us / 1e3);
	else if (us < 600000000)
		snprintf(text, PHRASE_SIZE, us < 10000000 ? "%.2f" NBSP "s" : "%.1f" NBSP "s", (double)us / 1e6);
	else if (us < INT64_C(36000000000))
		snprintf(text, PHRASE_SIZE, "%" PRId64 NBSP "min" NBSP "%" PRId64 NBSP "s", us / 60000000,
			 us / 1000000 % 60);
	else
		snprintf(text, PHRASE_SIZE, "%" PRId64 NBSP "h" NBSP "%" PRId64 NBSP "min", us / INT64_C(3600000000),
			 us / 60000000 % 60);
	return text;
}

/* "2002-02-26" is before the T, the time of day after it. */
static const char *day_time(time_ns time, char *text)
{
	time_format(time, 6, text);
	const char *mark = strchr(text, 'T');
	return mark == NULL ? text : mark + 1;
}

const char *phrase_clock(time_ns time, unsigned digits, char *text)
{
	char whole[TIME_TEXT_SIZE];

	if (time == TIME_NONE) {
		snprintf(text, PHRASE_SIZE, "-");
		return text;
	}
	snprintf(text, PHRASE_SIZE, "%.*sZ", digits == 0 ? 8 : (int)digits + 9, day_time(time, whole));
	return text;
}

const char *phrase_date(time_ns time, char *text)
{
	char whole[TIME_TEXT_SIZE];

	if (time == TIME_NONE) {
		snprintf(text, PHRASE_SIZE, "-");
		return text;
	}
	const char *clock = day_time(time, whole);
	snprintf(text, PHRASE_SIZE, "%.*s", (int)(clock > whole ? clock - whole - 1 : 0), whole);
	return text;
}

const char *phrase_since(time_ns time, time_ns first, char *text)
{
	if (time == TIME_NONE || first == TIME_NONE)
		snprintf(text, PHRASE_SIZE, "-");
	else
		snprintf(text, PHRASE_SIZE, "%+.3f" NBSP "s", (double)(time - first) / 1e9);
	return text;
}

const char *phrase_endpoint(const struct endpoint *endpoint, char *text)
{
	char address[ADDRESS_TEXT_SIZE];

	address_format(&endpoint->ip, address);
	snprintf(text, PHRASE_SIZE, endpoint->ip.family == 6 ? "[%s]:%u" : "%s:%u", address, endpoint->port);
	return text;
}

const char *phrase_offset(double seconds, char *text)
{
	double size = fmin(fabs(seconds), 1e12);
	int64_t whole = (int64_t)llround(size);

	snprintf(text, PHRASE_SIZE, "%s%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds < 0 ? "−" : "+", whole / 3600,
		 whole / 60 % 60, whole % 60);
	return text;
}

const char *phrase_probability(double value, char *text)
{
	snprintf(text, PHRASE_SIZE, value < 1e-12 ? "below 1e-12" : value < 0.001 ? "%.0e" : "%.2g", value);
	return text;
}

const char *phrase_lpi(const struct lpi *lpi, char *text)
{
	snprintf(text, PHRASE_SIZE, "%" PRIu32 "-%" PRIu32 "-%" PRIu32, lpi->locality, lpi->partner, lpi->index);
	return text;
}

const char *phrase_count(uint64_t count, const char *noun, char *text)
{
	snprintf(text, PHRASE_SIZE, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
	return text;
}

const char *phrase_outcome(enum outcome outcome, bool plural)
{
	static const char *const phrases[OUTCOMES][2] = {
	    [OUTCOME_PARTIAL] = {"began before the capture", "began before the capture"},
	    [OUTCOME_SYN_REFUSED] = {"was refused at the SYN", "were refused at the SYN"},
	    [OUTCOME_SYN_UNANSWERED] = {"got no answer to its SYN", "got no answer to their SYN"},
	    [OUTCOME_HANDSHAKE_UNFINISHED] = {"never finished the handshake", "never finished the handshake"},
	    [OUTCOME_NO_REQUEST] = {"was closed before a request", "were closed before a request"},
	    [OUTCOME_REFUSED] = {"was refused above TCP", "were refused above TCP"},
	    [OUTCOME_LATE_OK] = {"got its OK response only after the close had begun",
				 "got their OK response only after the close had begun"},
	    [OUTCOME_OK_LOST] = {"never got the OK response that was sent", "never got the OK response that was sent"},
	    [OUTCOME_NO_OK] = {"was closed without an OK response", "were closed without an OK response"},
	    [OUTCOME_CLOSED_AFTER_OK] = {"got the OK response and was closed before the server said more",
					 "got the OK response and were closed before the server said more"},
	    [OUTCOME_PENDING] = {"still waited when the capture ended", "still waited when the capture ended"},
	    [OUTCOME_OK] = {"got its OK response", "got their OK response"},
	};

	return phrases[outcome][plural];
}
