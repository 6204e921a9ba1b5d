/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "study/ideal.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { LAG_SAMPLES = 100000, SWEEPS = 3000, BURN_IN = 500, SETTLED = 10, NOBODY = -1 };
#define WEIGHT_LEAST 1e-12 /* what is impossible at one offset is not so at another */
#define STRAY_S      20.0  /* crowded strays are as clustered as that */

/* Where the law is learnt: bins that grow with the lag, each one even; so many observations are worth what is believed
 * before any. */
enum { BINS = 30 };
#define PRIOR_OBSERVATIONS 3.0

/* A pair that may be. */
struct pair {
	size_t close;
	double x;       /* the beginning of the incident's second, minus the close, at the true offset */
	double weight;  /* against "this incident is a stray, this close made none" */
	uint32_t times; /* sweeps that had it */
};

struct chain {
	const struct world *world;
	unsigned known;
	struct pair *pairs;
	size_t *first; /* of incident i: first[i] … first[i + 1] - 1 */
	size_t pair_count, capacity;
	long *has;            /* of incident: its pair, or NOBODY */
	long *holder;         /* of close: its incident, or NOBODY */
	double *rate;         /* of incident: strays a second there, were strays as many as they are */
	double more;          /* what the offset is believed to be above the true one */
	double yield, strays; /* strays: a factor of the true number */
	double true_strays;
	size_t reach; /* closes that the log covers */
	struct law *law;
	double edges[BINS + 1], prior[BINS], mass[BINS];
	struct dice dice;
};

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

struct law *law_know(const struct scenario *scenario, struct dice *dice)
{
	double *lags = memory_get_zeroed(LAG_SAMPLES, sizeof(*lags));
	struct law *law = memory_get_zeroed(1, sizeof(*law));
	size_t below = 0;

	for (size_t i = 0; i < LAG_SAMPLES; i++) {
		lags[i] = lag_draw(dice, scenario->lags);
		if (scenario->missing > 0 && chance(dice, scenario->missing))
			lags[i] += exponential(dice, MISSING_LAG_S);
	}
	qsort(lags, LAG_SAMPLES, sizeof(*lags), by_value);
	for (int k = 0; k <= LAW_STEPS; k++) {
		while (below < LAG_SAMPLES && lags[below] <= k * LAW_STEP_S)
			below++;
		law->below[k] = (double)below / LAG_SAMPLES;
	}
	free(lags);
	return law;
}

static double law_below(const struct law *law, double lag)
{
	double place = lag / LAW_STEP_S;

	if (place <= 0)
		return 0;
	if (place >= LAW_STEPS)
		return law->below[LAW_STEPS];
	int k = (int)place;
	return law->below[k] + (place - k) * (law->below[k + 1] - law->below[k]);
}

double law_density(const struct law *law, double x)
{
	return law_below(law, x + 1) - law_below(law, x);
}

double place_of(const struct world *world, const struct scenario *scenario, size_t i)
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

static void pairs_weigh(struct chain *chain)
{
	double odds = chain->yield / (1 - chain->yield) / chain->strays;

	for (size_t i = 0; i < chain->world->incident_count; i++)
		for (size_t e = chain->first[i]; e < chain->first[i + 1]; e++)
			chain->pairs[e].weight =
			    odds * law_density(chain->law, chain->pairs[e].x - chain->more) / chain->rate[i] +
			    WEIGHT_LEAST;
}

