/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in the page without its script: the verdict, the findings, what proves the first, a table of failures,
 * the event log, the limits. For the script the same records that --json writes are embedded, and of the connections
 * that did not fail only counts by time. All text goes through struct text or struct json, so that no byte of a
 * packet, a log or a file's name can become markup.
 */
#include "report/page.h"

#include "base/memory.h"
#include "origin/catalogue.h"
#include "origin/judge.h"
#include "report/cited.h"
#include "report/limits.h"
#include "report/lineup.h"
#include "report/offsets.h"
#include "report/page_rows.h"
#include "report/phrase.h"
#include "report/verdict.h"
#include "report/view.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATIC_ROWS = 200, STRETCHES = 7200, DURATION_LEVELS = LEVELS_FINE * LEVEL_DECADES };

extern const unsigned char page_css[];
extern const unsigned char page_js[];

struct page {
	FILE *out;
	struct text text; /* escapes */
	const struct view *view;
	const struct exchanges *exchanges;
};

static void markup(struct page *page, const char *html)
{
	fputs(html, page->out);
}

/* <name>words</name>; name may carry attributes. */
static void element(struct page *page, const char *name, const char *words)
{
	int length = (int)strcspn(name, " ");

	fprintf(page->out, "<%s>", name);
	text_add(&page->text, STYLE_PLAIN, words);
	text_inline(&page->text);
	fprintf(page->out, "</%.*s>\n", length, name);
}

/* "2002-02-26 19:40:00Z to 19:50:50Z"; the second date where it is another day. */
static void add_span(struct words *words, time_ns from, time_ns to, unsigned digits)
{
	char first[PHRASE_SIZE], last[PHRASE_SIZE], clock[PHRASE_SIZE];

	if (from == TIME_NONE)
		return;
	phrase_date(from, first);
	phrase_date(to, last);
	words_add(words, "%s %s to ", first, phrase_clock(from, digits, clock));
	words_add(words, "%s%s%s", strcmp(first, last) == 0 ? "" : last, strcmp(first, last) == 0 ? "" : " ",
		  phrase_clock(to, digits, clock));
}

/* ---- The data ---- */

/*
 * JSON as the content of a script element. Outside of strings no character of it needs an escape, inside any may have
 * one: so nothing can end the element, begin a comment, or be a line's end to an older JavaScript.
 */
static void write_escaped(FILE *out, const char *json, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)json[i];
		bool separator = byte == 0xe2 && i + 2 < length && (unsigned char)json[i + 1] == 0x80 &&
				 ((unsigned char)json[i + 2] & 0xfe) == 0xa8;
		if (separator) {
			fprintf(out, "\\u20%02x", (unsigned char)json[i + 2] - 0x80U);
			i += 2;
		} else if (byte == '<' || byte == '>' || byte == '&') {
			fprintf(out, "\\u%04x", byte);
		} else if (byte == '\n') {
			fputs(i + 1 < length ? ",\n" : "\n", out);
		} else {
			putc(byte, out);
		}
	}
}

static void put_counts(struct json *json, const char *key, const uint32_t *counts, size_t count)
{
	json_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_integer(json, NULL, counts[i]);
	json_array_end(json);
}

/* Of a level how often, for the stretches in which there is any: [stretch, level, count, …]. */
static void put_ok_levels(struct json *json, const struct load_series *series)
{
	enum { LEVELS = LEVELS_COARSE * LEVEL_DECADES };

	json_array(json, "ok");
	for (size_t i = 0; i < series->count * LEVELS; i++) {
		if (series->ok_levels[i] == 0)
			continue;
		json_integer(json, NULL, (int64_t)(i / LEVELS));
		json_integer(json, NULL, (int64_t)(i % LEVELS));
		json_integer(json, NULL, series->ok_levels[i]);
	}
	json_array_end(json);
}

