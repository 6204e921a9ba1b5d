/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/event_list.h"

#include "base/moment.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN_NUMBER = 21, COLUMN_LPI = 28, COLUMN_CB = 40, COLUMN_WHAT = 46, NUMBERS = 12 };

bool event_chosen(const struct event *event, const struct event_choice *choice)
{
	if (choice->number != EVENT_LACKS && event->number != choice->number)
		return false;
	return !choice->has_lpi || (event->has_lpi && event->lpi.locality == choice->lpi.locality &&
				    event->lpi.partner == choice->lpi.partner && event->lpi.index == choice->lpi.index);
}

static void add_time(struct text *text, const struct event *event)
{
	char date[PHRASE_SIZE], clock[PHRASE_SIZE];

	if (event->t_local == INT64_MIN) {
		text_add(text, STYLE_FAINT, "no time");
		return;
	}
	phrase_date(event->t_local * NS_PER_S, date);
	phrase_clock(event->t_local * NS_PER_S, 0, clock);
	/* Local time has no zone to be shown by a Z. */
	if (!event->utc)
		clock[strlen(clock) - 1] = '\0';
	text_format(text, STYLE_PLAIN, "%s %s", date, clock);
}

/* What the event says besides its number: the field that tells most, by the name that the MTA gives it. */
static void add_what(struct text *text, const struct event *event)
{
	char peer[ADDRESS_TEXT_SIZE];

	if (event->message_type != NULL)
		text_format(text, STYLE_PLAIN, "%s, ", event->message_type);
	if (event->error_code != EVENT_LACKS)
		text_format(text, STYLE_PLAIN, "error code %" PRId32 ", ", event->error_code);
	if (event->socket_error != EVENT_LACKS)
		text_format(text, STYLE_PLAIN, "socket error %" PRId32 ", ", event->socket_error);
	if (event->peer.family != 0) {
		address_format(&event->peer, peer);
		text_format(text, STYLE_PLAIN, "peer %s, ", peer);
	}
	if (event->peer_name != NULL)
		text_format(text, STYLE_PLAIN, "peer %s, ", event->peer_name);
	if (event->thread_name != NULL)
		text_add(text, STYLE_FAINT, event->thread_name);
	else if (event->component != NULL)
		text_add(text, STYLE_FAINT, event->component);
	if (event->thread != EVENT_LACKS)
		text_format(text, STYLE_FAINT, "(%" PRId32 ")", event->thread);
	if (event->duplicate_of != 0)
		text_format(text, STYLE_FAINT, ", copy of event %" PRIu32, event->duplicate_of);
}

/* The log is named where there are several: with one, everybody knows. */
static void add_place(struct text *text, const struct event_log *log, const struct event *event)
{
	if (event->line != EVENT_LACKS)
		text_format(text, STYLE_FAINT, ", line\u00a0%" PRId64, event->line);
	else if (event->record_number != EVENT_LACKS)
		text_format(text, STYLE_FAINT, ", record\u00a0%" PRId64, event->record_number);
	if (log->source_count > 1)
		text_format(text, STYLE_FAINT, " of %s", log->sources[event->source]);
}

static void add_event(struct text *text, const struct event_log *log, const struct event *event, bool verbose)
{
	char lpi[PHRASE_SIZE];

	add_time(text, event);
	text_to(text, COLUMN_NUMBER);
	if (event->number == EVENT_LACKS)
		text_add(text, STYLE_FAINT, "-");
	else
		text_format(text, event->number == 4283 ? STYLE_MARK : STYLE_PLAIN, "%" PRId32, event->number);
	text_to(text, COLUMN_LPI);
	text_add(text, STYLE_PLAIN, event->has_lpi ? phrase_lpi(&event->lpi, lpi) : "");
	text_to(text, COLUMN_CB);
	if (event->cb != EVENT_LACKS)
		text_format(text, STYLE_PLAIN, "%" PRId32, event->cb);
	text_to(text, COLUMN_WHAT);
	add_what(text, event);
	add_place(text, log, event);
	text_paragraph(text, COLUMN_WHAT);
	if (verbose && event->text != NULL) {
		text_format(text, STYLE_FAINT, "    %s", event->text);
		text_paragraph(text, 4);
	}
}