static void pairs_make(struct chain *chain, const struct scenario *scenario)
{
	const struct world *world = chain->world;
	double *places = memory_get_zeroed(world->incident_count + 1, sizeof(*places));
	double slack = (chain->known & IDEAL_OFFSET) ? 0 : 1.5;

	for (size_t i = 0; i < world->incident_count; i++)
		places[i] = place_of(world, scenario, i);
	for (size_t i = 0; i < world->incident_count; i++) {
		chain->rate[i] = stray_rate(world, scenario, places, i);
		chain->first[i] = chain->pair_count;
		for (size_t k = 0; k < world->connection_count; k++) {
			double x = places[i] - (double)(world->connections[k].close - FIRST) / 1e9;
			if (x < -1 - slack || x > LAW_MOST_S)
				continue;
			if ((chain->known & IDEAL_LAGS) && (chain->known & IDEAL_OFFSET) &&
			    law_density(chain->law, x) <= 0)
				continue;
			chain->pairs =
			    memory_grow(chain->pairs, chain->pair_count, &chain->capacity, sizeof(*chain->pairs));
			chain->pairs[chain->pair_count++] = (struct pair){k, x, 0, 0};
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

/* Marsaglia and Tsang 2000. */
static double gamma_draw(struct dice *dice, double shape)
{
	if (shape < 1)
		return gamma_draw(dice, shape + 1) * pow(uniform(dice, 1e-300, 1), 1 / shape);
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
	for (;;) {
		double z = normal(dice), v = pow(1 + c * z, 3);
		if (v > 0 && log(uniform(dice, 1e-300, 1)) < 0.5 * z * z + d - d * v + d * log(v))
			return d * v;
	}
}

/* The law that the masses of the bins make. */
static void law_of_mass(struct chain *chain)
{
	double sum = 0;
	int bin = 0;

	for (int k = 0; k <= LAW_STEPS; k++) {
		double at = k * LAW_STEP_S;
		while (bin < BINS - 1 && chain->edges[bin + 1] < at)
			sum += chain->mass[bin++];
		double width = chain->edges[bin + 1] - chain->edges[bin];
		chain->law->below[k] = sum + chain->mass[bin] * fmin((at - chain->edges[bin]) / width, 1);
	}
}

/* The part of a bin that lies in [x, x + 1). */
static double overlap(const struct chain *chain, int bin, double x)
{
	double from = fmax(chain->edges[bin], x), to = fmin(chain->edges[bin + 1], x + 1);

	return to > from ? (to - from) / (chain->edges[bin + 1] - chain->edges[bin]) : 0;
}

/* What the program believes before any data. */
static double prior_survival(double lag)
{
	return 0.70 * exp(-lag / 0.10) + 0.23 * exp(-lag / 0.5) + 0.07 * exp(-lag / 2.5);
}

static void lags_believe(struct chain *chain)
{
	for (int k = 0; k <= BINS; k++)
		chain->edges[k] = 0.01 * (pow(LAW_MOST_S / 0.01 + 1, (double)k / BINS) - 1);
	for (int k = 0; k < BINS; k++) {
		double mass = prior_survival(chain->edges[k]) - prior_survival(chain->edges[k + 1]);
		chain->mass[k] = chain->prior[k] = mass / (1 - prior_survival(LAW_MOST_S));
	}
	chain->law = memory_get_zeroed(1, sizeof(*chain->law));
	law_of_mass(chain);
}

/* The law given the pairs: each one's lag falls into a bin, and the bins' masses follow Dirichlet. */
static void lags_redraw(struct chain *chain)
{
	double all = 0, shape[BINS];

	for (int bin = 0; bin < BINS; bin++)
		shape[bin] = chain->prior[bin] * PRIOR_OBSERVATIONS;
	for (size_t i = 0; i < chain->world->incident_count; i++) {
		if (chain->has[i] == NOBODY)
			continue;
		double x = chain->pairs[chain->has[i]].x - chain->more, parts[BINS], sum = 0;
		for (int bin = 0; bin < BINS; bin++) {
			parts[bin] = chain->mass[bin] * overlap(chain, bin, x);
			sum += parts[bin];
		}
		if (sum <= 0)
			continue;
		double at = uniform(&chain->dice, 0, sum);
		int bin = 0;
		while (bin < BINS - 1 && at >= parts[bin])
			at -= parts[bin++];
		shape[bin] += 1;
	}
	for (int bin = 0; bin < BINS; bin++) {
		chain->mass[bin] = gamma_draw(&chain->dice, shape[bin]) + WEIGHT_LEAST;
		all += chain->mass[bin];
	}
	for (int bin = 0; bin < BINS; bin++)
		chain->mass[bin] /= all;
	law_of_mass(chain);
}

static double logs_at(const struct chain *chain, double more)
{
	double sum = 0;

	for (size_t i = 0; i < chain->world->incident_count; i++)
		if (chain->has[i] != NOBODY)
			sum += log(law_density(chain->law, chain->pairs[chain->has[i]].x - more) + WEIGHT_LEAST);
	return sum;
}

/* Metropolis: the offset given pairs and law, in steps of any size. */
static void offset_redraw(struct chain *chain)
{
	static const double widths[] = {0.3, 0.1, 0.03, 0.01, 0.003};
	double old = logs_at(chain, chain->more);

	for (int k = 0; k < 5; k++) {
		double more = chain->more + widths[k] * normal(&chain->dice);
		if (fabs(more) > 1.5)
			continue;
		double new = logs_at(chain, more);
		if (log(uniform(&chain->dice, 1e-300, 1)) >= new - old)
			continue;
		chain->more = more;
		old = new;
	}
}

/* Yield (beta) and number of strays (gamma) given the pairs. */
static void rates_redraw(struct chain *chain)
{
	size_t count = chain->world->incident_count, matched = 0;

	for (size_t i = 0; i < count; i++)
		matched += chain->has[i] != NOBODY;
	double yes = gamma_draw(&chain->dice, (double)matched + 1);
	double no = gamma_draw(&chain->dice, fmax((double)chain->reach - (double)matched, 0) + 0.5);
	chain->yield = fmin(yes / (yes + no), 0.999);
	chain->strays = gamma_draw(&chain->dice, (double)(count - matched) + 0.5) / (chain->true_strays + 0.1);
}

static void unknown_redraw(struct chain *chain)
{
	if ((chain->known & IDEAL_OFFSET) == 0)
		offset_redraw(chain);
	if ((chain->known & IDEAL_LAGS) == 0)
		lags_redraw(chain);
	if ((chain->known & IDEAL_RATES) == 0)
		rates_redraw(chain);
	if (chain->known != IDEAL_ALL)
		pairs_weigh(chain);
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
		if (sweep >= SETTLED)
			unknown_redraw(chain);
		for (size_t i = 0; i < count && sweep >= BURN_IN; i++)
			if (chain->has[i] != NOBODY)
				chain->pairs[chain->has[i]].times++;
	}
}

void ideal_observe(const struct world *world, const struct scenario *scenario, unsigned known, uint64_t seed,
		   struct ideal *ideal)
{
	struct chain chain = {
	    .world = world, .known = known, .dice = {seed}, .yield = fmin(scenario->yield, 0.999), .strays = 1};

	chain.first = memory_get_zeroed(world->incident_count + 1, sizeof(*chain.first));
	chain.has = memory_get_zeroed(world->incident_count + 1, sizeof(*chain.has));
	chain.rate = memory_get_zeroed(world->incident_count + 1, sizeof(*chain.rate));
	chain.holder = memory_get_zeroed(world->connection_count + 1, sizeof(*chain.holder));
	for (size_t i = 0; i < world->incident_count; i++) {
		chain.has[i] = NOBODY;
		chain.true_strays += world->truth[i] == 0;
	}
	for (size_t k = 0; k < world->connection_count; k++) {
		chain.holder[k] = NOBODY;
		double close = (double)(world->connections[k].close - FIRST) / 1e9;
		chain.reach += close >= world->from && close <= world->to;
	}
	if (known & IDEAL_LAGS)
		chain.law = law_know(scenario, &chain.dice);
	else
		lags_believe(&chain);
	pairs_make(&chain, scenario);
	pairs_weigh(&chain);
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
	free(chain.law);
	free(chain.pairs);
	free(chain.first);
	free(chain.has);
	free(chain.rate);
	free(chain.holder);
}
