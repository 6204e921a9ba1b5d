/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/view.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- Failures and their incidents ---- */

static int compare_id(const void *a, const void *b)
{
	const struct failure *left = a;
	const struct failure *right = b;

	return left->connection->id < right->connection->id ? -1 : left->connection->id > right->connection->id;
}

static int compare_time(const void *a, const void *b)
{
	const struct failure *left = a;
	const struct failure *right = b;

	if (left->connection->first.time != right->connection->first.time)
		return left->connection->first.time < right->connection->first.time ? -1 : 1;
	return compare_id(a, b);
}

static struct failure *find(const struct view *view, uint32_t id)
{
	struct connection wanted = {.id = id};
	struct failure key = {.connection = &wanted};

	return view->failure_count == 0
		   ? NULL
		   : bsearch(&key, view->failures, view->failure_count, sizeof *view->failures, compare_id);
}

static void join_incidents(struct view *view)
{
	const struct analysis *analysis = view->analysis;

	for (size_t i = 0; i < analysis->log->incident_count; i++) {
		const struct match *match = &analysis->matches[i];
		struct failure *failure = match->confidence == MATCH_NONE ? NULL : find(view, match->connection);
		if (failure == NULL || (failure->match != NULL && failure->match->confidence >= match->confidence))
			continue;
		failure->match = match;
		failure->incident = &analysis->log->incidents[i];
	}
}

static void collect_failures(struct view *view)
{
	const struct analysis *analysis = view->analysis;

	view->failures = memory_get_zeroed(analysis->failure_count + 1, sizeof *view->failures);
	view->failure_count = analysis->failure_count;
	for (size_t i = 0; i < view->failure_count; i++)
		view->failures[i].connection = analysis->failures[i];
	qsort(view->failures, view->failure_count, sizeof *view->failures, compare_id);
	join_incidents(view);
	qsort(view->failures, view->failure_count, sizeof *view->failures, compare_time);
}

time_ns failure_end(const struct failure *failure)
{
	const struct connection *connection = failure->connection;
	const struct moment *close = &connection->milestones[MILESTONE_CLOSE];
	const struct facts *facts = &connection->facts;
	const struct moment *later[] = {&connection->milestones[MILESTONE_OK], &facts->last_syn,
					&facts->request.last_repeat};
	time_ns end = moment_seen(close) ? close->time : connection->last.time;

	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
		if ((i < 2 || facts->request.set) && later[i]->frame > 0 && moment_seen(later[i]) &&
		    later[i]->time > end)
			end = later[i]->time;
	if (failure->match != NULL && failure->match->time != TIME_NONE && failure->match->time + NS_PER_S > end &&
	    failure->match->confidence > MATCH_AMBIGUOUS)
		end = failure->match->time + NS_PER_S;
	return end < connection->first.time ? connection->first.time : end;
}

/* ---- Themes ---- */

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

size_t view_choose(const struct view *view, size_t most, bool *wanted)
{
	size_t chosen = 0, others = 0, passed = 0;

	for (size_t i = 0; i < view->failure_count; i++)
		chosen += wanted[i];
	for (size_t i = 0; i < view->failure_count; i++) {
		bool told = !wanted[i] && view->failures[i].incident != NULL && chosen < most;
		wanted[i] = wanted[i] || told;
		chosen += told;
		others += !wanted[i];
	}
	size_t room = most - chosen;
	for (size_t i = 0; i < view->failure_count; i++) {
		if (wanted[i])
			continue;
		/* The k-th of the others is taken where the share that there is room for passes a whole number. */
		wanted[i] = others <= room || (passed + 1) * room / others > passed * room / others;
		passed++;
		chosen += wanted[i];
	}
	return chosen;
}

bool theme_holds(const struct theme *theme, const struct connection *connection)
{
	return theme->finding->origin == connection->origin && same_text(theme->finding->cause, connection->cause);
}

static struct theme *theme_of(struct view *view, const struct finding *finding)
{
	for (size_t i = 0; i < view->theme_count; i++) {
		const struct finding *of = view->themes[i].finding;
		if (of->origin == finding->origin && same_text(of->cause, finding->cause))
			return &view->themes[i];
	}
	view->themes[view->theme_count] =
	    (struct theme){.finding = finding, .wait_least_us = CONNECTION_NONE_US, .wait_most_us = CONNECTION_NONE_US};
	return &view->themes[view->theme_count++];
}

