/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "study/world.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const lag_names[LAGS] = {"mixed", "ms", "uniform 0-2 s", "log-normal", "zero", "exponential 1.5 s"};
const char *const pattern_names[PATTERNS] = {"even", "bursts", "periodic", "mixed", "crowded"};

/* splitmix64: small, and the same everywhere. */
uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double uniform(struct dice *dice, double low, double high)
{
	return low + (high - low) * (double)(roll(dice) >> 11) / 9007199254740992.0;
}

double exponential(struct dice *dice, double mean)
{
	return -mean * log(1 - uniform(dice, 0, 1));
}

double normal(struct dice *dice)
{
	return sqrt(2 * exponential(dice, 1)) * cos(uniform(dice, 0, 2 * acos(-1)));
}

int pick(struct dice *dice, int count)
{
	return (int)(roll(dice) % (uint64_t)count);
}

bool chance(struct dice *dice, double probability)
{
	return uniform(dice, 0, 1) < probability;
}
double lag_draw(struct dice *dice, enum lags lags)
{
	switch (lags) {
	case LAG_MILLISECONDS:
		return exponential(dice, 0.02);
	case LAG_UNIFORM:
		return uniform(dice, 0, 2);
	case LAG_LOG_NORMAL:
		return fmin(0.05 * exp(1.5 * normal(dice)), 10);
	case LAG_ZERO:
		return 0;
	case LAG_SLOW:
		return fmin(exponential(dice, 1.5), 10);
	default:
		if (chance(dice, 0.03))
			return uniform(dice, 1, 8);
		return exponential(dice, chance(dice, 0.3) ? 0.6 : 0.08);
	}
}

static void close_add(struct world *world, struct dice *dice, double close)
{
	world->connections = memory_grow(world->connections, world->connection_count, &world->connection_capacity,
					 sizeof(*world->connections));
	double length = chance(dice, 0.5) ? 30 : exponential(dice, 8);
	world->connections[world->connection_count] =
	    (struct align_connection){.id = (uint32_t)world->connection_count + 1,
				      .start = FIRST + (time_ns)((close - length) * 1e9),
				      .close = FIRST + (time_ns)(close * 1e9),
				      .weight = 1};
	world->connection_count++;
}

static void closes_burst(struct world *world, struct dice *dice, double span, size_t most)
{
	double at = uniform(dice, 0, span);
	size_t count = 2 + (size_t)pick(dice, 19);

	for (size_t k = 0; k < count && k < most; k++)
		close_add(world, dice, fmin(at + uniform(dice, 0, chance(dice, 0.5) ? 1 : 4), span));
}

static void closes_periodic(struct world *world, struct dice *dice, double span, size_t most)
{
	double period = chance(dice, 0.5) ? 60 : 600, jitter = exponential(dice, 0.5);
	double at = uniform(dice, 0, period);

	for (size_t k = 0; k < most && at < span; k++) {
		close_add(world, dice, fmax(0, fmin(span, at + normal(dice) * 0.01)));
		at += period + jitter * normal(dice);
	}
}

static void closes_draw(struct world *world, struct dice *dice, const struct scenario *scenario)
{
	double busy = uniform(dice, 0, scenario->span * 0.8);

	while (world->connection_count < scenario->wanted) {
		size_t left = scenario->wanted - world->connection_count;
		enum pattern pattern = scenario->pattern;
		if (pattern == PATTERN_MIXED)
			pattern = (enum pattern)pick(dice, 3);
		if (pattern == PATTERN_BURSTS)
			closes_burst(world, dice, scenario->span, left);
		else if (pattern == PATTERN_PERIODIC)
			closes_periodic(world, dice, scenario->span, left);
		else if (pattern == PATTERN_CROWDED && chance(dice, 0.8))
			close_add(world, dice, busy + uniform(dice, 0, 0.2) * scenario->span);
		else
			close_add(world, dice, uniform(dice, 0, scenario->span));
	}
}

