/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/listing.h"

#include "origin/judge.h"
#include "report/community.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_FIRST = 10, SHOWN_ALL = 14, EVIDENCE_SIZE = 256 };

/* ---- The proof ---- */

static void add_subject(struct text *text, const struct view *view, const struct connection *connection)
{
	char client[PHRASE_SIZE], server[PHRASE_SIZE], date[PHRASE_SIZE], clock[PHRASE_SIZE];
	char community[COMMUNITY_ID_SIZE];

	text_format(text, STYLE_STRONG, "#%" PRIu32, connection->id);
	text_format(text, STYLE_PLAIN, " %s → %s, %s %s", phrase_endpoint(&connection->client, client),
		    phrase_endpoint(&connection->server, server), phrase_date(connection->first.time, date),
		    phrase_clock(connection->first.time, 6, clock));
	phrase_since(connection->first.time, view->analysis->first, clock);
	community_id(&connection->client, &connection->server, community);
	text_format(text, STYLE_PLAIN, " (%s), Community\u00a0ID\u00a0%s", clock, community);
	text_paragraph(text, 4);
}

static const struct failure *failure_of(const struct view *view, const struct connection *connection)
{
	for (size_t i = 0; i < view->failure_count; i++)
		if (view->failures[i].connection == connection)
			return &view->failures[i];
	return NULL;
}

static void add_evidence(struct text *text, const struct view *view, const struct connection *connection)
{
	bool several = capture_set_count(view->analysis->captures) > 1;
	char says[EVIDENCE_SIZE], since[PHRASE_SIZE];

	for (size_t i = 0; i < connection->evidence_count; i++) {
		const struct evidence *evidence = &connection->evidence[i];
		evidence_format(evidence, says, sizeof says);
		phrase_since(evidence->moment.time, view->analysis->first, since);
		text_format(text, STYLE_STRONG, "  frame %-6" PRIu64, (uint64_t)evidence->moment.frame);
		if (several)
			text_format(text, STYLE_PLAIN, " of capture %" PRIu32 " ", evidence->moment.capture);
		text_format(text, STYLE_FAINT, "%14s", since);
		text_format(text, STYLE_PLAIN, "  %s", says);
		text_paragraph(text, several ? 43 : 31);
	}
}

/* The server's own words. */
static void add_refusal(struct text *text, const struct connection *connection)
{
	const struct refusal *word = &connection->refusal.word;

	if (!connection->refusal.set)
		return;
	text_format(text, STYLE_PLAIN, "  it said: %s", layer_name(word->layer));
	if (word->reason != NULL)
		text_format(text, STYLE_STRONG, ", %s", word->reason);
	if (word->code >= 0)
		text_format(text, STYLE_PLAIN, " (%" PRId32 ")", word->code);
	text_paragraph(text, 11);
}

static void add_incident(struct text *text, const struct view *view, const struct failure *failure)
{
	static const char *const sure[] = {"", "perhaps", "probably", "certainly"};
	const struct analysis *analysis = view->analysis;
	char lpi[PHRASE_SIZE], clock[PHRASE_SIZE];

	if (failure == NULL || failure->incident == NULL)
		return;
	text_add(text, STYLE_MARK, "  event 4283");
	text_to(text, 14);
	phrase_since(failure->match->time, analysis->first, clock);
	text_format(text, STYLE_FAINT, "%14s", clock);
	text_format(text, STYLE_PLAIN, "  LPI %s, %s this connection's", phrase_lpi(&failure->incident->lpi, lpi),
		    sure[failure->match->confidence]);
	if (failure->match->candidate_count > 1)
		text_format(text, STYLE_PLAIN, " (%" PRIu32 " candidates)", failure->match->candidate_count);
	text_paragraph(text, 30);
}

/* What a shell takes whole: only where nothing in the name would be shown other than it is. */
static bool is_plain(const char *name)
{
	for (const char *at = name; *at != '\0'; at++)
		if ((unsigned char)*at < 0x21 || (unsigned char)*at > 0x7e ||
		    strchr("'\"\\$`!*?[](){}<>|&;#~", *at) != NULL)
			return false;
	return name[0] != '-' && name[0] != '\0';
}

static bool is_first(const struct connection *connection, size_t at)
{
	const struct moment *moment = &connection->evidence[at].moment;

	for (size_t i = 0; i < at; i++)
		if (connection->evidence[i].moment.frame == moment->frame &&
		    connection->evidence[i].moment.capture == moment->capture)
			return false;
	return true;
}

