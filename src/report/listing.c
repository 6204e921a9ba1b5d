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
		text_format(text, STYLE_STRONG, "  frame %-6" PRIu64, evidence->moment.frame);
		if (several)
			text_format(text, STYLE_PLAIN, " of capture %" PRIu32 " ", evidence->moment.capture);
		text_format(text, STYLE_FAINT, "%14s", since);
		text_format(text, STYLE_PLAIN, "  %s", says);
		text_paragraph(text, several ? 43 : 31);
	}
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

static void add_command(struct text *text, const struct view *view, const struct connection *connection)
{
	uint32_t capture = connection->evidence[0].moment.capture;
	struct words frames = {0};
	uint64_t last = 0;

	if (capture == 0 || capture > capture_set_count(view->analysis->captures))
		return;
	const char *file = capture_set_info(view->analysis->captures, capture - 1)->file;
	for (size_t i = 0; i < connection->evidence_count; i++) {
		const struct moment *moment = &connection->evidence[i].moment;
		if (moment->capture != capture || moment->frame == last)
			continue;
		words_add(&frames, "%sframe.number==%" PRIu64, last == 0 ? "" : " || ", moment->frame);
		last = moment->frame;
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
	add_incident(text, view, failure_of(view, connection));
	add_command(text, view, connection);
}

/* ---- The table ---- */

/* Which columns there is room for, and where each begins. */
struct table {
	bool dates;   /* failures on several days */
	bool since;   /* seconds since capture start */
	bool servers; /* a column for them; else the heading says which */
	unsigned start, relative, client, server, outcome, waited, incident;
};

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

static unsigned endpoint_columns(const struct view *view, bool of_server)
{
	char text[PHRASE_SIZE];
	size_t most = 6;

	for (size_t i = 0; i < view->failure_count; i++) {
		const struct connection *connection = view->failures[i].connection;
		size_t length = strlen(phrase_endpoint(of_server ? &connection->server : &connection->client, text));
		most = length > most ? length : most;
	}
	return (unsigned)most;
}

static void lay_out(struct table *table, const struct view *view, unsigned width)
{
	char first[PHRASE_SIZE], last[PHRASE_SIZE];
	unsigned client = endpoint_columns(view, false);
	unsigned server = endpoint_columns(view, true);
	const unsigned outcome = 21, waited = 13, incident = 11;

	phrase_date(view->failures[0].connection->first.time, first);
	phrase_date(view->failures[view->failure_count - 1].connection->first.time, last);
	table->dates = strcmp(first, last) != 0;
	table->servers = !same_server(view);
	table->start = 8;
	table->relative = table->start + (table->dates ? 20 : 14);
	unsigned fixed = table->relative + outcome + waited + incident + client + 1 + (table->servers ? server + 1 : 0);
	table->since = fixed + 14 <= width;
	if (client > 24 && fixed > width)
		client = 24;
	if (table->servers && fixed > width && server > 20)
		server = 20;
	table->client = table->relative + (table->since ? 14 : 0);
	table->server = table->client + client + 1;
	table->outcome = table->server + (table->servers ? server + 1 : 0);
	table->waited = table->outcome + outcome;
	table->incident = table->waited + waited;
}

/* Cuts the cell that ends here to its column. */
static void cell_end(struct text *text, unsigned next)
{
	text_limit(text, next - 1);
	text_to(text, next);
}

static void draw_head(struct text *text, const struct table *table)
{
	text_add(text, STYLE_FAINT, "id");
	text_to(text, table->start);
	text_add(text, STYLE_FAINT, "first SYN, UTC");
	cell_end(text, table->relative);
	if (table->since)
		text_add(text, STYLE_FAINT, "since start");
	text_to(text, table->client);
	text_add(text, STYLE_FAINT, "client");
	text_to(text, table->server);
	if (table->servers)
		text_add(text, STYLE_FAINT, "server");
	text_to(text, table->outcome);
	text_add(text, STYLE_FAINT, "outcome");
	text_to(text, table->waited);
	text_add(text, STYLE_FAINT, "waited");
	text_to(text, table->incident);
	text_add(text, STYLE_FAINT, "LPI");
	text_line(text);
}

static void add_times(struct text *text, const struct table *table, const struct view *view,
		      const struct connection *connection)
{
	char words[PHRASE_SIZE];

	text_format(text, STYLE_STRONG, "#%" PRIu32, connection->id);
	cell_end(text, table->start);
	if (table->dates)
		text_format(text, STYLE_PLAIN, "%s ", phrase_date(connection->first.time, words) + 5);
	text_add(text, STYLE_PLAIN, phrase_clock(connection->first.time, 3, words));
	cell_end(text, table->relative);
	if (table->since)
		text_add(text, STYLE_FAINT, phrase_since(connection->first.time, view->analysis->first, words));
	if (table->since)
		cell_end(text, table->client);
}

static void draw_row(struct text *text, const struct table *table, const struct view *view,
		     const struct failure *failure)
{
	const struct connection *connection = failure->connection;
	char words[PHRASE_SIZE];

	add_times(text, table, view, connection);
	text_add(text, STYLE_PLAIN, phrase_endpoint(&connection->client, words));
	cell_end(text, table->server);
	if (table->servers) {
		text_add(text, STYLE_PLAIN, phrase_endpoint(&connection->server, words));
		cell_end(text, table->outcome);
	}
	text_add(text, STYLE_BAD, outcome_name(connection->outcome));
	cell_end(text, table->waited);
	text_add(text, STYLE_PLAIN, connection->wait_us < 0 ? "-" : phrase_duration(connection->wait_us, words));
	cell_end(text, table->incident);
	if (failure->incident != NULL)
		text_format(text, STYLE_MARK, "%s%s", phrase_lpi(&failure->incident->lpi, words),
			    failure->match->confidence == MATCH_AMBIGUOUS ? " ?" : "");
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
	if (!table.servers || !table.dates) {
		text_format(text, STYLE_FAINT, "%s%s%s%s", table.servers ? "" : "All to ",
			    table.servers ? "" : phrase_endpoint(&view->failures[0].connection->server, server),
			    table.servers ? "All on "
			    : table.dates ? ""
					  : ", on ",
			    table.dates ? "" : phrase_date(view->failures[0].connection->first.time, date));
		text_line(text);
	}
	draw_head(text, &table);
	for (size_t i = 0; i < view->theme_count; i++)
		if (i == 0 || all || few)
			draw_theme(text, &table, view, i, all ? SIZE_MAX : few ? SHOWN_ALL : SHOWN_FIRST);
}
