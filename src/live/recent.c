/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/recent.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	OKS = 4096,
	SECONDS = 16, /* for arrivals: more than RECENT_ARRIVALS has */
};

struct ok {
	time_ns time;
	int64_t us;
};

struct step {
	int64_t number; /* of RECENT_STEP since 1970: a place is used again */
	struct recent_step is;
};

struct second {
	int64_t number;
	uint32_t arrivals;
};

struct recent {
	struct ok oks[OKS]; /* a ring */
	size_t ok_count;
	struct step steps[RECENT_STEPS];
	struct second seconds[SECONDS];
	struct recent_failure failures[RECENT_FAILURES]; /* the latest first */
	size_t failure_count;
};

struct recent *recent_new(void)
{
	struct recent *recent = memory_get_zeroed(1, sizeof *recent);

	for (size_t i = 0; i < RECENT_STEPS; i++)
		recent->steps[i].number = -1;
	for (size_t i = 0; i < SECONDS; i++)
		recent->seconds[i].number = -1;
	return recent;
}

void recent_free(struct recent *recent)
{
	free(recent);
}

static struct recent_step *step_at(struct recent *recent, time_ns time)
{
	int64_t number = time / RECENT_STEP;
	struct step *step = &recent->steps[(uint64_t)number % RECENT_STEPS];

	if (step->number != number)
		*step = (struct step){.number = number, .is = {.ok_us_max = -1}};
	return &step->is;
}

/* A failure may be judged long after its time, when a later step has the place. */
static void count_failure(struct recent *recent, time_ns time)
{
	const struct step *step = &recent->steps[(uint64_t)(time / RECENT_STEP) % RECENT_STEPS];

	if (step->number <= time / RECENT_STEP)
		step_at(recent, time)->failures++;
}

static void note_arrival(struct recent *recent, time_ns time)
{
	int64_t number = time / NS_PER_S;
	struct second *second = &recent->seconds[(uint64_t)number % SECONDS];

	if (second->number != number)
		*second = (struct second){.number = number};
	second->arrivals++;
	step_at(recent, time)->arrivals++;
}

static void note_ok(struct recent *recent, const struct live *live, const struct moment *moment)
{
	int64_t us = moment_span_us(&live->syn, moment);
	struct recent_step *step = step_at(recent, moment->time);

	if (us == CONNECTION_NONE_US)
		return;
	recent->oks[recent->ok_count++ % OKS] = (struct ok){moment->time, us};
	if (us > step->ok_us_max)
		step->ok_us_max = us;
}

static bool has_no_place(const struct recent *recent, time_ns time)
{
	return recent->failure_count == RECENT_FAILURES && recent->failures[RECENT_FAILURES - 1].time >= time;
}

/*
 * By their times, for what is judged now may have failed before what has just been closed. NULL: all are later.
 * noted: it was here when it was closed, though later ones may have taken its place.
 */
static struct recent_failure *find_or_add(struct recent *recent, uint32_t id, time_ns time, bool noted)
{
	size_t at = 0;

	for (size_t i = 0; i < recent->failure_count; i++)
		if (recent->failures[i].id == id)
			return &recent->failures[i];
	if (!noted || !has_no_place(recent, time))
		count_failure(recent, time);
	while (at < recent->failure_count && recent->failures[at].time > time)
		at++;
	if (at == RECENT_FAILURES)
		return NULL;
	recent->failure_count += recent->failure_count < RECENT_FAILURES;
	memmove(&recent->failures[at + 1], &recent->failures[at],
		(recent->failure_count - at - 1) * sizeof recent->failures[0]);
	recent->failures[at] = (struct recent_failure){.id = id, .time = time, .wait_us = CONNECTION_NONE_US};
	return &recent->failures[at];
}

