/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/terminal.h"

#include "origin/catalogue.h"
#include "report/carried.h"
#include "report/chart.h"
#include "report/cited.h"
#include "report/limits.h"
#include "report/lineup.h"
#include "report/listing.h"
#include "report/trend.h"
#include "report/verdict.h"
#include "report/view.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_USUAL = 80, FINDINGS_SHOWN = 8, TREND_NEEDS = 10 };

/* ---- The verdict ---- */

static void draw_verdict(struct text *text, const struct view *view)
{
	struct verdict verdict;

	verdict_make(&verdict, view);
	text_format(text, verdict.kind == VERDICT_HEALTHY ? STYLE_GOOD : STYLE_BAD, "%s: ", verdict_word(verdict.kind));
	text_add(text, STYLE_STRONG, verdict.sentence.text);
	if (verdict.log.length > 0)
		text_format(text, STYLE_PLAIN, " %s", verdict.log.text);
	if (verdict.origin.length > 0)
		text_format(text, STYLE_STRONG, " %s", verdict.origin.text);
	text_paragraph(text, 0);
	if (verdict.next.length == 0)
		return;
	text_add(text, STYLE_GOOD, "Next: ");
	text_add(text, STYLE_PLAIN, verdict.next.text);
	text_paragraph(text, 6);
}

/* ---- Findings ---- */

static void add_references(struct text *text, const struct cause *cause)
{
	for (size_t i = 0; i < CAUSE_REFERENCES && cause->references[i] != NULL; i++)
		text_format(text, STYLE_FAINT, "%s%s", i == 0 ? " [" : " ", cause->references[i]);
	if (cause->references[0] != NULL)
		text_add(text, STYLE_FAINT, "]");
}

static void draw_finding(struct text *text, const struct finding *finding)
{
	const struct cause *cause = catalogue_find(finding->cause);

	text_format(text, STYLE_STRONG, "%3.0f%% ", finding->share * 100);
	text_format(text, STYLE_BAD, "%s", origin_name(finding->origin));
	text_format(text, STYLE_PLAIN, " (%.2f): %s", finding->confidence, finding->statement);
	if (finding->has_timer && finding->timer.known != NULL)
		text_format(text, STYLE_PLAIN, " Fits: %s.", finding->timer.known);
	if (finding->incident_count > 0)
		text_format(text, STYLE_MARK, " Events 4283: %zu.", finding->incident_count);
	if (finding->example != NULL)
		text_format(text, STYLE_FAINT, " E.g. #%" PRIu32 ", frame %" PRIu64 ".", finding->example->id,
			    (uint64_t)finding->example->first.frame);
	if (cause != NULL && finding->origin != ORIGIN_UNDETERMINED)
		text_format(text, STYLE_PLAIN, " Next: %s.", cause->next_step);
	if (cause != NULL)
		add_references(text, cause);
	text_paragraph(text, 5);
}

/* The verdict has told the first theme's. */
static void draw_findings(struct text *text, const struct view *view, bool all)
{
	const struct findings *findings = &view->analysis->findings;
	size_t shown = 0;
	size_t others = findings->count - view->themes[0].finding_count;

	if (others > 0)
		text_heading(text, "Other findings, strongest first");
	for (size_t i = 0; i < findings->count && (all || shown < FINDINGS_SHOWN); i++) {
		if (theme_holds(&view->themes[0], findings->findings[i].example))
			continue;
		draw_finding(text, &findings->findings[i]);
		shown++;
	}
	if (shown < others) {
		text_format(text, STYLE_FAINT, "     … and %zu more; -v lists all", others - shown);
		text_line(text);
	}
}

/* ---- Load ---- */

static void draw_load(struct text *text, const struct view *view)
{
	const struct load_figures *load = &view->analysis->summary.load;
	char p50[PHRASE_SIZE], p90[PHRASE_SIZE], p99[PHRASE_SIZE], most[PHRASE_SIZE];

	if (view->analysis->summary.failures_only)
		text_add(text, STYLE_PLAIN, "Not known: the capture says that it only holds connections that failed.");
	if (load->ok_count > 0) {
		text_format(text, STYLE_PLAIN, "SYN to OK response (%" PRId64 "): p50 %s, p90 %s, p99 %s, max %s.",
			    load->ok_count, phrase_duration(load->ok_us_p50, p50),
			    phrase_duration(load->ok_us_p90, p90), phrase_duration(load->ok_us_p99, p99),
			    phrase_duration(load->ok_us_max, most));
	}
	if (load->open_waiting_peak > 0)
		text_format(text, STYLE_PLAIN, "%sAt most %" PRId64 " connection%s waited at once.",
			    text->count > 0 ? " " : "", load->open_waiting_peak,
			    load->open_waiting_peak == 1 ? "" : "s");
	if (load->arrivals_per_s_peak > 0)
		text_format(text, STYLE_PLAIN, "%sNew ones: up to %.1f\u00a0/s.", text->count > 0 ? " " : "",
			    load->arrivals_per_s_peak);
	text_paragraph(text, 0);
}

/* ---- Limits and inputs ---- */

static void draw_limits(struct text *text, const struct view *view)
{
	struct limits limits;

	limits_make(&limits, view);
	if (limits.count > 0)
		text_heading(text, "What these inputs cannot tell");
	for (size_t i = 0; i < limits.count; i++) {
		text_format(text, STYLE_PLAIN, "- %s", limits.says[i].text);
		text_paragraph(text, 2);
	}
	limits_free(&limits);
}