struct numbered {
	int32_t number;
	uint64_t count;
};

static int by_number(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

/* How often each number comes, as far as there is room for numbers; the others are told together. */
static void add_numbers(struct text *text, const struct event_log *log)
{
	struct numbered numbers[NUMBERS] = {{0}};
	size_t count = 0;
	uint64_t others = 0;

	for (size_t i = 0; i < log->event_count; i++) {
		size_t at = 0;
		while (at < count && numbers[at].number != log->events[i].number)
			at++;
		if (at < count)
			numbers[at].count++;
		else if (count < NUMBERS)
			numbers[count++] = (struct numbered){log->events[i].number, 1};
		else
			others++;
	}
	qsort(numbers, count, sizeof numbers[0], by_number);
	for (size_t i = 0; i < count; i++) {
		text_add(text, STYLE_PLAIN, i == 0 ? ": " : ", ");
		if (numbers[i].number == EVENT_LACKS)
			text_format(text, STYLE_PLAIN, "without a number (%" PRIu64 ")", numbers[i].count);
		else
			text_format(text, STYLE_PLAIN, "%" PRId32 " (%" PRIu64 ")", numbers[i].number,
				    numbers[i].count);
	}
	if (others > 0)
		text_format(text, STYLE_PLAIN, ", others (%" PRIu64 ")", others);
}

static void add_aside(struct text *text, uint64_t count, const char *what)
{
	if (count == 0)
		return;
	text_format(text, STYLE_PLAIN, "%s: %" PRIu64 ".", what, count);
	text_paragraph(text, 0);
}

static void add_head(struct text *text, const struct event_log *log)
{
	char words[PHRASE_SIZE];
	uint64_t utc = 0;

	for (size_t i = 0; i < log->event_count; i++)
		utc += log->events[i].utc;
	text_add(text, STYLE_STRONG, phrase_count(log->event_count, "event", words));
	add_numbers(text, log);
	text_add(text, STYLE_PLAIN, ".");
	text_paragraph(text, 0);
	text_format(text, STYLE_PLAIN, "%s of a Bad LPI (4283).", phrase_count(log->incident_count, "incident", words));
	text_paragraph(text, 0);
	if (log->event_count > 0) {
		text_add(text, STYLE_PLAIN,
			 utc == log->event_count ? "Times are in UTC."
			 : utc == 0 ? "Times are in the MTA's local time, whose zone the log does not tell."
				    : "Times with a Z are in UTC, the others in the MTA's local time.");
		text_paragraph(text, 0);
	}
	add_aside(text, log->other_event_count, "Events of the MTA that say nothing of a connection");
	add_aside(text, log->foreign_count, "Entries of other programs");
	add_aside(text, log->recovered_count, "Entries recovered that had been dropped from their log");
	add_aside(text, log->duplicate_count, "Events that another log has too, and that count once");
	add_aside(
	    text, log->problem_count + log->problems_left_off,
	    "Places that were not read for certain: what stands there may be missing from this list, or read wrongly");
}

void event_list_write(FILE *out, const struct event_log *log, const struct event_choice *choice,
		      const struct text_form *form, bool verbose)
{
	struct text text;
	bool headed = false;

	text_init(&text, out, form);
	add_head(&text, log);
	for (size_t i = 0; i < log->event_count; i++) {
		if (!event_chosen(&log->events[i], choice))
			continue;
		if (!headed) {
			text_gap(&text);
			text_add(&text, STYLE_HEAD, "time");
			text_to(&text, COLUMN_NUMBER);
			text_add(&text, STYLE_HEAD, "event");
			text_to(&text, COLUMN_LPI);
			text_add(&text, STYLE_HEAD, "LPI");
			text_to(&text, COLUMN_CB);
			text_add(&text, STYLE_HEAD, "CB");
			text_to(&text, COLUMN_WHAT);
			text_add(&text, STYLE_HEAD, "what it says, and where it stands");
			text_line(&text);
		}
		headed = true;
		add_event(&text, log, &log->events[i], verbose);
	}
	text_free(&text);
}
