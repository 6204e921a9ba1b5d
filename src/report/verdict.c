/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/verdict.h"

#include "origin/catalogue.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NBSP "\u00a0"
/* From so much of the first theme's strength on, a second one is named beside it. */
#define RIVAL 0.8
/* A timer that accounts for less of a theme is told as one of several. */
#define MOST 0.8
/* Waits that differ by more than so many times are told by their median. */
enum { SCATTERED = 20 };

/* ---- What was looked at ---- */

static void add_ports(struct words *words, const struct analysis *analysis)
{
	const struct analysis_options *options = analysis->options;

	if (options->ports.any) {
		words_add(words, "any port on which RFC 1006 is spoken");
		return;
	}
	words_add(words, options->ports.count > 1 ? "TCP ports " : "TCP port ");
	for (size_t i = 0; i < options->ports.count; i++)
		words_add(words, "%s%u",
			  i == 0                          ? ""
			  : i + 1 == options->ports.count ? " or "
							  : ", ",
			  options->ports.list[i]);
}

static void add_busy_ports(struct words *words, const struct analysis *analysis)
{
	for (size_t i = 0; i < BUSY_PORTS && analysis->busy[i].connections > 0; i++)
		words_add(words, "%s%u (%" PRIu64 ")", i == 0 ? "; connections are opened to port " : ", ",
			  analysis->busy[i].port, analysis->busy[i].connections);
	if (analysis->busy[0].connections == 0)
		words_add(words, ", and no TCP connection is opened to any other");
	words_add(words, ".");
}

static void add_first_problem(struct words *words, const struct capture_set *captures)
{
	for (size_t i = 0; i < capture_set_count(captures); i++) {
		const struct capture_info *info = capture_set_info(captures, i);
		if (info->problem_count == 0)
			continue;
		words_add(words, ": %s: %s", info->file, info->problems[0].says);
		break;
	}
	words_add(words, ".");
}

static bool has_problem(const struct capture_set *captures)
{
	for (size_t i = 0; i < capture_set_count(captures); i++)
		if (capture_set_info(captures, i)->problem_count > 0)
			return true;
	return false;
}

static void unreadable(struct verdict *verdict, const struct analysis *analysis)
{
	uint64_t packets = analysis->summary.quality.packets;

	/* All of it was read, and that was nothing. */
	if (packets == 0 && !has_problem(analysis->captures)) {
		verdict->kind = VERDICT_NOTHING;
		words_add(&verdict->sentence, "No packet was captured, so nothing can be told.");
		return;
	}
	verdict->kind = VERDICT_UNREADABLE;
	if (packets == 0)
		words_add(&verdict->sentence, "No packet could be read, so nothing can be told");
	else
		words_add(&verdict->sentence,
			  "None of the %" PRIu64 " packets could be decoded, so nothing can be told", packets);
	add_first_problem(&verdict->sentence, analysis->captures);
}

static void nothing(struct verdict *verdict, const struct analysis *analysis)
{
	verdict->kind = VERDICT_NOTHING;
	words_add(&verdict->sentence, "None of the %" PRIu64 " packets belongs to a connection to ",
		  analysis->summary.quality.packets);
	add_ports(&verdict->sentence, analysis);
	add_busy_ports(&verdict->sentence, analysis);
	words_add(&verdict->next,
		  "if the MTA listens elsewhere, name its port: -p PORT. Otherwise see that the capture "
		  "is of the MTA's own traffic, and of the right time.");
}

/* ---- Nothing failed ---- */

static void unseen(struct verdict *verdict, const struct analysis *analysis)
{
	const struct summary *summary = &analysis->summary;
	uint64_t partial = summary->outcomes[OUTCOME_PARTIAL] - summary->one_sided;
	uint64_t pending = summary->outcomes[OUTCOME_PENDING];
	struct words *words = &verdict->sentence;
	const char *between = "";

	verdict->kind = VERDICT_UNSEEN;
	words_add(words, "Of no connection both start and answer are in the capture: ");
	if (summary->one_sided > 0) {
		words_add(words, "of %" PRIu64 " it has one direction only", summary->one_sided);
		between = ", ";
	}
	if (partial > 0) {
		words_add(words, "%s%" PRIu64 " began before it did", between, partial);
		between = ", ";
	}
	if (pending > 0)
		words_add(words, "%s%" PRIu64 " still waited when it ended", between, pending);
	words_add(words, ". Whether they got their OK response in time cannot be told.");
	if (summary->one_sided > 0)
		words_add(&verdict->next, "capture both directions: see that the mirror port hands on what is sent and "
					  "what is received, and that no filter leaves one out.");
	if (partial + pending > 0)
		words_add(&verdict->next,
			  "%scapture from before the first connection is opened, and for longer than the peers wait.",
			  summary->one_sided > 0 ? " And " : "");
}