static void put_failures_by_time(struct json *json, const struct view *view, const struct load_series *series)
{
	uint32_t *ended = memory_get_zeroed(series->count + 1, sizeof *ended);
	uint32_t waits[DURATION_LEVELS] = {0};

	for (size_t i = 0; i < view->failure_count; i++) {
		const struct connection *connection = view->failures[i].connection;
		const struct moment *close = &connection->milestones[MILESTONE_CLOSE];
		time_ns end = moment_seen(close) ? close->time : connection->last.time;
		int64_t at = (end / NS_PER_S - series->first_second) / series->step_s;
		if (at >= 0 && (uint64_t)at < series->count)
			ended[at]++;
		if (connection->wait_us >= 0)
			waits[load_level(connection->wait_us, LEVELS_FINE)]++;
	}
	put_counts(json, "failures", ended, series->count);
	put_counts(json, "wait_total", waits, DURATION_LEVELS);
	free(ended);
}

/* What the offset between the clocks rests on: how many events stand at a failure's end, by offset. */
static void put_offsets(struct json *json, const struct analysis *analysis)
{
	struct offsets offsets;

	json_array(json, "offsets");
	bool any = offsets_make(&offsets, analysis, OFFSET_COLUMNS);
	for (unsigned i = 0; any && i < offsets.count; i++) {
		json_object(json, NULL);
		json_decimal(json, "offset_s", analysis->clock.offset_s + offsets.strips[i].middle_s, 3);
		put_counts(json, "counts", offsets.strips[i].counts, offsets.columns);
		json_count_or_null(json, "next", i == 0 && offsets.next < offsets.columns ? (int64_t)offsets.next : -1);
		json_object_end(json);
	}
	json_array_end(json);
}

/* The one record that is the page's own. */
static void put_page_record(struct json *json, const struct page *page, size_t lanes, size_t incidents)
{
	const struct view *view = page->view;
	const struct analysis *analysis = view->analysis;
	struct load_series series = load_series_make(analysis->load, analysis->first, analysis->last, STRETCHES);

	json_object(json, NULL);
	json_text(json, "record", "page");
	json_time(json, "first", analysis->first, 6);
	json_time(json, "last", analysis->last, 6);
	json_time(json, "from", analysis->first == TIME_NONE ? TIME_NONE : series.first_second * NS_PER_S, 0);
	json_integer(json, "step_s", series.step_s);
	json_integer(json, "failure_count", (int64_t)view->failure_count);
	json_integer(json, "lanes", (int64_t)lanes);
	json_integer(json, "incidents", (int64_t)incidents);
	json_integer(json, "incident_count", (int64_t)analysis->log->incident_count);
	json_integer(json, "levels", LEVELS_COARSE);
	json_integer(json, "levels_total", LEVELS_FINE);
	put_counts(json, "arrivals", series.arrivals, series.count);
	put_counts(json, "waiting", series.waiting_peak, series.count);
	put_ok_levels(json, &series);
	put_counts(json, "ok_total", series.ok_total, DURATION_LEVELS);
	put_failures_by_time(json, view, &series);
	put_offsets(json, analysis);
	page_rows_put(json, page->exchanges);
	json_object_end(json);
	json_line(json);
	load_series_free(&series);
}

static unsigned digits_of(const struct analysis *analysis)
{
	unsigned digits = 6;

	for (size_t i = 0; i < capture_set_count(analysis->captures); i++)
		if (capture_set_info(analysis->captures, i)->digits > digits)
			digits = capture_set_info(analysis->captures, i)->digits;
	return digits;
}

static void put_incidents(struct json *json, const struct analysis *analysis, size_t count)
{
	const struct event_log *log = analysis->log;
	unsigned digits = digits_of(analysis);

	for (size_t i = 0; i < count; i++) {
		const struct incident *incident = &log->incidents[i];
		record_incident(json, digits, incident, &analysis->matches[i]);
		for (uint32_t e = 0; e < incident->event_count; e++)
			if (incident->events[e] > 0 && incident->events[e] <= log->event_count)
				record_event(json, log, &log->events[incident->events[e] - 1]);
	}
}

