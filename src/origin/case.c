/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/case.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define AROUND (60 * NS_PER_S)

enum { EVENT_INCIDENT = 4283 };

void case_note(struct case_notes *notes, const struct connection *connection)
{
	struct subject subject;

	if (notes->count == CASE_KEPT)
		return;
	subject = subject_of(connection);
	if (!subject_matters(&subject))
		return;
	notes->subjects = memory_grow(notes->subjects, notes->count, &notes->capacity, sizeof *notes->subjects);
	notes->subjects[notes->count++] = subject;
}

void case_notes_free(struct case_notes *notes)
{
	free(notes->subjects);
	*notes = (struct case_notes){0};
}

/* ---- What only all connections together show ---- */

/* The last event 4283 that has a time on the capture's clock; TIME_NONE: none. */
static time_ns last_incident(const struct case_files *files)
{
	time_ns last = TIME_NONE;

	for (size_t i = 0; i < files->log->event_count; i++) {
		time_ns time = files->event_times[i];
		if (files->log->events[i].number == EVENT_INCIDENT && time != TIME_NONE &&
		    (last == TIME_NONE || time > last))
			last = time;
	}
	return last;
}

/* Since the event, and up to the end of all captures, which must be a while: a burst of load is no hang. */
static bool nobody_served(const struct case_files *files, const struct connection *connection, time_ns event)
{
	const struct moment *request = &connection->milestones[MILESTONE_REQUEST];

	return event != TIME_NONE && !services_are_of_failures(files->services) && moment_seen(request) &&
	       request->time > event + NS_PER_S && files->until > event + AROUND &&
	       !services_did(files->services, &connection->server, SERVICE_GAVE_OK, 0, event + NS_PER_S, INT64_MAX / 2);
}

struct stretch {
	time_ns from, to;
};

static int compare_stretches(const void *a, const void *b)
{
	const struct stretch *left = a;
	const struct stretch *right = b;

	return left->from < right->from ? -1 : left->from > right->from;
}

/* When something failed, a minute before and after included: apart, and rising. The caller frees it. */
static struct stretch *troubled(const struct case_files *files, size_t *count)
{
	struct stretch *stretches = memory_get((files->failure_count + 1) * sizeof *stretches);

	for (size_t i = 0; i < files->failure_count; i++)
		stretches[i] =
		    (struct stretch){files->failures[i]->first.time - AROUND, files->failures[i]->last.time + AROUND};
	qsort(stretches, files->failure_count, sizeof *stretches, compare_stretches);
	*count = 0;
	for (size_t i = 0; i < files->failure_count; i++) {
		if (*count == 0 || stretches[i].from > stretches[*count - 1].to)
			stretches[(*count)++] = stretches[i];
		else if (stretches[i].to > stretches[*count - 1].to)
			stretches[*count - 1].to = stretches[i].to;
	}
	return stretches;
}

static bool is_troubled(const struct stretch *stretches, size_t count, time_ns time)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (stretches[middle].to < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && stretches[low].from <= time;
}

/* ---- The subjects of each scope ---- */

static void judge_findings(const struct case_files *files, const struct log_sights *sights, struct findings *findings)
{
	time_ns event = last_incident(files);
	size_t most = 1;

	for (size_t i = 0; i < findings->count; i++)
		most = findings->findings[i].connection_count > most ? findings->findings[i].connection_count : most;
	struct subject *subjects = memory_get(most * sizeof *subjects);
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *finding = &findings->findings[i];
		for (size_t k = 0; k < finding->connection_count; k++) {
			subjects[k] = subject_of(finding->members[k]);
			if (nobody_served(files, finding->members[k], event))
				subjects[k].signs |= sign_bit(SIGN_NOBODY_SERVED);
		}
		finding->causes =
		    rules_apply(CAUSE_OF_FAILURES, finding->cause, subjects, finding->connection_count, sights);
	}
	free(subjects);
}

static int compare_subjects(const void *a, const void *b)
{
	const struct subject *left = a;
	const struct subject *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

static struct citations judge_connections(const struct case_files *files, const struct log_sights *sights)
{
	size_t count = 0;
	struct subject *subjects = memory_get((files->notes->count + files->failure_count + 1) * sizeof *subjects);

	for (size_t i = 0; i < files->notes->count; i++)
		subjects[count++] = files->notes->subjects[i];
	for (size_t i = 0; i < files->failure_count; i++)
		subjects[count++] = subject_of(files->failures[i]);
	qsort(subjects, count, sizeof *subjects, compare_subjects);
	struct citations citations = rules_apply(CAUSE_OF_CONNECTIONS, NULL, subjects, count, sights);
	free(subjects);
	return citations;
}

static struct citations judge_incidents(const struct case_files *files, const struct log_sights *sights)
{
	size_t stretch_count, count = files->log->incident_count;
	struct stretch *stretches = troubled(files, &stretch_count);
	struct subject *subjects = memory_get((count + 1) * sizeof *subjects);

	for (size_t i = 0; i < count; i++) {
		const struct match *match = &files->matches[i];
		bool known = match->time != TIME_NONE;
		subjects[i] =
		    (struct subject){.id = files->log->incidents[i].id, .first = match->time, .last = match->time};
		if (known && match->confidence == MATCH_NONE)
			subjects[i].signs |= sign_bit(SIGN_LONE);
		if (known && !is_troubled(stretches, stretch_count, match->time) &&
		    load_between(files->load, match->time - AROUND, match->time + AROUND).ok_count > 0)
			subjects[i].signs |= sign_bit(SIGN_QUIET);
	}
	struct citations citations = rules_apply(CAUSE_OF_INCIDENTS, NULL, subjects, count, sights);
	free(stretches);
	free(subjects);
	return citations;
}

static struct citations judge_capture(const struct case_files *files, const struct log_sights *sights)
{
	struct subject capture = {.first = TIME_NONE, .last = TIME_NONE};

	if (files->failure_count == 0)
		capture.signs |= sign_bit(SIGN_NO_FAILURE);
	return rules_apply(CAUSE_OF_CAPTURE, NULL, &capture, 1, sights);
}

static void append(struct citations *all, const struct citations *more)
{
	size_t capacity = all->count;

	for (size_t i = 0; i < more->count; i++) {
		all->list = memory_grow(all->list, all->count, &capacity, sizeof *all->list);
		all->list[all->count++] = more->list[i];
	}
	free(more->list);
}

void case_decide(const struct case_files *files, struct findings *findings, struct citations *everywhere)
{
	struct log_sights sights = log_sights_make(files->log, files->event_times, files->of_source);

	judge_findings(files, &sights, findings);
	*everywhere = judge_connections(files, &sights);
	struct citations incidents = judge_incidents(files, &sights);
	struct citations capture = judge_capture(files, &sights);
	append(everywhere, &incidents);
	append(everywhere, &capture);
	log_sights_free(&sights);
}