/* An association that opens well may still break off before its messages are through. */
static void add_in_flight(struct verdict *verdict, const struct analysis *analysis)
{
	uint64_t count = analysis->in_flight_total;
	struct words *words = &verdict->sentence;

	if (count == 0)
		return;
	verdict->kind = VERDICT_CUT_SHORT;
	words_add(
	    words,
	    " Yet %" PRIu64 " of %" PRIu64 " message%s had not been acknowledged when %s connection ended: ", count,
	    analysis->transfer_total, analysis->transfer_total == 1 ? "" : "s", count == 1 ? "its" : "their");
	words_add(words, "%s will be sent again.", count == 1 ? "it" : "they");
}

/* What the catalogue finds where nothing failed. */
static void add_beside(struct words *words, const struct citations *causes)
{
	bool any = false;

	for (size_t i = 0; i < causes->count; i++) {
		if (!causes->list[i].shown)
			continue;
		words_add(words, "%s%s", any ? ", " : " Cause: ", causes->list[i].cause->name);
		any = true;
	}
	if (any)
		words_add(words, ".");
}

static void healthy(struct verdict *verdict, const struct analysis *analysis)
{
	const struct summary *summary = &analysis->summary;
	struct words *words = &verdict->sentence;
	uint64_t ok = summary->outcomes[OUTCOME_OK];
	char p50[PHRASE_SIZE], most[PHRASE_SIZE];

	verdict->kind = VERDICT_HEALTHY;
	phrase_duration(summary->load.ok_us_p50, p50);
	phrase_duration(summary->load.ok_us_max, most);
	if (summary->connections == 1)
		words_add(words, "The one connection got its OK response");
	else
		words_add(words, "%" PRIu64 " of %" PRIu64 " connections got %s OK response", ok, summary->connections,
			  ok == 1 ? "its" : "their");
	/* Of a capture without handshakes there are OKs and no times from SYN to OK. */
	if (summary->load.ok_count > 1)
		words_add(words, " in time, half of them within %s, the slowest after %s", p50, most);
	else if (summary->load.ok_count == 1)
		words_add(words, " after %s", most);
	words_add(words, ".");
	add_in_flight(verdict, analysis);
	add_beside(words, &analysis->causes);
	if (summary->outcomes[OUTCOME_PARTIAL] > summary->one_sided)
		words_add(words, " %" PRIu64 " began before the capture.",
			  summary->outcomes[OUTCOME_PARTIAL] - summary->one_sided);
	if (summary->one_sided > 0)
		words_add(words, " Of %" PRIu64 " the capture has one direction only.", summary->one_sided);
	if (summary->outcomes[OUTCOME_PENDING] > 0)
		words_add(words, " %" PRIu64 " still waited when the capture ended.",
			  summary->outcomes[OUTCOME_PENDING]);
	if (summary->incidents > 0)
		words_add(&verdict->log,
			  "Yet the event log has %" PRIu64 " event%s 4283: this capture shows no network "
			  "cause for %s.",
			  summary->incidents, summary->incidents == 1 ? "" : "s",
			  summary->incidents == 1 ? "it" : "them");
	if (summary->incidents > 0)
		words_add(&verdict->next, "see that log and capture are of one time and one server; where mail flows, "
					  "Microsoft's own advice on lone events 4283 is to ignore them.");
}

/* ---- Failures ---- */

static void add_servers(struct words *words, const struct theme *theme)
{
	char address[ADDRESS_TEXT_SIZE];

	if (theme->server_count > 2) {
		words_add(words, "%s%zu servers", theme->server_count == 4 ? "at least " : "", theme->server_count);
		return;
	}
	for (size_t i = 0; i < theme->server_count; i++) {
		address_format(&theme->servers[i], address);
		words_add(words, "%s%s", i == 0 ? "" : " and on ", address);
	}
}