static void put_data(struct page *page)
{
	const struct view *view = page->view;
	const struct analysis *analysis = view->analysis;
	size_t incidents =
	    analysis->log->incident_count < PAGE_INCIDENTS ? analysis->log->incident_count : PAGE_INCIDENTS;
	bool *wanted = memory_get_zeroed(view->failure_count + 1, sizeof *wanted);
	size_t lanes = view_choose(view, PAGE_FAILURES, wanted);
	char *bytes = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&bytes, &length);
	struct json json;

	if (memory == NULL)
		abort();
	json_init(&json, memory);
	put_page_record(&json, page, lanes, incidents);
	for (size_t i = 0; i < capture_set_count(analysis->captures); i++)
		record_capture(&json, i, capture_set_info(analysis->captures, i));
	record_clocks(&json, &analysis->clock, analysis->clocks, analysis->log);
	for (size_t i = 0; i < view->failure_count; i++)
		if (wanted[i])
			record_connection(&json, &analysis->options->style, view->failures[i].connection);
	put_incidents(&json, analysis, incidents);
	for (size_t i = 0; i < analysis->findings.count; i++)
		record_finding(&json, &analysis->findings.findings[i]);
	record_summary(&json, &analysis->summary, &analysis->causes);
	json_flush(&json);
	json_free(&json);
	fclose(memory);
	markup(page, "<script type=\"application/json\" id=\"data\">[");
	write_escaped(page->out, bytes, length);
	markup(page, "]</script>\n");
	free(bytes);
	free(wanted);
}

/* ---- Verdict ---- */

static void put_verdict(struct page *page, const struct verdict *verdict)
{
	bool healthy = verdict->kind == VERDICT_HEALTHY;

	fprintf(page->out, "<section id=\"verdict\" class=\"%s\" aria-label=\"Verdict\">\n",
		healthy                             ? "is-good"
		: verdict->kind == VERDICT_FAILURES ? "is-bad"
						    : "is-open");
	element(page, "p class=\"badge\"", verdict_word(verdict->kind));
	element(page, "h1", verdict->sentence.text);
	if (verdict->origin.length > 0)
		element(page, "p class=\"origin\"", verdict->origin.text);
	if (verdict->log.length > 0)
		element(page, "p class=\"log\"", verdict->log.text);
	if (verdict->next.length > 0) {
		markup(page, "<p class=\"next\"><b>Next:</b> ");
		text_add(&page->text, STYLE_PLAIN, verdict->next.text);
		text_inline(&page->text);
		markup(page, "</p>\n");
	}
	markup(page, "</section>\n");
}

static void put_figure(struct page *page, const char *label, const char *value)
{
	markup(page, "<div>");
	element(page, "dt", label);
	element(page, "dd", value);
	markup(page, "</div>");
}

static void put_figures(struct page *page)
{
	const struct analysis *analysis = page->view->analysis;
	const struct summary *summary = &analysis->summary;
	char value[PHRASE_SIZE];

	if (summary->connections == 0)
		return;
	markup(page, "<dl id=\"figures\">");
	snprintf(value, sizeof value, "%" PRIu64, summary->connections);
	put_figure(page, "connections", value);
	snprintf(value, sizeof value, "%zu", page->view->failure_count);
	put_figure(page, "failed", value);
	if (analysis->log->source_count > 0) {
		snprintf(value, sizeof value, "%" PRIu64 " of %" PRIu64,
			 summary->matches[MATCH_CERTAIN] + summary->matches[MATCH_PROBABLE], summary->incidents);
		put_figure(page, "events 4283 with their connection, certain or probable", value);
	}
	if (summary->load.ok_count > 0) {
		put_figure(page, "SYN to OK, median", phrase_duration(summary->load.ok_us_p50, value));
		put_figure(page, "SYN to OK, 99 of 100", phrase_duration(summary->load.ok_us_p99, value));
	}
	if (summary->load.open_waiting_peak > 0) {
		snprintf(value, sizeof value, "%" PRId64, summary->load.open_waiting_peak);
		put_figure(page, "waited for the OK at once", value);
	}
	markup(page, "</dl>\n");
}

/* ---- Findings ---- */