static void add_command(struct text *text, const struct view *view, const struct connection *connection)
{
	uint32_t capture = connection->evidence[0].moment.capture;
	struct words frames = {0};

	if (capture == 0 || capture > capture_set_count(view->analysis->captures))
		return;
	const struct capture_info *info = capture_set_info(view->analysis->captures, capture - 1);
	const char *file = info->file;
	/* An interface is no file that could be looked into. */
	if (strcmp(info->format, "live") == 0)
		return;
	for (size_t i = 0; i < connection->evidence_count; i++) {
		const struct moment *moment = &connection->evidence[i].moment;
		if (moment->capture == capture && is_first(connection, i))
			words_add(&frames, "%sframe.number==%" PRIu64, i == 0 ? "" : " || ", (uint64_t)moment->frame);
	}
	if (!is_plain(file))
		return;
	if (strlen(file) + frames.length + 20 <= text->form.width) {
		text_format(text, STYLE_FAINT, "  tshark -r %s -Y '%s'", file, frames.text);
		text_line(text);
	} else if (strlen(file) + 14 <= text->form.width && frames.length + 9 <= text->form.width) {
		text_format(text, STYLE_FAINT, "  tshark -r %s \\", file);
		text_line(text);
		text_format(text, STYLE_FAINT, "    -Y '%s'", frames.text);
		text_line(text);
	}
}

void listing_prove(struct text *text, const struct view *view, const struct theme *theme)
{
	const struct connection *connection = theme->finding->example;

	if (connection == NULL || connection->evidence_count == 0)
		return;
	add_subject(text, view, connection);
	add_evidence(text, view, connection);
	add_refusal(text, connection);
	add_incident(text, view, failure_of(view, connection));
	add_command(text, view, connection);
}

/* ---- The table ---- */

enum column {
	COLUMN_ID,
	COLUMN_START,
	COLUMN_SINCE,
	COLUMN_CLIENT,
	COLUMN_SERVER,
	COLUMN_OUTCOME,
	COLUMN_WAITED,
	COLUMN_LPI,
	COLUMNS
};

/* How wide each column is with the space after it; 0: it is left out. */
struct table {
	bool dates; /* failures on several days: they stand with the times, else in the heading */
	unsigned columns[COLUMNS];
};

static const char *cell(const struct table *table, const struct view *view, const struct failure *failure,
			enum column column, char *text)
{
	const struct connection *connection = failure->connection;
	char clock[PHRASE_SIZE], date[PHRASE_SIZE];

	switch (column) {
	case COLUMN_ID:
		snprintf(text, PHRASE_SIZE, "#%" PRIu32, connection->id);
		return text;
	case COLUMN_START:
		phrase_date(connection->first.time, date);
		snprintf(text, PHRASE_SIZE, "%.40s%s%.40s", table->dates ? date : "", table->dates ? " " : "",
			 phrase_clock(connection->first.time, 3, clock));
		return text;
	case COLUMN_SINCE:
		return phrase_since(connection->first.time, view->analysis->first, text);
	case COLUMN_CLIENT:
		return phrase_endpoint(&connection->client, text);
	case COLUMN_SERVER:
		return phrase_endpoint(&connection->server, text);
	case COLUMN_OUTCOME:
		return outcome_name(connection->outcome);
	case COLUMN_WAITED:
		return connection->wait_us < 0 ? "-" : phrase_duration(connection->wait_us, text);
	default:
		if (failure->incident == NULL)
			return "";
		phrase_lpi(&failure->incident->lpi, clock);
		snprintf(text, PHRASE_SIZE, "%.60s%s", clock,
			 failure->match->confidence == MATCH_AMBIGUOUS ? "\u00a0?" : "");
		return text;
	}
}

static const char *const heads[COLUMNS] = {"id",     "SYN, UTC", "since start", "client",
					   "server", "outcome",  "waited",      "4283 LPI"};

/* Text is measured in characters: every sign of a cell is one column wide. */
static unsigned length_of(const char *text)
{
	unsigned length = 0;

	for (; *text != '\0'; text++)
		length += ((unsigned char)*text & 0xc0) != 0x80;
	return length;
}

static bool same_server(const struct view *view)
{
	const struct endpoint *first = &view->failures[0].connection->server;

	for (size_t i = 1; i < view->failure_count; i++) {
		const struct endpoint *server = &view->failures[i].connection->server;
		if (server->port != first->port || !address_equal(&server->ip, &first->ip))
			return false;
	}
	return true;
}

