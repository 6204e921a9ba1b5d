/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/warn.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct rate {
	time_ns since; /* the window's begin; TIME_NONE: no window */
	unsigned told;
	uint64_t held_back;
	uint64_t all;
};

struct warnings {
	struct rate rates[WARNING_KINDS];
	struct {
		warning_outlet *outlet;
		void *user;
	} outlets[WARNING_OUTLETS];
	size_t outlet_count;
};

static const char *const names[] = {
    [WARNING_HANDSHAKE] = "handshake",
    [WARNING_EARLY_CLOSE] = "early-close",
    [WARNING_TIMER] = "timer",
    [WARNING_LATENCY] = "latency",
    [WARNING_INCIDENT] = "incident",
    [WARNING_DROPS] = "drops",
    [WARNING_INTERFACE] = "interface",
    [WARNING_DISK] = "disk",
    [WARNING_CLOCK] = "clock",
    [WARNING_LIMIT] = "limit",
    [WARNING_LOG] = "log",
};

const char *warning_kind_name(enum warning_kind kind)
{
	return names[kind];
}

struct warnings *warnings_new(void)
{
	struct warnings *warnings = memory_get_zeroed(1, sizeof *warnings);

	for (unsigned i = 0; i < WARNING_KINDS; i++)
		warnings->rates[i].since = TIME_NONE;
	return warnings;
}

void warnings_free(struct warnings *warnings)
{
	free(warnings);
}

void warnings_to(struct warnings *warnings, warning_outlet *outlet, void *user)
{
	if (warnings->outlet_count == WARNING_OUTLETS)
		return;
	warnings->outlets[warnings->outlet_count].outlet = outlet;
	warnings->outlets[warnings->outlet_count++].user = user;
}

static void put_out(const struct warnings *warnings, const struct warning *warning)
{
	for (size_t i = 0; i < warnings->outlet_count; i++)
		warnings->outlets[i].outlet(warnings->outlets[i].user, warning);
}

/* A window that is over says what it held back. One that lies ahead is over too: the clock was set back. */
static void close_window(struct warnings *warnings, enum warning_kind kind, time_ns now)
{
	struct rate *rate = &warnings->rates[kind];

	if (rate->since == TIME_NONE || (now >= rate->since && now - rate->since < WARNING_WINDOW))
		return;
	uint64_t held_back = rate->held_back;
	rate->since = TIME_NONE;
	rate->told = 0;
	rate->held_back = 0;
	if (held_back == 0)
		return;
	struct warning warning = {.kind = kind, .time = now};
	snprintf(warning.says, sizeof warning.says, "%" PRIu64 " more warnings of this kind in the last minute",
		 held_back);
	put_out(warnings, &warning);
}

static void vwarn(struct warnings *warnings, struct warning *warning, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* What a terminal or a log would obey, of a file's name say: C0, DEL, and C1 as UTF-8 has it (two bytes). */
static size_t control_length(const char *at)
{
	unsigned char first = (unsigned char)at[0];
	unsigned char second = (unsigned char)at[1];

	return first < 0x20 || first == 0x7f ? 1 : first == 0xc2 && second >= 0x80 && second < 0xa0 ? 2 : 0;
}

/* Copies text with each control character as the numbers of its bytes. */
static void make_harmless(const char *text, char *harmless, size_t size)
{
	size_t length = 0;

	while (*text != '\0' && length + 1 < size) {
		size_t control = control_length(text);
		if (control == 0) {
			harmless[length++] = *text++;
			continue;
		}
		if (length + 4 * control >= size)
			break;
		for (; control > 0; control--, text++, length += 4)
			snprintf(harmless + length, size - length, "\\x%02x", (unsigned char)*text);
	}
	harmless[length] = '\0';
}

static void vwarn(struct warnings *warnings, struct warning *warning, const char *format, va_list arguments)
{
	char says[WARNING_TEXT_SIZE];

	vsnprintf(says, sizeof says, format, arguments);
	make_harmless(says, warning->says, sizeof warning->says);
	put_out(warnings, warning);
}

void warn_about(struct warnings *warnings, enum warning_kind kind, time_ns now, uint32_t connection, const char *format,
		...)
{
	struct rate *rate = &warnings->rates[kind];
	struct warning warning = {.kind = kind, .time = now, .connection = connection};
	va_list arguments;

	close_window(warnings, kind, now);
	rate->all++;
	if (rate->since == TIME_NONE)
		rate->since = now;
	if (rate->told == WARNING_BURST) {
		rate->held_back++;
		return;
	}
	rate->told++;
	va_start(arguments, format);
	vwarn(warnings, &warning, format, arguments);
	va_end(arguments);
}

void warn_good(struct warnings *warnings, enum warning_kind kind, time_ns now, const char *format, ...)
{
	struct warning warning = {.kind = kind, .time = now, .good = true};
	va_list arguments;

	va_start(arguments, format);
	vwarn(warnings, &warning, format, arguments);
	va_end(arguments);
}

void warnings_time(struct warnings *warnings, time_ns now)
{
	for (unsigned kind = 0; kind < WARNING_KINDS; kind++)
		close_window(warnings, (enum warning_kind)kind, now);
}

uint64_t warnings_count(const struct warnings *warnings, enum warning_kind kind)
{
	return warnings->rates[kind].all;
}
