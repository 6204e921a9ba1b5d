/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small .evt and .evtx logs, built as their formats say, with the 4258 and the 4283 of KB Q319936 in them. */
#ifndef MTASCOPE_TESTS_MADE_EVENTLOG_H
#define MTASCOPE_TESTS_MADE_EVENTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MADE_SIZE = 4096 + 65536 };

struct made {
	uint8_t bytes[MADE_SIZE];
	size_t length;
};

static const char *const made_4258[] = {"12", "1", "15", "12", "Close Request", "POP4", "POP4 UP", "7", "228", NULL};
static const char *const made_4283[] = {"1", "15", "12", "8464", "POP4", "POP4 UP", "7", "228", NULL};

static inline void made_le(struct made *made, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		made->bytes[made->length++] = (uint8_t)(value >> (8 * i));
}

static inline void made_le_at(struct made *made, size_t at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		made->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static inline void made_wide(struct made *made, const char *text, bool zero)
{
	for (; *text != '\0'; text++)
		made_le(made, (uint8_t)*text, 2);
	if (zero)
		made_le(made, 0, 2);
}

/* ---- .evt ---- */

static inline void made_evt_header(struct made *made)
{
	const uint32_t words[] = {48, 0x654C664C, 1, 1, 48, 0, 1, 1, 65536, 0, 0, 48};

	made->length = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		made_le(made, words[i], 4);
}

static inline void made_evt_record(struct made *made, uint32_t number, uint32_t time, uint32_t id,
				   const char *const *strings)
{
	size_t from = made->length;
	uint16_t count = 0;

	made_le(made, 0, 4);
	made_le(made, 0x654C664C, 4);
	made_le(made, number, 4);
	made_le(made, time, 4);
	made_le(made, time, 4);
	made_le(made, id, 4);
	made_le(made, 2, 2);
	made_le(made, 0, 2);
	made_le(made, 4, 2);
	made_le(made, 0, 6);
	made_le(made, 0, 20);
	made_wide(made, "MSExchangeMTA", true);
	made_wide(made, "EXCH1", true);
	made_le_at(made, from + 36, made->length - from, 4);
	for (; strings[count] != NULL; count++)
		made_wide(made, strings[count], true);
	made_le_at(made, from + 26, count, 2);
	while ((made->length - from) % 4 != 0)
		made->bytes[made->length++] = 0;
	made_le(made, made->length + 4 - from, 4);
	made_le_at(made, from, made->length - from, 4);
}

static inline void made_evt_end(struct made *made, uint32_t begin, uint32_t next)
{
	const uint32_t words[] = {40,   0x11111111, 0x22222222, 0x33333333, 0x44444444, begin, (uint32_t)made->length,
				  next, 1,          40};

	made_le_at(made, 20, made->length, 4);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		made_le(made, words[i], 4);
}

/* ---- .evtx ---- */

enum { MADE_CHUNK = 4096 };

static inline void made_name(struct made *made, const char *name)
{
	made_le(made, made->length + 4 - MADE_CHUNK, 4);
	made_le(made, 0, 6);
	made_le(made, strlen(name), 2);
	made_wide(made, name, true);
}

/* An element opens; in a template it says first which value it depends on: none. */
static inline void made_open(struct made *made, bool templated, const char *name, bool attributes)
{
	made_le(made, attributes ? 0x41 : 0x01, 1);
	if (templated)
		made_le(made, 0xFFFF, 2);
	made_le(made, 0, 4);
	made_name(made, name);
	if (attributes)
		made_le(made, 0, 4);
}

static inline void made_value(struct made *made, const char *text)
{
	made_le(made, 0x0105, 2);
	made_le(made, strlen(text), 2);
	made_wide(made, text, false);
}

static inline void made_attribute(struct made *made, const char *name)
{
	made_le(made, 0x06, 1);
	made_name(made, name);
}

/* System and EventData: with strings as text, or with substitutions 0 (time), 1 (id) and 2 (strings). */
static inline void made_event_xml(struct made *made, bool templated, const char *id, const char *const *strings)
{
	made_le(made, 0x0001010F, 4);
	made_open(made, templated, "Event", false);
	made_le(made, 0x02, 1);
	made_open(made, templated, "System", false);
	made_le(made, 0x02, 1);
	made_open(made, templated, "Provider", true);
	made_attribute(made, "Name");
	made_value(made, "MSExchangeMTA");
	made_le(made, 0x03, 1);
	made_open(made, templated, "EventID", false);
	made_le(made, 0x02, 1);
	if (templated)
		made_le(made, 0x0600010D, 4);
	else
		made_value(made, id);
	made_le(made, 0x04, 1);
	made_open(made, templated, "TimeCreated", true);
	made_attribute(made, "SystemTime");
	if (templated)
		made_le(made, 0x1100000D, 4);
	else
		made_value(made, "2002-02-26T19:43:50.123456700Z");
	made_le(made, 0x03, 1);
	made_le(made, 0x04, 1);
	made_open(made, templated, "EventData", false);
	made_le(made, 0x02, 1);
	for (size_t i = 0; i == 0 || (!templated && strings[i] != NULL); i++) {
		made_open(made, templated, "Data", false);
		made_le(made, 0x02, 1);
		if (templated)
			made_le(made, 0x8100020E, 4);
		else
			made_value(made, strings[i]);
		made_le(made, 0x04, 1);
	}
	made_le(made, 0x000404, 3);
}

/* A template with its values: a FILETIME, a number and an array of strings. Returns where it lies in the chunk. */
static inline void made_instance(struct made *made, size_t *definition, uint16_t id, const char *const *strings)
{
	size_t lengths = 0;

	made_le(made, 0x0001010F, 4);
	made_le(made, 0x010C, 2);
	made_le(made, 7, 4);
	if (*definition == 0) {
		*definition = made->length + 4 - MADE_CHUNK;
		made_le(made, *definition, 4);
		size_t header = made->length;
		made_le(made, 0, 24);
		made_event_xml(made, true, NULL, strings);
		made_le_at(made, header + 20, made->length - header - 24, 4);
	} else {
		made_le(made, *definition, 4);
	}
	for (size_t i = 0; strings[i] != NULL; i++)
		lengths += 2 * (strlen(strings[i]) + 1);
	made_le(made, 3, 4);
	made_le(made, 0x00110008, 4);
	made_le(made, 0x00060002, 4);
	made_le(made, 0x00810000 | lengths, 4);
	made_le(made, (UINT64_C(1014752630) + UINT64_C(11644473600)) * 10000000 + 1234567, 8);
	made_le(made, id, 2);
	for (size_t i = 0; strings[i] != NULL; i++)
		made_wide(made, strings[i], true);
	made_le(made, 0, 1);
}

static inline size_t made_record_begin(struct made *made, uint64_t number)
{
	size_t from = made->length;

	made_le(made, 0x2A2A, 4);
	made_le(made, 0, 4);
	made_le(made, number, 8);
	made_le(made, UINT64_C(130000000000000000), 8);
	return from;
}

static inline void made_record_end(struct made *made, size_t from)
{
	while ((made->length - from) % 8 != 4)
		made->bytes[made->length++] = 0;
	made_le(made, made->length + 4 - from, 4);
	made_le_at(made, from + 4, made->length - from, 4);
	made_le_at(made, MADE_CHUNK + 48, made->length - MADE_CHUNK, 4);
}

/* A log with the two events, with the same template for both, or each with XML of its own. */
static inline void made_evtx(struct made *made, bool templated)
{
	size_t definition = 0;

	memset(made->bytes, 0, sizeof(made->bytes));
	memcpy(made->bytes, "ElfFile", 8);
	memcpy(made->bytes + MADE_CHUNK, "ElfChnk", 8);
	made->length = MADE_CHUNK + 512;
	for (unsigned i = 0; i < 2; i++) {
		size_t from = made_record_begin(made, i + 1);
		if (templated)
			made_instance(made, &definition, i == 0 ? 4258 : 4283, i == 0 ? made_4258 : made_4283);
		else
			made_event_xml(made, false, i == 0 ? "4258" : "4283", i == 0 ? made_4258 : made_4283);
		made_record_end(made, from);
	}
	made->length = MADE_SIZE;
}

#endif