/* What was refused or never answered is known when it is judged. */
static void note_close(struct recent *recent, const struct live *live, const struct moment *moment)
{
	if (moment_seen(&live->ok) || !moment_seen(&live->established))
		return;
	struct recent_failure *failure = find_or_add(recent, live->id, moment->time, false);
	if (failure == NULL)
		return;
	failure->client = *live->client;
	failure->server = *live->server;
	failure->wait_us = moment_span_us(moment_seen(&live->request) ? &live->request : &live->established, moment);
}

void recent_reached(struct recent *recent, const struct live *live, enum milestone milestone,
		    const struct moment *moment)
{
	if (milestone == MILESTONE_SYN)
		note_arrival(recent, moment->time);
	else if (milestone == MILESTONE_OK && !moment_seen(&live->close))
		note_ok(recent, live, moment);
	else if (milestone == MILESTONE_CLOSE)
		note_close(recent, live, moment);
}

void recent_judged(struct recent *recent, const struct connection *connection)
{
	const struct moment *close = &connection->milestones[MILESTONE_CLOSE];

	if (connection->outcome == OUTCOME_OK || connection->outcome == OUTCOME_PARTIAL ||
	    connection->outcome == OUTCOME_PENDING)
		return;
	bool closed = moment_seen(close);
	bool noted = closed && moment_seen(&connection->milestones[MILESTONE_ESTABLISHED]) &&
		     !moment_seen(&connection->milestones[MILESTONE_OK]);
	struct recent_failure *failure =
	    find_or_add(recent, connection->id, closed ? close->time : connection->last.time, noted);
	if (failure == NULL)
		return;
	failure->client = connection->client;
	failure->server = connection->server;
	failure->wait_us = connection->wait_us;
	failure->judged = true;
	failure->outcome = connection->outcome;
	failure->origin = connection->origin;
	failure->confidence = connection->confidence;
}

static int by_length(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a;
	int64_t right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static int64_t nearest_rank(const int64_t *sorted, size_t count, unsigned percent)
{
	size_t rank = (count * percent + 99) / 100;

	return count == 0 ? -1 : sorted[rank == 0 ? 0 : rank - 1];
}

struct recent_figures recent_figures(const struct recent *recent, time_ns now)
{
	int64_t *lengths = memory_get(OKS * sizeof *lengths);
	size_t kept = recent->ok_count < OKS ? recent->ok_count : OKS;
	struct recent_figures figures = {.ok_us_max = -1};
	uint64_t arrivals = 0;

	for (size_t i = 0; i < kept; i++)
		if (recent->oks[i].time <= now && now - recent->oks[i].time < RECENT_OKS_SPAN)
			lengths[figures.ok_count++] = recent->oks[i].us;
	qsort(lengths, figures.ok_count, sizeof *lengths, by_length);
	figures.ok_us_p50 = nearest_rank(lengths, figures.ok_count, 50);
	figures.ok_us_p95 = nearest_rank(lengths, figures.ok_count, 95);
	if (figures.ok_count > 0)
		figures.ok_us_max = lengths[figures.ok_count - 1];
	free(lengths);
	/* Whole seconds that are over, and this one's are not. */
	for (size_t i = 0; i < SECONDS; i++) {
		int64_t ago = now / NS_PER_S - recent->seconds[i].number;
		if (recent->seconds[i].number >= 0 && ago >= 1 && ago <= RECENT_ARRIVALS / NS_PER_S)
			arrivals += recent->seconds[i].arrivals;
	}
	figures.arrivals_per_s = (double)arrivals / ((double)RECENT_ARRIVALS / (double)NS_PER_S);
	return figures;
}

struct recent_step recent_step(const struct recent *recent, time_ns now, size_t back)
{
	int64_t number = now / RECENT_STEP - (int64_t)back;
	const struct step *step = &recent->steps[(uint64_t)number % RECENT_STEPS];

	return back < RECENT_STEPS && step->number == number ? step->is : (struct recent_step){.ok_us_max = -1};
}

const struct recent_failure *recent_failure(const struct recent *recent, size_t index)
{
	return index < recent->failure_count ? &recent->failures[index] : NULL;
}
