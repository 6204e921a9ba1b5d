/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "study/ideal.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { LAG_SAMPLES = 100000, SWEEPS = 3000, BURN_IN = 500, NOBODY = -1 };
#define LAG_MOST_S 14.0
#define STRAY_S    20.0 /* crowded strays are as clustered as that */

/* A pair that may be; weight is against "this incident is a stray, this close made none". */
struct pair {
	size_t close;
	double weight;
	uint32_t times; /* sweeps that had it */
};

struct chain {
	const struct world *world;
	struct pair *pairs;
	size_t *first; /* of incident i: first[i] … first[i + 1] - 1 */
	size_t pair_count, capacity;
	long *has;    /* of incident: its pair, or NOBODY */
	long *holder; /* of close: its incident, or NOBODY */
	struct dice dice;
};

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static double *lags_sample(const struct scenario *scenario, struct dice *dice)
{
	double *lags = memory_get_zeroed(LAG_SAMPLES, sizeof(*lags));

	for (size_t i = 0; i < LAG_SAMPLES; i++) {
		lags[i] = lag_draw(dice, scenario->lags);
		if (scenario->missing > 0 && chance(dice, scenario->missing))
			lags[i] += exponential(dice, MISSING_LAG_S);
	}
	qsort(lags, LAG_SAMPLES, sizeof(*lags), by_value);
	return lags;
}

static size_t below(const double *lags, double lag)
{
	size_t low = 0, high = LAG_SAMPLES;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (lags[middle] < lag)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The capture-clock time of the beginning of an incident's second. */
static double place_of(const struct world *world, const struct scenario *scenario, size_t i)
{
	double event = (double)(world->incidents[i].t_local - FIRST / NS_PER_S) - (double)(FIRST % NS_PER_S) / 1e9;

	if ((scenario->step_s < 0 || scenario->step_s > 0) && world->told[i] > scenario->step_at * scenario->span)
		event -= scenario->step_s;
	return (event - scenario->offset) / (1 + scenario->drift);
}

/* Strays a second around a place; where they come in crowds the observer sees how many incidents stand there. */
static double stray_rate(const struct world *world, const struct scenario *scenario, const double *places, size_t i)
{
	size_t strays = 0, around = 0;

	for (size_t k = 0; k < world->incident_count; k++) {
		strays += world->truth[k] == 0;
		around += k != i && fabs(places[k] - places[i]) < STRAY_S;
	}
	double even = ((double)strays + 0.1) / fmax(world->to - world->from, 10);
	if (!scenario->crowded_strays || strays == 0)
		return even;
	double share = (double)strays / (double)world->incident_count;
	return 0.5 * even + 0.5 * share * (double)around / (2 * STRAY_S) + 1e-9;
}

static void pairs_make(struct chain *chain, const struct scenario *scenario, const double *lags)
{
	const struct world *world = chain->world;
	double *places = memory_get_zeroed(world->incident_count + 1, sizeof(*places));
	double yield = fmin(scenario->yield, 0.999);

	for (size_t i = 0; i < world->incident_count; i++)
		places[i] = place_of(world, scenario, i);
	for (size_t i = 0; i < world->incident_count; i++) {
		double rate = stray_rate(world, scenario, places, i);
		chain->first[i] = chain->pair_count;
		for (size_t k = 0; k < world->connection_count; k++) {
			double x = places[i] - (double)(world->connections[k].close - FIRST) / 1e9;
			if (x < -1 || x > LAG_MOST_S)
				continue;
			double density = (double)(below(lags, x + 1) - below(lags, x)) / LAG_SAMPLES;
			if (density <= 0)
				continue;
			chain->pairs =
			    memory_grow(chain->pairs, chain->pair_count, &chain->capacity, sizeof(*chain->pairs));
			chain->pairs[chain->pair_count++] = (struct pair){k, yield / (1 - yield) * density / rate, 0};
		}
	}
	chain->first[world->incident_count] = chain->pair_count;
	free(places);
}

static double weight_of(const struct chain *chain, long pair)
{
	return pair == NOBODY ? 1 : chain->pairs[pair].weight;
}

static void give(struct chain *chain, size_t i, long pair)
{
	chain->has[i] = pair;
	if (pair != NOBODY)
		chain->holder[chain->pairs[pair].close] = (long)i;
}

static long pair_with(const struct chain *chain, size_t i, size_t close)
{
	for (size_t e = chain->first[i]; e < chain->first[i + 1]; e++)
		if (chain->pairs[e].close == close)
			return (long)e;
	return NOBODY;
}

/* Metropolis and Hastings: incident i tries another pair, or none; who holds that close gets i's in exchange. */
static void chain_step(struct chain *chain, size_t i)
{
	size_t degree = chain->first[i + 1] - chain->first[i];
	size_t choice = (size_t)pick(&chain->dice, (int)degree + 1);
	long new = choice == degree ? NOBODY : (long)(chain->first[i] + choice), old = chain->has[i];
	long holder = new == NOBODY ? NOBODY : chain->holder[chain->pairs[new].close], others = NOBODY;

	if (new == old)
		return;
	double ratio = weight_of(chain, new) / weight_of(chain, old);
	if (holder != NOBODY) {
		long before = chain->has[holder];
		if (old != NOBODY) {
			others = pair_with(chain, (size_t)holder, chain->pairs[old].close);
			if (others == NOBODY)
				return;
		} else {
			/* Back from there only the other one can ask, who has as many choices of his own. */
			size_t other_degree = chain->first[holder + 1] - chain->first[holder];
			ratio *= (double)(degree + 1) / (double)(other_degree + 1);
		}
		ratio *= weight_of(chain, others) / weight_of(chain, before);
	}
	if (!chance(&chain->dice, fmin(ratio, 1)))
		return;
	if (old != NOBODY)
		chain->holder[chain->pairs[old].close] = NOBODY;
	give(chain, i, new);
	if (holder != NOBODY)
		give(chain, (size_t)holder, others);
}

static void chain_run(struct chain *chain)
{
	size_t count = chain->world->incident_count;

	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		for (size_t i = 0; i < count; i++) {
			size_t degree = chain->first[i + 1] - chain->first[i];
			/* So that an incident with many rivals moves as often as one with few. */
			for (size_t n = 0; n < 2 + degree / 2 && degree > 0; n++)
				chain_step(chain, i);
		}
		for (size_t i = 0; i < count && sweep >= BURN_IN; i++)
			if (chain->has[i] != NOBODY)
				chain->pairs[chain->has[i]].times++;
	}
}