static void add_outcomes(struct words *words, const struct theme *theme)
{
	unsigned kinds = 0;
	unsigned last = 0;
	unsigned said = 0;

	for (unsigned i = 0; i < OUTCOMES; i++) {
		kinds += theme->outcomes[i] > 0;
		if (theme->outcomes[i] > 0)
			last = i;
	}
	if (kinds == 1) {
		words_add(words, "%s", phrase_outcome((enum outcome)last, theme->connections > 1));
		return;
	}
	words_add(words, "failed (");
	for (unsigned i = 0; i < OUTCOMES; i++)
		if (theme->outcomes[i] > 0)
			words_add(words, "%s%" PRIu64 " %s",
				  said++ == 0 ? ""
				  : i == last ? " and "
					      : ", ",
				  theme->outcomes[i], phrase_outcome((enum outcome)i, theme->outcomes[i] > 1));
	words_add(words, ")");
}

static const char *closers(const struct theme *theme)
{
	uint64_t client = theme->closed_by[SIDE_CLIENT];
	uint64_t server = theme->closed_by[SIDE_SERVER];

	if (theme->connections == 1)
		return client > 0 ? "the client" : "the server";
	return server == 0 ? "the clients" : client == 0 ? "the server" : "the side that closed";
}

/* "within the clients' 30.0 s", or what stands for it where no one timer rules. */
static void add_waits(struct words *words, const struct theme *theme)
{
	const struct timer *timer = theme->timer;
	char least[PHRASE_SIZE], most[PHRASE_SIZE];

	if (timer != NULL && (double)timer->count >= MOST * (double)theme->connections) {
		words_add(words, " within the %s %s", timer->owner == SIDE_CLIENT ? "clients'" : "server's",
			  phrase_duration((int64_t)llround(timer->seconds * 1e6), most));
		return;
	}
	if (theme->wait_most_us < 0)
		return;
	phrase_duration(theme->wait_least_us, least);
	phrase_duration(theme->wait_most_us, most);
	if (theme->wait_most_us / SCATTERED > theme->wait_least_us)
		words_add(words, " before the close, which came after %s in the median and %s at most",
			  phrase_duration(theme->wait_median_us, least), most);
	else if (strcmp(least, most) == 0)
		words_add(words, " within the %s that %s waited", most, closers(theme));
	else
		words_add(words, " within the %s to %s that %s waited", least, most, closers(theme));
	if (timer != NULL)
		words_add(words, " (%zu of them %s: a timer)", timer->count,
			  phrase_duration((int64_t)llround(timer->seconds * 1e6), most));
}

static void slow_answer(struct words *words, const struct theme *theme)
{
	const char *of = theme->connections == 1 ? "the request" : "the requests";

	if (theme->acknowledged == theme->connections)
		words_add(words, " although the server's TCP had acknowledged %s", of);
	else if (theme->acknowledged > 0)
		words_add(words,
			  " although the server's TCP had the requests (%" PRIu64 " acknowledged in the capture)",
			  theme->acknowledged);
	else
		words_add(words, " although nothing shows that %s did not arrive", of);
	words_add(words, ": the MTA process on ");
	add_servers(words, theme);
	words_add(words, " did not answer");
	add_waits(words, theme);
}

static void add_theme(struct words *words, const struct theme *theme)
{
	const struct cause *cause = catalogue_find(theme->finding->cause);
	const struct timer *timer = theme->timer;
	char seconds[PHRASE_SIZE];

	add_outcomes(words, theme);
	if (cause != NULL && strcmp(cause->name, "slow-answer") == 0) {
		slow_answer(words, theme);
		return;
	}
	if (timer != NULL)
		words_add(words, ", %zu of them by the %s after %s of %s", timer->count, side_name(timer->owner),
			  phrase_duration((int64_t)llround(timer->seconds * 1e6), seconds), timer->stage);
	if (cause != NULL)
		words_add(words, ": %s", cause->means);
	if (theme->refusal != NULL && theme->refusals_differ)
		words_add(words, ", for several reasons");
	else if (theme->refusal != NULL)
		words_add(words, " (%s%s%s)", layer_name(theme->refusal->layer),
			  theme->refusal->reason == NULL ? "" : ": ",
			  theme->refusal->reason == NULL ? "" : theme->refusal->reason);
}

/* ---- What the log says to it ---- */