static void draw_capture(struct text *text, const struct capture_info *info, unsigned number, bool several)
{
	char date[PHRASE_SIZE], first[PHRASE_SIZE], last[PHRASE_SIZE];

	text_add(text, STYLE_FAINT, "Read: ");
	if (several)
		text_format(text, STYLE_FAINT, "capture %u, ", number);
	text_format(text, STYLE_PLAIN, "%s (%s%s%s", info->file, info->format == NULL ? "unknown format" : info->format,
		    info->compression == NULL ? "" : ", ", info->compression == NULL ? "" : info->compression);
	for (size_t i = 0; i < info->link_count; i++)
		text_format(text, STYLE_PLAIN, "%s%s", i == 0 ? ", " : " and ", info->links[i].name);
	text_format(text, STYLE_PLAIN, ", %" PRIu64 " packets", info->packets);
	if (info->first != TIME_NONE)
		text_format(text, STYLE_PLAIN, ", %s %s to %s", phrase_date(info->first, date),
			    phrase_clock(info->first, 3, first), phrase_clock(info->last, 3, last));
	text_add(text, STYLE_PLAIN, ")");
	if (!info->complete)
		text_add(text, STYLE_BAD, " NOT READ WHOLE");
	text_paragraph(text, 6);
}

static void draw_inputs(struct text *text, const struct analysis *analysis)
{
	size_t count = capture_set_count(analysis->captures);

	text_gap(text);
	for (size_t i = 0; i < count; i++)
		draw_capture(text, capture_set_info(analysis->captures, i), (unsigned)i + 1, count > 1);
	for (size_t i = 0; i < analysis->log->source_count; i++) {
		uint64_t events = 0;
		char words[PHRASE_SIZE];
		for (size_t e = 0; e < analysis->log->event_count; e++)
			events += analysis->log->events[e].source == i;
		text_add(text, STYLE_FAINT, "Read: ");
		text_format(text, STYLE_PLAIN, "%s (%s)", analysis->log->sources[i],
			    phrase_count(events, "event", words));
		text_paragraph(text, 6);
	}
}

static void draw_tap(struct text *text, const struct analysis *analysis)
{
	static const char *const taps[] = {[TAP_CLIENT] = "beside the clients",
					   [TAP_MIDDLE] = "between clients and server",
					   [TAP_SERVER] = "beside the server"};

	text_format(text, STYLE_PLAIN, "%" PRIu64 " connection%s", analysis->summary.connections,
		    analysis->summary.connections == 1 ? "" : "s");
	for (unsigned i = 0; i < OUTCOMES; i++)
		if (analysis->summary.outcomes[i] > 0)
			text_format(text, STYLE_PLAIN, ", %" PRIu64 " %s", analysis->summary.outcomes[i],
				    outcome_name((enum outcome)i));
	if (analysis->summary.tap != TAP_UNKNOWN)
		text_format(text, STYLE_PLAIN, "; captured %s", taps[analysis->summary.tap]);
	text_add(text, STYLE_PLAIN, ".");
	text_paragraph(text, 0);
}

/* ---- The whole ---- */

static void draw_failures(struct text *text, const struct view *view, bool all)
{
	text_heading(text, "What proves it");
	listing_prove(text, view, &view->themes[0]);
	text_heading(text, "Timeline");
	if (all)
		chart_draw_all(text, view);
	else
		chart_draw(text, view);
	text_heading(text, "Failed connections");
	listing_draw(text, view, all);
	draw_findings(text, view, all);
	text_heading(text, "Load");
	draw_load(text, view);
	if (view->analysis->summary.connections >= TREND_NEEDS && !view->analysis->summary.failures_only)
		trend_draw(text, view);
}

void report_text(FILE *out, const struct analysis *analysis, const struct text_form *form, unsigned verbose)
{
	struct text text;
	struct view view;

	text_init(&text, out, form);
	view_make(&view, analysis);
	draw_verdict(&text, &view);
	if (view.failure_count > 0)
		draw_failures(&text, &view, verbose > 0);
	else if (analysis->summary.connections > 0)
		draw_load(&text, &view);
	cited_draw(&text, analysis, verbose > 0);
	carried_draw(&text, analysis, verbose > 0);
	lineup_draw(&text, &view, verbose > 0);
	draw_limits(&text, &view);
	draw_inputs(&text, analysis);
	if (analysis->summary.connections > 0)
		draw_tap(&text, analysis);
	view_free(&view);
	text_free(&text);
}

/* ---- What the terminal can do ---- */

static bool says_utf8(const char *name)
{
	return name != NULL && (strcasestr(name, "UTF-8") != NULL || strcasestr(name, "UTF8") != NULL);
}

/* The locale's own word, without making it the program's; the environment's where that locale is not installed. */
static bool locale_has_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	if (locale != (locale_t)0) {
		bool utf8 = says_utf8(nl_langinfo_l(CODESET, locale));
		freelocale(locale);
		return utf8;
	}
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);
		if (value != NULL && *value != '\0')
			return says_utf8(value);
	}
	return false;
}

static unsigned width_of(FILE *out, bool terminal)
{
	struct winsize window;
	const char *columns = getenv("COLUMNS");
	long said = columns == NULL ? 0 : strtol(columns, NULL, 10);

	if (terminal && ioctl(fileno(out), TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
		return window.ws_col;
	return said > 0 && said < 10000 ? (unsigned)said : WIDTH_USUAL;
}

struct text_form terminal_form(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	bool terminal = isatty(fileno(out)) == 1;

	return (struct text_form){.width = width_of(out, terminal),
				  .colour = terminal && (no_color == NULL || *no_color == '\0') && term != NULL &&
					    strcmp(term, "dumb") != 0,
				  .utf8 = locale_has_utf8()};
}

void report_terminal(FILE *out, const struct analysis *analysis, unsigned verbose)
{
	struct text_form form = terminal_form(out);

	report_text(out, analysis, &form, verbose);
}
