/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/rules.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum holding { HOLDS_NOT, HOLDS_PERHAPS, HOLDS };

/* What one entry is held against. */
struct trial {
	const struct cause *cause;
	const char *judged;
	const struct subject *subject;
	const struct log_sights *sights;
	uint64_t seen, unseen;
};

static enum sight look(struct trial *trial, enum sign sign)
{
	enum sight sight;

	if (sign == SIGN_JUDGED)
		sight =
		    trial->judged != NULL && strcmp(trial->judged, trial->cause->name) == 0 ? SIGHT_SEEN : SIGHT_ABSENT;
	else
		sight = sign_look(sign, trial->subject, trial->sights);
	if (sight == SIGHT_SEEN)
		trial->seen |= sign_bit(sign);
	else if (sight == SIGHT_HIDDEN)
		trial->unseen |= sign_bit(sign);
	return sight;
}

/* All that it needs, nothing that excludes it; what only supports it is looked at for the reader. */
static enum holding hold(struct trial *trial)
{
	const struct cause *cause = trial->cause;
	enum holding holding = HOLDS;

	for (size_t i = 0; i < CAUSE_SIGNS && cause->needs[i] != SIGN_NONE; i++) {
		enum sight sight = look(trial, cause->needs[i]);
		if (sight == SIGHT_ABSENT)
			return HOLDS_NOT;
		if (sight == SIGHT_HIDDEN)
			holding = HOLDS_PERHAPS;
	}
	for (size_t i = 0; i < CAUSE_SIGNS && cause->excluded_by[i] != SIGN_NONE; i++) {
		enum sight sight = look(trial, cause->excluded_by[i]);
		if (sight == SIGHT_SEEN)
			return HOLDS_NOT;
		if (sight == SIGHT_HIDDEN)
			holding = HOLDS_PERHAPS;
	}
	for (size_t i = 0; i < CAUSE_SIGNS && cause->supported_by[i] != SIGN_NONE; i++)
		look(trial, cause->supported_by[i]);
	return holding;
}

static struct citation cite(const struct cause *cause, const char *judged, const struct subject *subjects, size_t count,
			    const struct log_sights *sights)
{
	struct citation citation = {.cause = cause};
	size_t capacity = 0;

	for (size_t i = 0; i < count; i++) {
		struct trial trial = {cause, judged, &subjects[i], sights, 0, 0};
		enum holding holding = hold(&trial);
		if (holding == HOLDS_NOT || (holding == HOLDS_PERHAPS && (citation.shown || cause->only_shown)))
			continue;
		/* What is shown of one goes before what may be of others. */
		if (holding == HOLDS && !citation.shown) {
			citation.shown = true;
			citation.count = 0;
			citation.seen = citation.unseen = 0;
		}
		citation.ids = memory_grow(citation.ids, citation.count, &capacity, sizeof *citation.ids);
		citation.ids[citation.count++] = subjects[i].id;
		citation.seen |= trial.seen;
		citation.unseen |= trial.unseen;
	}
	citation.unseen &= ~citation.seen;
	return citation;
}

static bool has_log_sign(const struct citation *citation)
{
	for (int sign = SIGN_NONE + 1; sign < SIGNS; sign++)
		if ((citation->seen & sign_bit((enum sign)sign)) != 0 && sign_of_log((enum sign)sign))
			return true;
	return false;
}

/* What is shown; narrower than the origin's rule; backed by the log; for more of them; the catalogue's order. */
static int compare_citations(const void *a, const void *b)
{
	const struct citation *left = a;
	const struct citation *right = b;
	int order = (int)right->shown - (int)left->shown;

	if (order == 0)
		order = (int)left->cause->named - (int)right->cause->named;
	if (order == 0)
		order = (int)has_log_sign(right) - (int)has_log_sign(left);
	if (order == 0)
		order = (left->count < right->count) - (left->count > right->count);
	if (order == 0)
		order = left->cause < right->cause ? -1 : left->cause > right->cause;
	return order;
}

struct citations rules_apply(enum cause_scope scope, const char *judged, const struct subject *subjects, size_t count,
			     const struct log_sights *sights)
{
	struct citations citations = {0};
	const struct cause *cause;
	size_t capacity = 0;

	for (size_t i = 0; (cause = catalogue_at(i)) != NULL; i++) {
		if (cause->scope != scope || cause->needs[0] == SIGN_NONE)
			continue;
		struct citation citation = cite(cause, judged, subjects, count, sights);
		if (citation.count == 0 || citation.count < cause->least) {
			free(citation.ids);
			continue;
		}
		citations.list = memory_grow(citations.list, citations.count, &capacity, sizeof *citations.list);
		citations.list[citations.count++] = citation;
	}
	if (citations.count > 0)
		qsort(citations.list, citations.count, sizeof *citations.list, compare_citations);
	return citations;
}

void citations_free(struct citations *citations)
{
	for (size_t i = 0; i < citations->count; i++)
		free(citations->list[i].ids);
	free(citations->list);
	*citations = (struct citations){0};
}