static void incident_add(struct world *world, const struct scenario *scenario, double time, struct lpi lpi,
			 uint32_t truth)
{
	double event = time * (1 + scenario->drift) + scenario->offset + (double)(FIRST % NS_PER_S) / 1e9;

	if (scenario->step_s < 0 || scenario->step_s > 0)
		event += time > scenario->step_at * scenario->span ? scenario->step_s : 0;

	world->incidents =
	    memory_grow(world->incidents, world->incident_count, &world->incident_capacity, sizeof(*world->incidents));
	world->truth = memory_grow(world->truth, world->incident_count, &world->truth_capacity, sizeof(*world->truth));
	world->told = memory_grow(world->told, world->incident_count, &world->told_capacity, sizeof(*world->told));
	world->told[world->incident_count] = time;
	world->truth[world->incident_count] = truth;
	world->incidents[world->incident_count++] =
	    (struct incident){.id = truth, .lpi = lpi, .cb = 12, .t_local = FIRST / NS_PER_S + (int64_t)floor(event)};
}

/* The lowest index that no connection alive at the same time has, as an MTA hands out control blocks. */
static uint32_t *indices_draw(const struct world *world)
{
	uint32_t *index = memory_get_zeroed(world->connection_count + 1, sizeof(*index));
	time_ns free_at[256];

	for (size_t k = 0; k < 256; k++)
		free_at[k] = INT64_MIN;
	for (size_t i = 0; i < world->connection_count; i++) {
		uint32_t best = 0;
		while (best < 255 && free_at[best] > world->connections[i].start)
			best++;
		free_at[best] = world->connections[i].close;
		index[i] = best + 1;
	}
	return index;
}

static int by_start(const void *left, const void *right)
{
	const struct align_connection *a = left, *b = right;

	return a->start != b->start ? (a->start > b->start) - (a->start < b->start) : (a->id > b->id) - (a->id < b->id);
}

struct told {
	struct incident incident;
	uint32_t truth;
	double time;
};

static int by_told(const void *left, const void *right)
{
	const struct told *a = left, *b = right;

	if (a->incident.t_local != b->incident.t_local)
		return a->incident.t_local < b->incident.t_local ? -1 : 1;
	return (a->truth > b->truth) - (a->truth < b->truth);
}

static int by_time_told(const void *left, const void *right)
{
	const struct told *a = left, *b = right;

	return (a->time > b->time) - (a->time < b->time);
}

/* As event_log_group leaves them: events numbered as they were logged, incidents in the order of the event clock. */
static void incidents_order(struct world *world)
{
	struct told *told = memory_get_zeroed(world->incident_count + 1, sizeof(*told));

	for (size_t i = 0; i < world->incident_count; i++)
		told[i] = (struct told){world->incidents[i], world->truth[i], world->told[i]};
	qsort(told, world->incident_count, sizeof(*told), by_time_told);
	for (size_t i = 0; i < world->incident_count; i++) {
		told[i].incident.events[0] = (uint32_t)i + 1;
		told[i].incident.event_count = 1;
	}
	qsort(told, world->incident_count, sizeof(*told), by_told);
	for (size_t i = 0; i < world->incident_count; i++) {
		world->incidents[i] = told[i].incident;
		world->incidents[i].id = (uint32_t)i + 1;
		world->truth[i] = told[i].truth;
		world->told[i] = told[i].time;
	}
	free(told);
}

static void incidents_draw(struct world *world, struct dice *dice, const struct scenario *scenario)
{
	double from = 0, to = scenario->span;

	if (scenario->coverage == COVER_LONGER) {
		from -= uniform(dice, 0, 10) * scenario->span;
		to += uniform(dice, 0, 10) * scenario->span;
	} else if (scenario->coverage == COVER_PART) {
		from = uniform(dice, 0, 0.5) * scenario->span;
		to = from + uniform(dice, 0.3, 0.5) * scenario->span;
	}
	world->from = fmax(from, 0);
	world->to = fmin(to, scenario->span);
	qsort(world->connections, world->connection_count, sizeof(*world->connections), by_start);
	uint32_t *index = indices_draw(world);
	size_t true_ones = 0;
	for (size_t i = 0; i < world->connection_count; i++) {
		double close = (double)(world->connections[i].close - FIRST) / 1e9;
		if (close < from || close > to || !chance(dice, scenario->yield))
			continue;
		double lag = lag_draw(dice, scenario->lags);
		if (scenario->missing > 0 && chance(dice, scenario->missing))
			lag += exponential(dice, MISSING_LAG_S);
		incident_add(world, scenario, close + lag, (struct lpi){1, 15, index[i]}, world->connections[i].id);
		true_ones++;
	}
	free(index);
	double rate = (double)true_ones * scenario->stray / (1 - scenario->stray) / fmin(to - from, scenario->span);
	double expected = rate * (to - from), centre = uniform(dice, from, to);
	size_t strays = (size_t)floor(expected + uniform(dice, 0, 1));
	for (size_t k = 0; k < strays; k++) {
		if (!scenario->crowded_strays || k % 5 == 0)
			centre = uniform(dice, from, to);
		incident_add(world, scenario, centre + (scenario->crowded_strays ? uniform(dice, 0, 3) : 0),
			     (struct lpi){1, 15, 1 + (uint32_t)pick(dice, 60)}, 0);
	}
	incidents_order(world);
}