static void put_sign(struct page *page, const char *title, const char *says)
{
	if (says == NULL)
		return;
	element(page, "dt", title);
	element(page, "dd", says);
}

/* As `mtascope explain` tells them: who reads the page may have no mtascope. */
static void put_causes(struct page *page, const struct citations *causes, size_t of)
{
	if (causes->count > 0)
		markup(page, "<ul class=\"causes\">\n");
	for (size_t i = 0; i < causes->count; i++) {
		const struct cause *cause = causes->list[i].cause;
		markup(page, "<li>");
		cited_say(&page->text, &causes->list[i], of);
		text_inline(&page->text);
		markup(page, "<details><summary>How it shows, and what rules it out</summary><dl class=\"facts\">");
		put_sign(page, "on the wire", cause->wire);
		put_sign(page, "in the log", cause->log);
		put_sign(page, "ruled out by", cause->excluded);
		put_sign(page, "next", cause->next_step);
		markup(page, "</dl></details></li>\n");
	}
	if (causes->count > 0)
		markup(page, "</ul>\n");
}

/* What the capture shows beside its failures, and the log of its incidents. */
static void put_other_causes(struct page *page)
{
	const struct citations *causes = &page->view->analysis->causes;

	if (causes->count == 0)
		return;
	markup(page, "<section id=\"causes\"><h2>Beside the findings</h2>\n");
	put_causes(page, causes, 0);
	markup(page, "</section>\n");
}

static void put_finding(struct page *page, const struct finding *finding)
{
	const struct cause *cause = catalogue_find(finding->cause);
	struct words words = {0};

	markup(page, "<li>");
	words_add(&words, "%s, confidence %.2f", origin_name(finding->origin), finding->confidence);
	fprintf(page->out,
		"<svg class=\"share\" width=\"110\" height=\"10\" viewBox=\"0 0 110 10\" aria-hidden=\"true\"><path "
		"class=\"f-share\" d=\"M0 0h110v10h-110z\"/><path class=\"f-bad\" d=\"M0 "
		"0h%.1fv10H0z\"/></svg>",
		finding->share * 110);
	fprintf(page->out, "<b>%.0f %% of failures</b> ", finding->share * 100);
	element(page, "b class=\"bad\"", words.text);
	element(page, "p", finding->statement);
	words = (struct words){0};
	if (finding->has_timer && finding->timer.known != NULL)
		words_add(&words, "Fits: %s. ", finding->timer.known);
	if (finding->incident_count > 0)
		words_add(&words, "Events 4283: %zu. ", finding->incident_count);
	if (cause != NULL && finding->origin != ORIGIN_UNDETERMINED)
		words_add(&words, "Next: %s. ", cause->next_step);
	for (size_t i = 0; cause != NULL && i < CAUSE_REFERENCES && cause->references[i] != NULL; i++)
		words_add(&words, "%s%s", i == 0 ? "Articles: " : ", ", cause->references[i]);
	if (words.length > 0)
		element(page, "p class=\"faint\"", words.text);
	put_causes(page, &finding->causes, finding->connection_count);
	markup(page, "</li>\n");
}

static void put_findings(struct page *page)
{
	const struct findings *findings = &page->view->analysis->findings;

	if (findings->count == 0)
		return;
	markup(page, "<section id=\"findings\"><h2>Findings, strongest first</h2>\n<ol>\n");
	for (size_t i = 0; i < findings->count; i++)
		put_finding(page, &findings->findings[i]);
	markup(page, "</ol></section>\n");
}

/* ---- Proof ---- */

