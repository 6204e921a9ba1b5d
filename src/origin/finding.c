/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/finding.h"

#include "base/memory.h"
#include "origin/catalogue.h"
#include "origin/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The load of so long before the first and after the last failure belongs to a finding. */
#define AROUND (60 * NS_PER_S)

/* A proven incident is what the user asks about: it weighs more than a failure that no event tells of. */
enum { INCIDENT_WEIGHT = 10 };

static int compare_text(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

/* By what makes a finding, then by id. */
static int compare_failures(const void *a, const void *b)
{
	const struct connection *left = *(const struct connection *const *)a;
	const struct connection *right = *(const struct connection *const *)b;
	int order = compare_text(left->cause, right->cause);

	if (order == 0)
		order = (int)left->origin - (int)right->origin;
	if (order == 0)
		order = (int)left->outcome - (int)right->outcome;
	if (order == 0)
		order = left->id < right->id ? -1 : left->id > right->id;
	return order;
}

static bool same_finding(const struct connection *a, const struct connection *b)
{
	return compare_text(a->cause, b->cause) == 0 && a->origin == b->origin && a->outcome == b->outcome;
}

double finding_strength(const struct finding *finding)
{
	double weight = finding->origin == ORIGIN_UNDETERMINED ? 0.5 : 1;

	return weight * finding->confidence * (double)(finding->connection_count + INCIDENT_WEIGHT * finding->proven);
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *left = a;
	const struct finding *right = b;
	double difference = finding_strength(right) - finding_strength(left);

	if (difference != 0)
		return difference > 0 ? 1 : -1;
	return left->connections[0] < right->connections[0] ? -1 : 1;
}

static int compare_id(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static bool holds(const struct finding *finding, uint32_t connection)
{
	return bsearch(&connection, finding->connections, finding->connection_count, sizeof connection, compare_id) !=
	       NULL;
}

static void collect_incidents(struct finding *finding, const struct incident *incidents, const struct match *matches,
			      size_t count)
{
	size_t capacity = 0;

	for (size_t i = 0; i < count; i++) {
		if (matches[i].connection == 0 || !holds(finding, matches[i].connection))
			continue;
		finding->incidents =
		    memory_grow(finding->incidents, finding->incident_count, &capacity, sizeof(uint32_t));
		finding->incidents[finding->incident_count++] = incidents[i].id;
		if (matches[i].confidence >= MATCH_PROBABLE)
			finding->proven++;
	}
}

static const char *outcome_text(enum outcome outcome)
{
	static const char *const texts[OUTCOMES] = {
	    [OUTCOME_SYN_REFUSED] = "were refused at the SYN",
	    [OUTCOME_SYN_UNANSWERED] = "got no answer to their SYN",
	    [OUTCOME_HANDSHAKE_UNFINISHED] = "never finished the handshake",
	    [OUTCOME_NO_REQUEST] = "were closed before a request",
	    [OUTCOME_REFUSED] = "were refused by the server's upper layers",
	    [OUTCOME_LATE_OK] = "got the OK only after the close had begun",
	    [OUTCOME_OK_LOST] = "never got the OK that was sent",
	    [OUTCOME_NO_OK] = "were closed without an OK",
	    [OUTCOME_CLOSED_AFTER_OK] = "were closed right after the OK",
	};

	return texts[outcome] == NULL ? "failed" : texts[outcome];
}

static void make_statement(struct finding *finding)
{
	const struct cause *cause = catalogue_find(finding->cause);
	const char *outcome = outcome_text(finding->outcome);
	bool one = finding->connection_count == 1;
	char timer[160] = "";

	if (finding->has_timer)
		snprintf(timer, sizeof timer, ", %zu of them by the %s after %.1f s of %s", finding->timer.count,
			 side_name(finding->timer.owner), finding->timer.seconds, finding->timer.stage);
	snprintf(finding->statement, sizeof finding->statement, "%zu connection%s %s%s%s%s%s.",
		 finding->connection_count, one ? "" : "s", one && strncmp(outcome, "were ", 5) == 0 ? "was " : "",
		 one && strncmp(outcome, "were ", 5) == 0 ? outcome + 5 : outcome, timer, cause == NULL ? "" : ": ",
		 cause == NULL ? "" : cause->means);
}

static void measure_load(struct finding *finding, const struct connection *const *group, const struct load *load)
{
	time_ns first = group[0]->first.time;
	time_ns last = group[0]->last.time;

	for (size_t i = 1; i < finding->connection_count; i++) {
		if (group[i]->first.time < first)
			first = group[i]->first.time;
		if (group[i]->last.time > last)
			last = group[i]->last.time;
	}
	finding->load_from = first - AROUND;
	finding->load_to = last + AROUND;
	finding->load = load_between(load, finding->load_from, finding->load_to);
}

static void count_busy(struct finding *finding, const struct connection *const *failures, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct refused *refusal = &failures[i]->refusal;
		if (refusal->set && refusal->word.congestion && refusal->moment.time >= finding->load_from &&
		    refusal->moment.time <= finding->load_to)
			finding->busy_refusals++;
	}
}

static struct finding make_finding(const struct connection *const *group, size_t count, size_t failure_count,
				   const struct incident *incidents, const struct match *matches, size_t incident_count,
				   const struct load *load)
{
	struct finding finding = {.cause = group[0]->cause,
				  .origin = group[0]->origin,
				  .outcome = group[0]->outcome,
				  .connection_count = count,
				  .share = (double)count / (double)failure_count,
				  .example = group[0]};

	finding.connections = memory_get(count * sizeof(uint32_t));
	finding.members = memory_get(count * sizeof(const struct connection *));
	memcpy(finding.members, group, count * sizeof(const struct connection *));
	for (size_t i = 0; i < count; i++) {
		finding.connections[i] = group[i]->id;
		finding.confidence += (double)group[i]->confidence / (double)count;
		if (group[i]->confidence > finding.example->confidence)
			finding.example = group[i];
	}
	collect_incidents(&finding, incidents, matches, incident_count);
	finding.has_timer = timer_find(group, count, &finding.timer);
	measure_load(&finding, group, load);
	make_statement(&finding);
	return finding;
}

struct findings findings_make(const struct connection *const *failures, size_t failure_count,
			      const struct incident *incidents, const struct match *matches, size_t incident_count,
			      const struct load *load)
{
	struct findings findings = {0};
	size_t capacity = 0;
	const struct connection **sorted = memory_get((failure_count + 1) * sizeof(const struct connection *));

	if (failure_count > 0)
		memcpy(sorted, failures, failure_count * sizeof(const struct connection *));
	qsort(sorted, failure_count, sizeof(const struct connection *), compare_failures);
	for (size_t start = 0, end; start < failure_count; start = end) {
		for (end = start + 1; end < failure_count && same_finding(sorted[start], sorted[end]);)
			end++;
		findings.findings =
		    memory_grow(findings.findings, findings.count, &capacity, sizeof *findings.findings);
		findings.findings[findings.count++] =
		    make_finding(sorted + start, end - start, failure_count, incidents, matches, incident_count, load);
	}
	free(sorted);
	for (size_t i = 0; i < findings.count; i++)
		count_busy(&findings.findings[i], failures, failure_count);
	if (findings.count > 0)
		qsort(findings.findings, findings.count, sizeof *findings.findings, compare_findings);
	return findings;
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->findings[i].connections);
		free(findings->findings[i].members);
		citations_free(&findings->findings[i].causes);
		free(findings->findings[i].incidents);
	}
	free(findings->findings);
	*findings = (struct findings){0};
}