static void add_finding(struct theme *theme, const struct finding *finding)
{
	theme->confidence =
	    (theme->confidence * (double)theme->connections + finding->confidence * (double)finding->connection_count) /
	    (double)(theme->connections + finding->connection_count);
	theme->finding_count++;
	theme->connections += finding->connection_count;
	theme->outcomes[finding->outcome] += finding->connection_count;
	theme->incidents += finding->incident_count;
	theme->proven += finding->proven;
	theme->strength += finding_strength(finding);
	theme->share += finding->share;
	if (finding->has_timer && (theme->timer == NULL || finding->timer.count > theme->timer->count))
		theme->timer = &finding->timer;
}

static void add_server(struct theme *theme, const struct address *server)
{
	size_t known = sizeof theme->servers / sizeof theme->servers[0];

	for (size_t i = 0; i < theme->server_count && i < known; i++)
		if (address_equal(&theme->servers[i], server))
			return;
	if (theme->server_count < known)
		theme->servers[theme->server_count++] = *server;
}

static void add_connection(struct theme *theme, const struct connection *connection)
{
	const struct moment *acked = &connection->facts.request.acked;
	const struct moment *close = &connection->milestones[MILESTONE_CLOSE];
	int64_t wait = connection->wait_us;

	theme->acknowledged += moment_seen(acked) && (!moment_seen(close) || acked->time <= close->time);
	theme->closed_by[connection->close_by]++;
	if (wait >= 0 && (theme->wait_least_us < 0 || wait < theme->wait_least_us))
		theme->wait_least_us = wait;
	if (wait > theme->wait_most_us)
		theme->wait_most_us = wait;
	add_server(theme, &connection->server.ip);
	const struct refusal *said = connection->refusal.set ? &connection->refusal.word : NULL;
	if (said != NULL && theme->refusal == NULL)
		theme->refusal = said;
	else if (said != NULL)
		theme->refusals_differ |= said->layer != theme->refusal->layer || said->code != theme->refusal->code;
}

static int compare_wait(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a;
	int64_t right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static void find_median(struct theme *theme, const struct view *view, size_t index)
{
	int64_t *waits = memory_get((view->failure_count + 1) * sizeof *waits);
	size_t count = 0;

	for (size_t i = 0; i < view->failure_count; i++)
		if (view->failures[i].theme == index && view->failures[i].connection->wait_us >= 0)
			waits[count++] = view->failures[i].connection->wait_us;
	if (count > 0)
		qsort(waits, count, sizeof *waits, compare_wait);
	theme->wait_median_us = count == 0 ? CONNECTION_NONE_US : waits[count / 2];
	free(waits);
}

static void collect_themes(struct view *view)
{
	const struct findings *findings = &view->analysis->findings;

	view->themes = memory_get_zeroed(findings->count + 1, sizeof *view->themes);
	for (size_t i = 0; i < findings->count; i++)
		add_finding(theme_of(view, &findings->findings[i]), &findings->findings[i]);
	for (size_t i = 0; i < view->failure_count; i++) {
		for (size_t t = 0; t < view->theme_count; t++) {
			if (!theme_holds(&view->themes[t], view->failures[i].connection))
				continue;
			add_connection(&view->themes[t], view->failures[i].connection);
			view->failures[i].theme = t;
			break;
		}
	}
	for (size_t t = 0; t < view->theme_count; t++)
		find_median(&view->themes[t], view, t);
}

const char *view_settles(const struct view *view, const struct connection *connection)
{
	const struct facts *facts = &connection->facts;

	if (facts->missing_acked[FROM_CLIENT] > 0 || facts->missing_acked[FROM_SERVER] > 0)
		return "a capture that loses no packets: a larger capture buffer, a faster disk, a mirror port that "
		       "is not overrun";
	/* Of SYNs without an answer only those have no cause that the capture's end left no time for. */
	bool cut_short = connection->outcome == OUTCOME_SYN_UNANSWERED ? connection->cause == NULL : facts->at_end;
	if (cut_short)
		return "a capture that runs on until these connections have ended";
	if (view->analysis->summary.tap == TAP_SERVER)
		return "a capture on the server itself, which tells its host from the cable to it";
	return "a capture beside the server, at the same time";
}

void view_make(struct view *view, const struct analysis *analysis)
{
	*view = (struct view){.analysis = analysis};
	collect_failures(view);
	collect_themes(view);
}

void view_free(struct view *view)
{
	free(view->failures);
	free(view->themes);
	*view = (struct view){0};
}