static void put_proof(struct page *page)
{
	const struct view *view = page->view;
	const struct connection *connection = view->theme_count == 0 ? NULL : view->themes[0].finding->example;
	bool several = capture_set_count(view->analysis->captures) > 1;
	char client[PHRASE_SIZE], server[PHRASE_SIZE], words[PHRASE_SIZE], says[256];
	struct words subject = {0};

	if (connection == NULL || connection->evidence_count == 0)
		return;
	words_add(&subject, "#%" PRIu32 " %s → %s", connection->id, phrase_endpoint(&connection->client, client),
		  phrase_endpoint(&connection->server, server));
	fprintf(page->out,
		"<section id=\"proof\" data-id=\"%" PRIu32 "\"><h2>What proves it, on the connection that shows it "
		"best</h2>\n",
		connection->id);
	element(page, "p class=\"subject\"", subject.text);
	markup(page, "<div class=\"pair\"><div id=\"proof-ladder\"></div><div class=\"scroll\"><table><thead><tr><th "
		     "scope=\"col\">frame<th scope=\"col\">UTC<th scope=\"col\">since start<th "
		     "scope=\"col\">what it shows</tr></thead><tbody>\n");
	for (size_t i = 0; i < connection->evidence_count; i++) {
		const struct evidence *evidence = &connection->evidence[i];
		markup(page, "<tr>");
		snprintf(words, sizeof words, several ? "%" PRIu64 " of capture %" PRIu32 : "%" PRIu64,
			 (uint64_t)evidence->moment.frame, (uint32_t)evidence->moment.capture);
		element(page, "td class=\"number\"", words);
		element(page, "td class=\"number\"", phrase_clock(evidence->moment.time, 6, words));
		element(page, "td class=\"number\"", phrase_since(evidence->moment.time, view->analysis->first, words));
		evidence_format(evidence, says, sizeof says);
		element(page, "td", says);
		markup(page, "</tr>\n");
	}
	markup(page, "</tbody></table></div></div></section>\n");
}

/* ---- The table of failures ---- */

static void put_row(struct page *page, const struct failure *failure)
{
	const struct connection *connection = failure->connection;
	char words[PHRASE_SIZE], clock[PHRASE_SIZE], date[PHRASE_SIZE];

	markup(page, "<tr>");
	snprintf(words, sizeof words, "#%" PRIu32, connection->id);
	element(page, "th scope=\"row\"", words);
	snprintf(words, sizeof words, "%.40s %.40s", phrase_date(connection->first.time, date),
		 phrase_clock(connection->first.time, 3, clock));
	element(page, "td class=\"number\"", words);
	element(page, "td", phrase_endpoint(&connection->client, words));
	element(page, "td", phrase_endpoint(&connection->server, words));
	element(page, "td", outcome_name(connection->outcome));
	element(page, "td", connection->origin == ORIGIN_NONE ? "" : origin_name(connection->origin));
	element(page, "td class=\"number\"",
		connection->wait_us < 0 ? "-" : phrase_duration(connection->wait_us, words));
	words[0] = '\0';
	if (failure->incident != NULL) {
		phrase_lpi(&failure->incident->lpi, clock);
		snprintf(words, sizeof words, "%.60s%s", clock,
			 failure->match->confidence == MATCH_AMBIGUOUS ? "\u00a0?" : "");
	}
	element(page, "td", words);
	markup(page, "</tr>\n");
}

static void put_table(struct page *page)
{
	const struct view *view = page->view;
	size_t shown = view->failure_count < STATIC_ROWS ? view->failure_count : STATIC_ROWS;

	if (view->failure_count == 0)
		return;
	markup(page, "<section id=\"failures\"><h2>Failed connections</h2>\n<p id=\"table-says\" role=\"status\">");
	if (shown < view->failure_count)
		fprintf(page->out, "The first %zu of %zu, by time.", shown, view->failure_count);
	else
		fprintf(page->out, "All %zu, by time.", shown);
	markup(page, " “?” marks an event that may be another's.</p>\n<div class=\"scroll\" tabindex=\"0\" "
		     "role=\"region\" aria-label=\"Table of failed connections\"><table id=\"table\"><thead><tr>");
	static const char *const heads[] = {"id",      "SYN, UTC", "client", "server",
					    "outcome", "origin",   "waited", "event 4283, LPI"};
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
		fprintf(page->out, "<th scope=\"col\">%s</th>", heads[i]);
	markup(page, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < shown; i++)
		put_row(page, &view->failures[i]);
	markup(page, "</tbody></table></div>\n<div id=\"pager\" class=\"tools\"></div></section>\n");
}

