/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/event_table.h"

#include "base/moment.h"

#include <inttypes.h>
#include <stdlib.h>

/* The year 2255, which no log's clock is behind. */
#define TIME_LAST INT64_C(9000000000)

static void put_time(FILE *out, const struct event *event)
{
	char text[TIME_TEXT_SIZE];

	unsigned length = time_format(event->t_local * NS_PER_S, 0, text);
	/* It ends with a Z, which is true of a log in UTC alone. */
	fwrite(text, 1, event->utc ? length : length - 1, out);
}

static bool is_of(const struct event *event, uint32_t source)
{
	return event->source == source && event->t_local >= 0 && event->t_local <= TIME_LAST;
}

/* A column is only there where each row has something in it: that is what makes a table one. */
static bool has_record_numbers(const struct event_log *log, uint32_t source)
{
	for (size_t i = 0; i < log->event_count; i++)
		if (is_of(&log->events[i], source) && log->events[i].record_number == EVENT_LACKS)
			return false;
	return true;
}

static void put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_changed(FILE *out, const char *text, event_change *change, void *user)
{
	char *changed = text == NULL || change == NULL ? NULL : change(user, text);

	put_quoted(out, change == NULL ? text : changed);
	free(changed);
}

void event_table_write(FILE *out, const struct event_log *log, uint32_t source, event_change *change, void *user)
{
	bool numbered = has_record_numbers(log, source);

	fprintf(out, "Date and Time,Source,Event ID,%s,Category,Description\r\n", numbered ? "RecordNumber" : "Line");
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *event = &log->events[i];
		if (!is_of(event, source))
			continue;
		put_time(out, event);
		int64_t place = numbered ? event->record_number : event->line;
		fprintf(out, ",MSExchangeMTA,%d,%" PRId64 ",", event->number == EVENT_LACKS ? 0 : event->number,
			place == EVENT_LACKS ? 0 : place);
		put_changed(out, event->class_name == NULL ? "None" : event->class_name, change, user);
		fputc(',', out);
		put_changed(out, event->text, change, user);
		fputs("\r\n", out);
	}
}