static void no_clock(struct words *words, const struct analysis *analysis)
{
	char chance[PHRASE_SIZE];
	uint64_t count = analysis->summary.incidents;

	if (count == 1)
		words_add(words, "The event 4283 of the log cannot be lined up with the capture");
	else
		words_add(words, "None of the %" PRIu64 " events 4283 of the log lines up with the capture", count);
	if (!isnan(analysis->clock.p_chance) && analysis->clock.p_chance > 0.001)
		words_add(words, " (the best line-up is one that chance would bring: p" NBSP "=" NBSP "%s)",
			  phrase_probability(analysis->clock.p_chance, chance));
	words_add(words, ", so whether %s of these failures is not known.", count == 1 ? "it tells" : "they tell");
}

static void lined_up(struct words *words, const struct analysis *analysis, const struct theme *theme)
{
	uint64_t count = analysis->summary.incidents;
	uint64_t elsewhere = count - analysis->summary.matches[MATCH_NONE] - theme->incidents;

	if (theme->incidents == 0 && count == 1) {
		words_add(words, "The log's one event 4283 does not line up with them");
	} else if (theme->incidents == 0) {
		words_add(words, "None of the log's %" PRIu64 " events 4283 lines up with them", count);
	} else {
		words_add(words, "%" PRIu64 " of the log's %" PRIu64 " event%s 4283 line%s up with %s",
			  theme->incidents, count, count == 1 ? "" : "s", theme->incidents == 1 ? "s" : "",
			  theme->connections == 1 ? "it" : "them");
		if (theme->proven < theme->incidents)
			words_add(words, ", %s%" PRIu64 " of them ambiguous", theme->proven == 0 ? "all " : "",
				  theme->incidents - theme->proven);
	}
	if (elsewhere > 0)
		words_add(words, "; %" PRIu64 " with other failures", elsewhere);
	words_add(words, ".");
}

static void add_log(struct verdict *verdict, const struct analysis *analysis, const struct theme *theme)
{
	const struct event_log *log = analysis->log;

	if (event_log_said_nothing(log))
		words_add(&verdict->log,
			  "Nothing could be read from the event log%s given, so whether %s events 4283 "
			  "is not known.",
			  log->source_count + log->unread_count == 1 ? "" : "s",
			  log->source_count + log->unread_count == 1 ? "it holds" : "they hold");
	else if (log->source_count == 0)
		words_add(&verdict->log,
			  "No event log was given, so no event 4283 stands beside them: add -e EV0.LOG.");
	else if (analysis->summary.incidents == 0 && log->problem_count + log->unread_count > 0)
		words_add(&verdict->log, "What could be read of the event log%s holds no event 4283.",
			  log->source_count + log->unread_count == 1 ? "" : "s");
	else if (analysis->summary.incidents == 0)
		words_add(&verdict->log, "The event log holds no event 4283.");
	else if (analysis->clock.method == CLOCK_NOTHING)
		no_clock(&verdict->log, analysis);
	else
		lined_up(&verdict->log, analysis, theme);
}

static const struct theme *rival_of(const struct view *view)
{
	const struct theme *rival = NULL;

	for (size_t i = 1; i < view->theme_count; i++)
		if (view->themes[i].strength >= RIVAL * view->themes[0].strength &&
		    (rival == NULL || view->themes[i].strength > rival->strength))
			rival = &view->themes[i];
	return rival;
}

/* Those that are shown, with how many connections each explains where that is not all. */
static void add_causes(struct words *words, const struct finding *finding, const char *whose)
{
	const struct citations *causes = &finding->causes;

	for (size_t i = 0; i < causes->count && causes->list[i].shown; i++) {
		if (i == 0)
			words_add(words, " Cause%s: ", whose);
		words_add(words, "%s%s", i == 0 ? "" : ", ", causes->list[i].cause->name);
		if (causes->list[i].count < finding->connection_count)
			words_add(words, " (%zu of %zu)", causes->list[i].count, finding->connection_count);
	}
	if (causes->count > 0 && causes->list[0].shown)
		words_add(words, ".");
}