/* ---- Inputs, limits, method ---- */

static void put_limits(struct page *page)
{
	struct limits limits;

	limits_make(&limits, page->view);
	if (limits.count > 0)
		markup(page, "<section id=\"limits\"><h2>What these inputs cannot tell</h2>\n<ul>\n");
	for (size_t i = 0; i < limits.count; i++)
		element(page, "li", limits.says[i].text);
	if (limits.count > 0)
		markup(page, "</ul></section>\n");
	limits_free(&limits);
}

static void put_capture(struct page *page, const struct capture_info *info)
{
	char words[PHRASE_SIZE];
	struct words links = {0};

	markup(page, "<tr>");
	element(page, "th scope=\"row\"", info->file);
	words_add(&links, "%s%s%s", info->format == NULL ? "unknown format" : info->format,
		  info->compression == NULL ? "" : ", ", info->compression == NULL ? "" : info->compression);
	for (size_t i = 0; i < info->link_count; i++)
		words_add(&links, ", %s", info->links[i].name);
	element(page, "td", links.text);
	snprintf(words, sizeof words, "%" PRIu64, info->packets);
	element(page, "td class=\"number\"", words);
	struct words span = {0};
	add_span(&span, info->first, info->last, 3);
	element(page, "td class=\"number\"", span.text);
	element(page, info->complete ? "td" : "td class=\"bad\"", info->complete ? "whole" : "NOT READ WHOLE");
	markup(page, "</tr>\n");
}

static void put_inputs(struct page *page)
{
	const struct analysis *analysis = page->view->analysis;

	markup(page, "<section id=\"inputs\"><h2>What was read</h2>\n<div class=\"scroll\"><table><thead><tr><th "
		     "scope=\"col\">file<th scope=\"col\">form<th scope=\"col\">packets or events<th "
		     "scope=\"col\">UTC<th scope=\"col\">read</tr></thead><tbody>\n");
	for (size_t i = 0; i < capture_set_count(analysis->captures); i++)
		put_capture(page, capture_set_info(analysis->captures, i));
	for (size_t i = 0; i < analysis->log->source_count; i++) {
		uint64_t events = 0;
		size_t problems = 0;
		for (size_t e = 0; e < analysis->log->event_count; e++)
			events += analysis->log->events[e].source == i;
		for (size_t p = 0; p < analysis->log->problem_count; p++)
			problems += analysis->log->problems[p].source == i;
		markup(page, "<tr>");
		element(page, "th scope=\"row\"", analysis->log->sources[i]);
		fprintf(page->out, "<td>event log</td><td class=\"number\">%" PRIu64 "</td><td></td>%s</tr>\n", events,
			problems == 0 ? "<td>whole</td>" : "<td class=\"bad\">NOT READ WHOLE</td>");
	}
	markup(page, "</tbody></table></div>\n<div id=\"quality\"></div></section>\n");
}

static void put_method(struct page *page)
{
	static const char *const oks[] = {[OK_CC] = "the COTP connection confirm (CC)",
					  [OK_SESSION] = "the session ACCEPT",
					  [OK_BIND] = "the accepted P1 bind"};
	struct words words = {0};

	words_add(&words,
		  "Each connection is timed from its first SYN; the OK response is %s. An ACK only shows that the "
		  "server's TCP is alive, the OK that the MTA is: most answers follow from that line.",
		  oks[page->view->analysis->options->ok]);
	markup(page, "<section id=\"method\"><h2>Method</h2>\n");
	element(page, "p", words.text);
	element(page, "p",
		"Origins are decided by rules that rest on packets, each of which is named by its frame. The "
		"confidence of a rule is set by hand and checked against simulated captures whose truth is known.");
	element(page, "p",
		"Packet times are the capture's and never changed. Events have whole seconds of another clock; the "
		"offset between the two is estimated from closes and events together, and refused where chance alone "
		"would line them up as well. An event is drawn as wide as its time is uncertain.");
	element(
	    page, "p",
	    "Connections that did not fail are not kept one by one: they are in the counts by time, and in the time "
	    "to the OK.");
	markup(page, "</section>\n");
}

