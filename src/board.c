/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board.h"

#include "report/phrase.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns at which values, and behind them their histories, begin. */
enum { VALUES = 18, HISTORY = 44, HISTORY_LEAST = 8, PEAK = 14 };
/* Lines from which on there is room for empty ones. */
enum { ROOMY = 20 };

struct drawing {
	struct text *text;
	const struct board *board;
	unsigned left; /* lines; below them nobody sees what is drawn */
};

static void end_line(struct drawing *drawing)
{
	text_line(drawing->text);
	drawing->left -= drawing->left > 0;
}

static void label(struct drawing *drawing, const char *says)
{
	text_add(drawing->text, STYLE_FAINT, says);
	text_to(drawing->text, VALUES);
}

/* ---- The figures ---- */

static const char *span_text(time_ns span, char *text)
{
	int64_t minutes = span / NS_PER_S / 60;

	if (minutes >= 24 * 60)
		snprintf(text, PHRASE_SIZE, "%" PRId64 "\u00a0d %" PRId64 ":%02" PRId64, minutes / (24 * 60),
			 minutes / 60 % 24, minutes % 60);
	else
		snprintf(text, PHRASE_SIZE, "%" PRId64 ":%02" PRId64 ":%02" PRId64, minutes / 60, minutes % 60,
			 span / NS_PER_S % 60);
	return text;
}

static void draw_head(struct drawing *drawing)
{
	const struct board *board = drawing->board;
	struct text *text = drawing->text;
	char time[TIME_TEXT_SIZE], span[PHRASE_SIZE], right[PHRASE_SIZE * 2];

	time_format(board->now, 0, time);
	span_text(board->now > board->since ? board->now - board->since : 0, span);
	snprintf(right, sizeof right, "%s  for %s", time, span);
	text_add(text, STYLE_STRONG, "mtascope live");
	text_format(text, STYLE_PLAIN, "  %s", board->interfaces);
	unsigned needs = (unsigned)strlen(right) + 2;
	if (text->form.width > needs + 20) {
		text_limit(text, text->form.width - needs);
		text_to(text, text->form.width - needs + 2);
	} else {
		text_add(text, STYLE_PLAIN, "  ");
	}
	text_add(text, STYLE_PLAIN, right);
	end_line(drawing);
}

enum history { HISTORY_OK, HISTORY_ARRIVALS, HISTORY_FAILURES };

static double value_of(const struct recent_step *step, enum history which)
{
	double seconds = (double)RECENT_STEP / (double)NS_PER_S;

	return which == HISTORY_OK         ? (double)step->ok_us_max
	       : which == HISTORY_ARRIVALS ? step->arrivals / seconds
					   : step->failures;
}

/* A column for each step, the newest on the right; then the highest of them. */
static void draw_history(struct drawing *drawing, enum history which)
{
	static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	const struct board *board = drawing->board;
	struct text *text = drawing->text;
	double highest = 0;
	char peak[PHRASE_SIZE], duration[PHRASE_SIZE];

	if (text->form.width < HISTORY + HISTORY_LEAST + PEAK)
		return;
	size_t columns = text->form.width - HISTORY - PEAK;
	columns = columns > RECENT_STEPS ? RECENT_STEPS : columns;
	for (size_t i = 0; i < columns; i++) {
		struct recent_step step = recent_step(board->recent, board->now, i);
		highest = fmax(highest, value_of(&step, which));
	}
	if (highest <= 0)
		return;
	text_limit(text, HISTORY - 1);
	text_to(text, HISTORY);
	for (size_t i = columns; i-- > 0;) {
		struct recent_step step = recent_step(board->recent, board->now, i);
		double value = value_of(&step, which);
		unsigned level = value <= 0 ? 0 : (unsigned)(value / highest * 7.999);
		text_add(text, which == HISTORY_FAILURES ? STYLE_BAD : STYLE_PLAIN, value <= 0 ? " " : levels[level]);
	}
	if (which == HISTORY_OK)
		snprintf(peak, sizeof peak, " peak %s", phrase_duration((int64_t)highest, duration));
	else
		snprintf(peak, sizeof peak, which == HISTORY_ARRIVALS ? " peak %.1f/s" : " peak %.0f", highest);
	text_add(text, STYLE_PLAIN, peak);
}

static void draw_waiting(struct drawing *drawing)
{
	const struct board *board = drawing->board;
	struct text *text = drawing->text;
	char duration[PHRASE_SIZE];

	label(drawing, "wait for the OK");
	text_format(text, STYLE_STRONG, "%" PRIu64, board->waiting);
	if (board->waiting > 0 && board->longest > 0)
		text_format(text, STYLE_PLAIN, "  one for %s", phrase_duration(board->longest / NS_PER_US, duration));
	text_format(text, STYLE_PLAIN, "  (%" PRIu64 " connections are followed, %" PRIu64 " are final)", board->alive,
		    board->final);
	end_line(drawing);
}