void ideal_observe(const struct world *world, const struct scenario *scenario, uint64_t seed, struct ideal *ideal)
{
	struct chain chain = {.world = world, .dice = {seed}};
	double *lags = lags_sample(scenario, &chain.dice);

	chain.first = memory_get_zeroed(world->incident_count + 1, sizeof(*chain.first));
	chain.has = memory_get_zeroed(world->incident_count + 1, sizeof(*chain.has));
	chain.holder = memory_get_zeroed(world->connection_count + 1, sizeof(*chain.holder));
	for (size_t i = 0; i < world->incident_count; i++)
		chain.has[i] = NOBODY;
	for (size_t k = 0; k < world->connection_count; k++)
		chain.holder[k] = NOBODY;
	pairs_make(&chain, scenario, lags);
	chain_run(&chain);
	for (size_t i = 0; i < world->incident_count; i++) {
		uint32_t most = 0;
		ideal[i] = (struct ideal){0, 0};
		for (size_t e = chain.first[i]; e < chain.first[i + 1]; e++)
			if (chain.pairs[e].times > most) {
				most = chain.pairs[e].times;
				ideal[i] = (struct ideal){world->connections[chain.pairs[e].close].id,
							  (double)most / (SWEEPS - BURN_IN)};
			}
	}
	free(lags);
	free(chain.pairs);
	free(chain.first);
	free(chain.has);
	free(chain.holder);
}