/* ---- The whole ---- */

static void put_head(struct page *page)
{
	const struct analysis *analysis = page->view->analysis;
	struct words title = {0};

	words_add(&title, "mtascope: %s",
		  capture_set_count(analysis->captures) > 0 ? capture_set_info(analysis->captures, 0)->file : "");
	markup(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		     "'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"color-scheme\" content=\"light dark\">\n"
		     "<meta name=\"referrer\" content=\"no-referrer\">\n");
	element(page, "title", title.text);
	fprintf(page->out, "<style>\n%s</style></head>\n<body>\n", (const char *)page_css);
}

static void put_header(struct page *page)
{
	const struct analysis *analysis = page->view->analysis;
	struct words words = {0};
	size_t captures = capture_set_count(analysis->captures);

	markup(page, "<header><span class=\"name\">mtascope</span> ");
	if (captures > 0)
		words_add(&words, "%s", capture_set_info(analysis->captures, 0)->file);
	if (captures > 1)
		words_add(&words, " and %zu more", captures - 1);
	for (size_t i = 0; i < analysis->log->source_count && i < 1; i++)
		words_add(&words, " · %s", analysis->log->sources[i]);
	if (analysis->log->source_count > 1)
		words_add(&words, " and %zu more", analysis->log->source_count - 1);
	element(page, "span class=\"files\"", words.text);
	words = (struct words){0};
	add_span(&words, analysis->first, analysis->last, 0);
	element(page, "span class=\"span\"", words.text);
	markup(page, "</header>\n");
}

static void put_incidents_shown(struct page *page)
{
	size_t count = page->view->analysis->log->incident_count;

	if (count > PAGE_INCIDENTS)
		fprintf(page->out, "<p>The timeline has the first %d of %zu incidents.</p>\n", PAGE_INCIDENTS, count);
}

static void put_body(struct page *page)
{
	struct verdict verdict;

	verdict_make(&verdict, page->view);
	put_header(page);
	markup(page, "<main>\n");
	put_verdict(page, &verdict);
	put_figures(page);
	markup(page, "<noscript><p class=\"note\">The timeline and the charts need JavaScript, which is off. Verdict, "
		     "proof, findings and tables are all here.</p></noscript>\n"
		     "<section id=\"timeline\" hidden></section>\n");
	put_proof(page);
	markup(page, "<section id=\"waits\" hidden></section>\n");
	put_findings(page);
	put_other_causes(page);
	put_table(page);
	if (page->view->analysis->log->source_count > 0) {
		markup(page, "<section id=\"log\">");
		lineup_draw(&page->text, page->view, false);
		put_incidents_shown(page);
		markup(page, "<div id=\"offsets\"></div><div id=\"lags\"></div><div id=\"clocks\"></div></section>\n");
	}
	put_limits(page);
	put_inputs(page);
	put_method(page);
	markup(page,
	       "</main>\n<footer>mtascope " MTASCOPE_VERSION ". This page is complete in itself: it loads nothing "
	       "and sends nothing. It holds addresses, ports and names of the connections: look at it before "
	       "you pass it on.</footer>\n<dialog id=\"ladder\" aria-labelledby=\"ladder-title\"></dialog>\n");
}

bool page_write(FILE *out, const struct analysis *analysis, const struct exchanges *exchanges)
{
	struct text_form form = {.utf8 = true, .html = true};
	struct view view;
	struct page page = {.out = out, .view = &view, .exchanges = exchanges};

	view_make(&view, analysis);
	text_init(&page.text, out, &form);
	put_head(&page);
	put_body(&page);
	put_data(&page);
	fprintf(out, "<script>\n(function () {\n'use strict';\n%s})();\n</script>\n</body></html>\n",
		(const char *)page_js);
	text_free(&page.text);
	view_free(&view);
	return fflush(out) == 0 && !ferror(out);
}