static void draw_ok(struct drawing *drawing, const struct recent_figures *figures)
{
	struct text *text = drawing->text;
	char p50[PHRASE_SIZE], p95[PHRASE_SIZE], max[PHRASE_SIZE];
	int minutes = (int)(RECENT_OKS_SPAN / NS_PER_S / 60);

	label(drawing, "SYN to OK");
	if (figures->ok_count == 0) {
		text_format(text, STYLE_PLAIN, "none in the last %d minutes", minutes);
	} else {
		text_add(text, STYLE_STRONG, "p50 ");
		text_add(text, STYLE_STRONG, phrase_duration(figures->ok_us_p50, p50));
		text_format(text, STYLE_PLAIN, "  p95 %s  max %s  (%zu in the last %d min)",
			    phrase_duration(figures->ok_us_p95, p95), phrase_duration(figures->ok_us_max, max),
			    figures->ok_count, minutes);
	}
	end_line(drawing);
	label(drawing, "");
	text_format(text, STYLE_FAINT, "slowest, each %.0f s", (double)RECENT_STEP / 1e9);
	draw_history(drawing, HISTORY_OK);
	end_line(drawing);
}

static void draw_arrivals(struct drawing *drawing, const struct recent_figures *figures)
{
	label(drawing, "new connections");
	text_format(drawing->text, STYLE_STRONG, "%.1f/s", figures->arrivals_per_s);
	draw_history(drawing, HISTORY_ARRIVALS);
	end_line(drawing);
}

static void draw_failures(struct drawing *drawing)
{
	const struct board *board = drawing->board;
	struct text *text = drawing->text;
	uint64_t all = 0;

	for (unsigned origin = ORIGIN_NONE + 1; origin < ORIGINS; origin++)
		all += board->origins[origin];
	label(drawing, "failures");
	text_format(text, all > 0 ? STYLE_BAD : STYLE_STRONG, "%" PRIu64, all);
	text_format(text, STYLE_PLAIN, " judged, early closes %" PRIu64, board->early_closes);
	draw_history(drawing, HISTORY_FAILURES);
	end_line(drawing);
	if (all == 0)
		return;
	label(drawing, "");
	const char *between = "";
	for (unsigned origin = ORIGIN_NONE + 1; origin < ORIGINS; origin++) {
		if (board->origins[origin] == 0)
			continue;
		text_format(text, STYLE_PLAIN, "%s%s %" PRIu64, between, origin_name((enum origin)origin),
			    board->origins[origin]);
		between = ", ";
	}
	end_line(drawing);
}

/* "3 half-open connections": what is none is not told. */
static void add_given_up(struct text *text, uint64_t count, const char *what, bool *any)
{
	if (count == 0)
		return;
	text_format(text, STYLE_BAD, "%s%" PRIu64 " %s", *any ? ", " : "given up ", count, what);
	*any = true;
}

static void draw_own(struct drawing *drawing)
{
	const struct board *board = drawing->board;
	const struct let_go *let_go = board->let_go;
	struct text *text = drawing->text;
	bool any = false;

	label(drawing, "packets");
	text_format(text, STYLE_PLAIN, "%" PRIu64 ", ", board->packets);
	text_format(text, board->dropped > 0 ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64 " dropped", board->dropped);
	if (board->cut > 0)
		text_format(text, STYLE_PLAIN, ", %" PRIu64 " cut", board->cut);
	if (board->records_lost > 0)
		text_format(text, STYLE_BAD, ", %" PRIu64 " records lost", board->records_lost);
	end_line(drawing);
	label(drawing, "memory");
	text_format(text, STYLE_PLAIN, "%" PRIu64 " of %" PRIu64 " MiB; ", board->memory >> 20,
		    board->memory_limit >> 20);
	add_given_up(text, let_go->half_open, "half-open and", &any);
	add_given_up(text, let_go->open, "open connections", &any);
	add_given_up(text, let_go->failures, "failures", &any);
	add_given_up(text, let_go->candidates, "candidates", &any);
	add_given_up(text, let_go->seconds, "seconds and OKs", &any);
	add_given_up(text, let_go->services, "acts of services", &any);
	if (!any)
		text_add(text, STYLE_PLAIN, "nothing given up for it");
	end_line(drawing);
	if (board->ring_folder == NULL)
		return;
	label(drawing, "packets kept");
	text_format(text, STYLE_PLAIN, "%" PRIu64 " in %" PRIu64 " file%s, %zu KiB held back, ", board->ring.written,
		    board->ring.files, board->ring.files == 1 ? "" : "s", board->ring.held_bytes / 1024);
	text_format(text, board->ring.let_go > 0 ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64 " let go", board->ring.let_go);
	text_format(text, board->ring.lost > 0 ? STYLE_BAD : STYLE_PLAIN, ", %" PRIu64 " lost", board->ring.lost);
	text_format(text, STYLE_PLAIN, " (%s)", board->ring_folder);
	end_line(drawing);
}