static void measure(struct table *table, const struct view *view)
{
	char text[PHRASE_SIZE];

	for (unsigned c = 0; c < COLUMNS; c++) {
		table->columns[c] = 0;
		for (size_t i = 0; i < view->failure_count; i++) {
			unsigned length = length_of(cell(table, view, &view->failures[i], (enum column)c, text)) + 1;
			table->columns[c] = length > table->columns[c] ? length : table->columns[c];
		}
		if (table->columns[c] > 1 && table->columns[c] <= length_of(heads[c]))
			table->columns[c] = length_of(heads[c]) + 1;
		if (table->columns[c] == 1)
			table->columns[c] = 0;
	}
}

static unsigned total(const struct table *table)
{
	unsigned columns = 0;

	for (unsigned c = 0; c < COLUMNS; c++)
		columns += table->columns[c];
	return columns;
}

/* What can be spared goes first: seconds since the start, then the ends of long addresses. */
static void lay_out(struct table *table, const struct view *view, unsigned width)
{
	static const struct {
		enum column column;
		unsigned least;
	} spared[] = {{COLUMN_SINCE, 0}, {COLUMN_SERVER, 21}, {COLUMN_CLIENT, 21}, {COLUMN_SERVER, 0}};
	char first[PHRASE_SIZE], last[PHRASE_SIZE];

	phrase_date(view->failures[0].connection->first.time, first);
	phrase_date(view->failures[view->failure_count - 1].connection->first.time, last);
	table->dates = strcmp(first, last) != 0;
	measure(table, view);
	if (same_server(view))
		table->columns[COLUMN_SERVER] = 0;
	for (size_t i = 0; i < sizeof spared / sizeof spared[0] && total(table) > width + 1; i++)
		if (table->columns[spared[i].column] > spared[i].least)
			table->columns[spared[i].column] = spared[i].least;
}

static void draw_row(struct text *text, const struct table *table, const struct view *view,
		     const struct failure *failure)
{
	static const enum text_style styles[COLUMNS] = {[COLUMN_ID] = STYLE_STRONG,
							[COLUMN_SINCE] = STYLE_FAINT,
							[COLUMN_OUTCOME] = STYLE_BAD,
							[COLUMN_LPI] = STYLE_MARK};
	char words[PHRASE_SIZE];
	unsigned at = 0;

	for (unsigned c = 0; c < COLUMNS; c++) {
		if (table->columns[c] == 0)
			continue;
		if (failure == NULL)
			text_add(text, STYLE_FAINT, heads[c]);
		else
			text_add(text, styles[c], cell(table, view, failure, (enum column)c, words));
		at += table->columns[c];
		text_limit(text, at - 1);
		text_to(text, at);
	}
	text_line(text);
}

static void draw_theme(struct text *text, const struct table *table, const struct view *view, size_t theme, size_t most)
{
	const struct finding *finding = view->themes[theme].finding;
	size_t shown = 0;

	text_format(text, STYLE_STRONG, "%s", origin_name(finding->origin));
	text_format(text, STYLE_PLAIN, "%s%s, %" PRIu64, finding->cause == NULL ? "" : ", ",
		    finding->cause == NULL ? "" : finding->cause, view->themes[theme].connections);
	text_line(text);
	for (size_t i = 0; i < view->failure_count && shown < most; i++) {
		if (view->failures[i].theme != theme)
			continue;
		draw_row(text, table, view, &view->failures[i]);
		shown++;
	}
	if (shown < view->themes[theme].connections) {
		text_format(text, STYLE_FAINT, "… and %" PRIu64 " more; -v lists all",
			    view->themes[theme].connections - shown);
		text_line(text);
	}
}

void listing_draw(struct text *text, const struct view *view, bool all)
{
	bool few = view->failure_count <= SHOWN_ALL;
	struct table table;
	char server[PHRASE_SIZE], date[PHRASE_SIZE];

	lay_out(&table, view, text->form.width);
	if (same_server(view)) {
		text_format(text, STYLE_FAINT, "All to %s%s%s.",
			    phrase_endpoint(&view->failures[0].connection->server, server), table.dates ? "" : ", on ",
			    table.dates ? "" : phrase_date(view->failures[0].connection->first.time, date));
		text_line(text);
	} else if (!table.dates) {
		text_format(text, STYLE_FAINT, "All on %s.",
			    phrase_date(view->failures[0].connection->first.time, date));
		text_line(text);
	}
	draw_row(text, &table, view, NULL);
	for (size_t i = 0; i < view->theme_count; i++)
		if (i == 0 || all || few)
			draw_theme(text, &table, view, i, all ? SIZE_MAX : few ? SHOWN_ALL : SHOWN_FIRST);
}