void world_free(struct world *world)
{
	free(world->connections);
	free(world->incidents);
	free(world->truth);
	free(world->told);
}

void world_draw(struct world *world, struct dice *dice, const struct scenario *scenario)
{
	*world = (struct world){0};
	closes_draw(world, dice, scenario);
	incidents_draw(world, dice, scenario);
	if (scenario->story == STORY_UNRELATED) {
		/* The same kind of traffic, but not the same traffic. */
		world->connection_count = 0;
		closes_draw(world, dice, scenario);
		for (size_t i = 0; i < world->incident_count; i++)
			world->truth[i] = 0;
	}
	if (scenario->story == STORY_OTHER_DAY)
		for (size_t i = 0; i < world->incident_count; i++) {
			world->incidents[i].t_local += 86400 * 9;
			world->truth[i] = 0;
		}
	world->options = (struct align_options){.capture_first = FIRST,
						.capture_last = FIRST + (time_ns)((scenario->span + 10) * 1e9),
						.has_zone = scenario->has_zone,
						.zone_s = (int32_t)scenario->zone,
						.has_offset = scenario->has_offset,
						.offset_s = round(scenario->offset * 10) / 10};
}

void scenario_draw(struct scenario *scenario, struct dice *dice)
{
	double sizes = uniform(dice, 0, 1);

	*scenario = (struct scenario){
	    .story = chance(dice, 0.1)   ? STORY_OTHER_DAY
		     : chance(dice, 0.2) ? STORY_UNRELATED
					 : STORY_TRUE,
	    .lags = chance(dice, 0.4) ? LAG_MIXED : (enum lags)pick(dice, LAGS),
	    .pattern = (enum pattern)pick(dice, PATTERNS),
	    .coverage = (enum coverage)pick(dice, COVERS),
	    .yield = chance(dice, 0.3) ? 1 : uniform(dice, 0.2, 1),
	    .stray = chance(dice, 0.3) ? 0 : uniform(dice, 0, 0.5),
	    .crowded_strays = chance(dice, 0.3),
	    .wanted = (size_t)exp(uniform(dice, log(3), log(sizes < 0.9 ? 300 : 4000))),
	};
	/* Between one close in three seconds and one in ten minutes, over a minute to three days. */
	double gap = exp(uniform(dice, log(3), log(600)));
	scenario->span = fmin(fmax((double)scenario->wanted * gap, 60), 3 * 86400);
	scenario->zone = (chance(dice, 0.8) ? pick(dice, 27) - 12 : (pick(dice, 105) - 48) / 4.0) * 3600;
	double skew = chance(dice, 0.3)   ? uniform(dice, -0.5, 0.5)
		      : chance(dice, 0.6) ? normal(dice) * 60
					  : uniform(dice, -900, 900);
	scenario->offset = scenario->zone + skew;
	scenario->drift = chance(dice, 0.3)   ? 0
			  : chance(dice, 0.7) ? normal(dice) * 30e-6
					      : uniform(dice, -200e-6, 200e-6);
	scenario->has_zone = chance(dice, 0.25);
	scenario->has_offset = scenario->story != STORY_UNRELATED && chance(dice, 0.1);
	if (scenario->has_offset)
		scenario->drift = 0;
}