static void draw_log(struct drawing *drawing)
{
	const struct board *board = drawing->board;
	char offset[PHRASE_SIZE];

	if (!board->has_log)
		return;
	label(drawing, "event log");
	text_format(drawing->text, STYLE_PLAIN,
		    "events %" PRIu64 ", incidents %" PRIu64 ", found %" PRIu64 "; clock %s", board->events,
		    board->incidents, board->matched,
		    isnan(board->clock_offset_s) ? "not known yet" : phrase_offset(board->clock_offset_s, offset));
	end_line(drawing);
}

/* ---- What happened last ---- */

static void draw_failure(struct drawing *drawing, const struct recent_failure *failure)
{
	struct text *text = drawing->text;
	char clock[PHRASE_SIZE], client[PHRASE_SIZE], server[PHRASE_SIZE], duration[PHRASE_SIZE];

	text_add(text, STYLE_FAINT, phrase_clock(failure->time, 0, clock));
	text_format(text, STYLE_STRONG, " #%" PRIu32 " ", failure->id);
	text_format(text, STYLE_PLAIN, "%s → %s ", phrase_endpoint(&failure->client, client),
		    phrase_endpoint(&failure->server, server));
	if (failure->judged) {
		text_add(text, STYLE_BAD, outcome_name(failure->outcome));
		text_format(text, STYLE_PLAIN, " %s %.2f",
			    failure->origin == ORIGIN_NONE ? "-" : origin_name(failure->origin),
			    (double)failure->confidence);
	} else {
		text_add(text, STYLE_BAD, "closed without an OK");
	}
	if (failure->wait_us != CONNECTION_NONE_US)
		text_format(text, STYLE_PLAIN, " after %s", phrase_duration(failure->wait_us, duration));
	end_line(drawing);
}

static void draw_warning(struct drawing *drawing, const struct warning *warning, bool kind)
{
	char clock[PHRASE_SIZE];

	text_add(drawing->text, STYLE_FAINT, phrase_clock(warning->time, 0, clock));
	if (kind)
		text_format(drawing->text, warning->good ? STYLE_GOOD : STYLE_BAD,
			    " %s:", warning_kind_name(warning->kind));
	text_format(drawing->text, STYLE_PLAIN, " %s", warning->says);
	end_line(drawing);
}

static void heading(struct drawing *drawing, const char *says)
{
	text_add(drawing->text, STYLE_HEAD, says);
	end_line(drawing);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How the lines are shared out: each gets its part, and what one does not need the next ones get. */
static void draw_last(struct drawing *drawing)
{
	const struct board *board = drawing->board;
	size_t headings = board->has_log ? 3 : 2;
	size_t failures = 0;

	while (recent_failure(board->recent, failures) != NULL)
		failures++;
	size_t room = drawing->left > headings ? drawing->left - headings : 0;
	size_t incidents = board->has_log ? board->incident_warning_count : 0;
	size_t for_incidents = least(incidents, room / 4);
	size_t for_warnings = least(board->warning_count, (room - for_incidents) / 2);
	size_t for_failures = least(failures, room - for_incidents - for_warnings);
	for_warnings = least(board->warning_count, room - for_incidents - for_failures);
	for_incidents = least(incidents, room - for_failures - for_warnings);

	heading(drawing, "Last failures");
	for (size_t i = for_failures; i-- > 0;)
		draw_failure(drawing, recent_failure(board->recent, i));
	if (board->has_log)
		heading(drawing, "Last incidents");
	for (size_t i = for_incidents; i > 0; i--)
		draw_warning(drawing, &board->incident_warnings[incidents - i], false);
	heading(drawing, "Warnings");
	for (size_t i = for_warnings; i > 0; i--)
		draw_warning(drawing, &board->warnings[board->warning_count - i], true);
}

void board_draw(struct text *text, const struct board *board, unsigned lines)
{
	struct drawing drawing = {.text = text, .board = board, .left = lines};
	struct recent_figures figures = recent_figures(board->recent, board->now);

	draw_head(&drawing);
	if (lines >= ROOMY)
		end_line(&drawing);
	draw_waiting(&drawing);
	draw_ok(&drawing, &figures);
	draw_arrivals(&drawing, &figures);
	draw_failures(&drawing);
	draw_own(&drawing);
	draw_log(&drawing);
	if (lines >= ROOMY)
		end_line(&drawing);
	draw_last(&drawing);
}