static void add_origin(struct verdict *verdict, const struct view *view, const struct theme *rival)
{
	const struct theme *theme = &view->themes[0];
	struct words *words = &verdict->origin;
	bool undecided = theme->finding->origin == ORIGIN_UNDETERMINED;
	uint64_t rest = view->failure_count - theme->connections - (rival == NULL ? 0 : rival->connections);
	bool both = rival != NULL && rival->finding->origin == theme->finding->origin;

	words_add(words, "Origin%s: %s, confidence %.2f", both ? " of both" : "", origin_name(theme->finding->origin),
		  both && rival->confidence < theme->confidence ? rival->confidence : theme->confidence);
	if (rival != NULL && !both)
		words_add(words, "; of the second: %s, confidence %.2f", origin_name(rival->finding->origin),
			  rival->confidence);
	words_add(words, ".");
	add_causes(words, theme->finding, rival == NULL ? "" : " of the first");
	if (rival != NULL)
		add_causes(words, rival->finding, " of the second");
	if (rest > 0)
		words_add(words, " %" PRIu64 " failure%s other reasons: see below.", rest,
			  rest == 1 ? " has" : "s have");
	if (undecided)
		words_add(words, " This capture cannot tell; what would: %s.",
			  view_settles(view, theme->finding->example));
}

/* The cause whose advice is given: a narrower one where it explains everything. */
static const struct cause *advising(const struct finding *finding)
{
	const struct citations *causes = &finding->causes;

	if (causes->count > 0 && causes->list[0].shown && causes->list[0].count == finding->connection_count)
		return causes->list[0].cause;
	return catalogue_find(finding->cause);
}

static void failures(struct verdict *verdict, const struct view *view)
{
	const struct analysis *analysis = view->analysis;
	const struct theme *theme = &view->themes[0];
	const struct theme *rival = rival_of(view);
	const struct cause *cause = advising(theme->finding);
	struct words *words = &verdict->sentence;
	bool undecided = theme->finding->origin == ORIGIN_UNDETERMINED;

	verdict->kind = undecided ? VERDICT_UNDECIDED : VERDICT_FAILURES;
	if (rival != NULL)
		words_add(words, "No one cause stands out. ");
	if (analysis->summary.connections == 1)
		words_add(words, "The one connection ");
	else
		words_add(words, "%" PRIu64 " of %" PRIu64 " connections ", theme->connections,
			  analysis->summary.connections);
	add_theme(words, theme);
	words_add(words, ".");
	if (rival != NULL) {
		words_add(words, " %" PRIu64 " %s", rival->connections, rival->connections == 1 ? "other " : "others ");
		add_theme(words, rival);
		words_add(words, ".");
	}
	add_log(verdict, analysis, theme);
	add_origin(verdict, view, rival);
	if (undecided)
		words_add(&verdict->next, "make that capture");
	else if (cause != NULL)
		words_add(&verdict->next, "%s", cause->next_step);
	if (cause != NULL)
		for (size_t i = 0; i < CAUSE_REFERENCES && cause->references[i] != NULL; i++)
			words_add(&verdict->next, "%s%s",
				  i > 0                      ? ", "
				  : verdict->next.length > 0 ? "; see "
							     : "see ",
				  cause->references[i]);
	if (verdict->next.length > 0)
		words_add(&verdict->next, ".");
	if (theme->timer != NULL && theme->timer->known != NULL)
		words_add(&verdict->next, " The timer fits: %s.", theme->timer->known);
}

const char *verdict_word(enum verdict_kind kind)
{
	static const char *const words[] = {[VERDICT_UNREADABLE] = "UNREADABLE", [VERDICT_NOTHING] = "NOTHING SEEN",
					    [VERDICT_UNSEEN] = "UNKNOWN",        [VERDICT_HEALTHY] = "NO FAILURE",
					    [VERDICT_CUT_SHORT] = "CUT SHORT",   [VERDICT_UNDECIDED] = "UNDETERMINED",
					    [VERDICT_FAILURES] = "FAILURES"};

	return words[kind];
}

void verdict_make(struct verdict *verdict, const struct view *view)
{
	const struct summary *summary = &view->analysis->summary;
	uint64_t packets = summary->quality.packets;

	*verdict = (struct verdict){0};
	if (summary->connections == 0 && (packets == 0 || view->analysis->link_unknown))
		unreadable(verdict, view->analysis);
	else if (summary->connections == 0)
		nothing(verdict, view->analysis);
	else if (view->theme_count > 0)
		failures(verdict, view);
	else if (summary->outcomes[OUTCOME_OK] == 0)
		unseen(verdict, view->analysis);
	else
		healthy(verdict, view->analysis);
}
