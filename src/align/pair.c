/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/pair.h"

#include "align/web.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What must be left for rivals and for no connection at all. */
#define CERTAIN_LEAST   0.998
#define PROBABLE_LEAST  0.96
#define PLAUSIBLE_LEAST 0.012
#define SOME_LEAST      0.08 /* with less for all connections together there is none */

#define EDGE_LEAST   1e-3 /* of the incident's likeliest */
#define DENSITY_S    30.0 /* strays are as clustered as incidents: their rate is looked at so far around */
#define YIELD_FIRST  0.6
#define YIELD_CLOSES 1.0
#define ROUNDS       3
#define LPI_ROUNDS   2 /* each makes surer whose LPI was whose */
#define SWEEPS_MOST  200
#define SWEEPS_LARGE 25
#define LARGE        2000000
#define WIDTH_MOST   12
#define WIDTH_MANY   8 /* with MANY incidents or more */
#define MANY         20000
#define STATES_MOST  2000000
#define SLOT_NONE    0xff

static void web_edges(struct web *web)
{
	double dense = (double)web->closes->count / fmax(web->closes->last - web->closes->first, 10);
	/* Where ten closes share a second, each of which fits, the unlikely ones are beyond telling and too many. */
	float least = (float)(EDGE_LEAST * fmin(fmax(1, 10 * dense), 100));

	for (size_t i = 0; i < web->count; i++) {
		const struct seen *seen = &web->seen[i];
		const struct kernel *kernel = &seen->clock->kernel;
		float most = 0;
		web->first[i] = web->edge_count;
		size_t from = closes_from(web->closes, seen->place - kernel->highest);
		for (size_t k = from; k < web->closes->count; k++) {
			double x = seen->place - web->closes->time[k];
			if (x < kernel->lowest)
				break;
			most = fmaxf(most, (float)kernel_at(kernel, x));
		}
		for (size_t k = from; k < web->closes->count; k++) {
			double x = seen->place - web->closes->time[k];
			if (x < kernel->lowest)
				break;
			float density = (float)kernel_at(kernel, x);
			if (density <= 1e-6F || density < most * least)
				continue;
			web->edges = memory_grow(web->edges, web->edge_count, &web->capacity, sizeof(*web->edges));
			web->edges[web->edge_count++] =
			    (struct edge){.close = (uint32_t)k, .density = density, .bar = 1};
		}
	}
	web->first[web->count] = web->edge_count;
}

static void web_crowd(struct web *web)
{
	double span = fmax(web->closes->last - web->closes->first, 2 * DENSITY_S);
	size_t low = 0, high = 0;

	for (size_t i = 0; i < web->count; i++) {
		while (web->seen[low].place < web->seen[i].place - DENSITY_S)
			low++;
		while (high < web->count && web->seen[high].place <= web->seen[i].place + DENSITY_S)
			high++;
		/* The incident itself is no evidence that strays are frequent here. */
		double around = (double)(high - low - 1) / (2 * DENSITY_S);
		web->crowd[i] = 0.5 * ((double)web->count + 1) / span + 0.5 * around;
	}
}

static double *yield_of(const struct web *web, size_t i, uint32_t close)
{
	return &web->yield[(size_t)web->seen[i].source * web->closes->servers + web->closes->server[close]];
}

static void web_weigh(struct web *web)
{
	for (size_t i = 0; i < web->count; i++) {
		double rate = web->stray * web->crowd[i];
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++) {
			struct edge *edge = &web->edges[e];
			double yield = *yield_of(web, i, edge->close) * (double)web->closes->weight[edge->close];
			yield = fmin(yield, 0.97);
			edge->psi = (float)fmin(yield * (double)edge->density / ((1 - yield) * rate), 1e8) * edge->bar;
			edge->mu = edge->psi;
		}
	}
}

/* fmaxf without its care for what is no number, which a million edges would pay for. */
static inline float larger(float a, float b)
{
	return a > b ? a : b;
}

/* One sweep of messages from incidents to closes. Returns the greatest change of any, against its size. */
static double web_sweep(struct web *web)
{
	float change = 0;

	memset(web->pull, 0, web->closes->count * sizeof(*web->pull));
	for (size_t e = 0; e < web->edge_count; e++)
		web->pull[web->edges[e].close] += web->edges[e].mu;
	for (size_t i = 0; i < web->count; i++) {
		double sum = 1;
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++) {
			struct edge *edge = &web->edges[e];
			double others = (double)larger(web->pull[edge->close] - edge->mu, 0);
			edge->p = (float)((double)edge->psi / (1 + others));
			sum += (double)edge->p;
		}
		web->null[i] = (float)(1 / sum);
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++) {
			struct edge *edge = &web->edges[e];
			float mu = (float)((double)edge->psi / fmax(sum - (double)edge->p, 1e-9));
			edge->p = (float)((double)edge->p / sum);
			change = larger(change, fabsf(mu - edge->mu) / (mu + 1e-3F));
			edge->mu = mu;
		}
	}
	return (double)change;
}

/*
 * Marginal probabilities of the one-to-one assignment by belief propagation (Williams and Lau 2014), which converges
 * for this problem and is exact where rivals form no ring.
 */
static void web_settle(struct web *web)
{
	int most = web->edge_count > LARGE ? SWEEPS_LARGE : SWEEPS_MOST;

	for (int sweep = 0; sweep < most; sweep++)
		if (web_sweep(web) < 1e-3)
			break;
}

/* Learns how many closes of each server make an incident and how many incidents have no close. */
static void web_learn(struct web *web)
{
	const struct closes *closes = web->closes;
	size_t count = web->sources * closes->servers;
	double *matched = memory_get_zeroed(count, sizeof(*matched)), all = 0, all_reach = 0;
	double *reach = memory_get_zeroed(closes->servers, sizeof(*reach));
	double from = web->seen[0].place - 2, to = web->seen[web->count - 1].place + 2;

	for (size_t i = 0; i < web->count; i++) {
		all += 1 - (double)web->null[i];
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++)
			matched[yield_of(web, i, web->edges[e].close) - web->yield] += (double)web->edges[e].p;
	}
	for (size_t k = 0; k < closes->count; k++)
		if (closes->time[k] >= from && closes->time[k] <= to) {
			reach[closes->server[k]] += (double)closes->weight[k];
			all_reach += (double)closes->weight[k];
		}
	web->stray = ((double)web->count - all + 0.4) / ((double)web->count + 1);
	double usual = (all + 0.5) / (fmax(all_reach, all) + 1);
	for (size_t k = 0; k < count; k++) {
		double own = fmax(reach[k % closes->servers], matched[k]);
		/* With few closes a server is taken for one like the others. */
		web->yield[k] = (matched[k] + YIELD_CLOSES * usual) / (own + YIELD_CLOSES);
	}
	free(matched);
	free(reach);
}

/*
 * Exact marginals of a stretch of incidents from..to-1 whose closes are not shared with others: a sum over all
 * assignments, incident by incident, whose state is the set of closes already taken among those that a later incident
 * may still take (forward and backward, as for a hidden Markov chain).
 */
struct stretch {
	struct web *web;
	size_t from, to;
	unsigned width;         /* of the state, in bits */
	const uint8_t *slot;    /* of each close: its bit */
	const size_t *last_use; /* of each close: the last incident that may be it */
	double *forward;        /* (to - from + 1) states of 2^width */
};

/* The bits that nobody needs after incident i. */
static uint32_t retired(const struct stretch *stretch, size_t i)
{
	const struct web *web = stretch->web;
	uint32_t bits = 0;

	for (size_t e = web->first[i]; e < web->first[i + 1]; e++)
		if (stretch->last_use[web->edges[e].close] == i)
			bits |= UINT32_C(1) << stretch->slot[web->edges[e].close];
	return bits;
}

static void stretch_forward(const struct stretch *stretch)
{
	const struct web *web = stretch->web;
	size_t states = (size_t)1 << stretch->width;

	stretch->forward[0] = 1;
	for (size_t i = stretch->from; i < stretch->to; i++) {
		const double *old = stretch->forward + (i - stretch->from) * states;
		double *new = stretch->forward + (i - stretch->from + 1) * states, sum = 0;
		uint32_t gone = retired(stretch, i);
		for (uint32_t mask = 0; mask < states; mask++) {
			if (old[mask] <= 0)
				continue;
			new[mask & ~gone] += old[mask];
			for (size_t e = web->first[i]; e < web->first[i + 1]; e++) {
				uint32_t bit = UINT32_C(1) << stretch->slot[web->edges[e].close];
				if ((mask & bit) == 0)
					new[(mask | bit) & ~gone] += old[mask] * (double)web->edges[e].psi;
			}
		}
		for (uint32_t mask = 0; mask < states; mask++)
			sum += new[mask];
		for (uint32_t mask = 0; mask < states; mask++)
			new[mask] /= sum;
	}
}

/* Goes back from the end, where later holds 1 for each state, and sets the marginals. work is for 2^width numbers. */
static void stretch_backward(const struct stretch *stretch, double *later, double *work)
{
	struct web *web = stretch->web;
	size_t states = (size_t)1 << stretch->width;

	for (size_t i = stretch->to; i-- > stretch->from;) {
		const double *old = stretch->forward + (i - stretch->from) * states;
		uint32_t gone = retired(stretch, i);
		double null = 0, all = 0, most = 0;
		memset(work, 0, states * sizeof(*work));
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++)
			web->edges[e].p = 0;
		for (uint32_t mask = 0; mask < states; mask++) {
			work[mask] = later[mask & ~gone];
			null += old[mask] * later[mask & ~gone];
		}
		all = null;
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++) {
			uint32_t bit = UINT32_C(1) << stretch->slot[web->edges[e].close];
			double psi = (double)web->edges[e].psi, sum = 0;
			for (uint32_t mask = 0; mask < states; mask++) {
				if ((mask & bit) != 0)
					continue;
				double weight = psi * later[(mask | bit) & ~gone];
				work[mask] += weight;
				sum += old[mask] * weight;
			}
			web->edges[e].p = (float)sum;
			all += sum;
		}
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++)
			web->edges[e].p = (float)((double)web->edges[e].p / all);
		web->null[i] = (float)(null / all);
		for (uint32_t mask = 0; mask < states; mask++)
			most = fmax(most, work[mask]);
		for (uint32_t mask = 0; mask < states; mask++)
			later[mask] = work[mask] / most;
	}
}

static void stretch_solve(struct stretch *stretch)
{
	size_t states = (size_t)1 << stretch->width;
	double *later = memory_get_zeroed(states, sizeof(*later)), *work = memory_get_zeroed(states, sizeof(*work));

	stretch->forward = memory_get_zeroed((stretch->to - stretch->from + 1) * states, sizeof(double));
	for (size_t mask = 0; mask < states; mask++)
		later[mask] = 1;
	stretch_forward(stretch);
	stretch_backward(stretch, later, work);
	free(stretch->forward);
	free(later);
	free(work);
}

/* Gives each close that incident i is the first to name a free bit; returns false when there are too few. */
static bool slots_take(const struct web *web, size_t i, uint8_t *slot, uint32_t *taken, unsigned *width)
{
	unsigned most = web->count < MANY ? WIDTH_MOST : WIDTH_MANY;

	for (size_t e = web->first[i]; e < web->first[i + 1]; e++) {
		uint8_t *own = &slot[web->edges[e].close];
		if (*own != SLOT_NONE)
			continue;
		unsigned bit = 0;
		while (bit < most && (*taken >> bit & 1) != 0)
			bit++;
		if (bit == most)
			return false;
		*own = (uint8_t)bit;
		*taken |= UINT32_C(1) << bit;
		if (bit + 1 > *width)
			*width = bit + 1;
	}
	return true;
}

/* Solves exactly every stretch that is narrow enough; the others keep what web_settle found. */
static void web_exact(struct web *web)
{
	size_t *last_use = memory_get_zeroed(web->closes->count, sizeof(*last_use));
	uint8_t *slot = memory_get(web->closes->count);

	memset(slot, SLOT_NONE, web->closes->count);
	for (size_t i = 0; i < web->count; i++)
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++)
			last_use[web->edges[e].close] = i;
	for (size_t i = 0; i < web->count;) {
		struct stretch stretch = {.web = web, .from = i, .slot = slot, .last_use = last_use};
		uint32_t taken = 0;
		bool narrow = true;
		size_t end = i + 1; /* the first incident that shares nothing with those before */
		for (; i < end; i++) {
			narrow = narrow && slots_take(web, i, slot, &taken, &stretch.width);
			for (size_t e = web->first[i]; e < web->first[i + 1]; e++)
				if (last_use[web->edges[e].close] + 1 > end)
					end = last_use[web->edges[e].close] + 1;
			if (narrow)
				taken &= ~retired(&stretch, i);
		}
		stretch.to = end;
		if (narrow && (stretch.to - stretch.from) << stretch.width <= STATES_MOST)
			stretch_solve(&stretch);
	}
	free(slot);
	free(last_use);
}

static int by_probability(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;

	if (a->p > b->p || a->p < b->p)
		return a->p > b->p ? -1 : 1;
	/* The later close needs the shorter lag. */
	return (a->close < b->close) - (a->close > b->close);
}

static void decide(const struct web *web, const struct align_connection *connections, size_t i, struct match *match)
{
	size_t count = web->first[i + 1] - web->first[i];
	double certainty = web->seen[i].clock->certainty;

	if (count == 0 || 1 - (double)web->null[i] < SOME_LEAST)
		return;
	struct edge *edges = web->edges + web->first[i];
	qsort(edges, count, sizeof(*edges), by_probability);
	double best = (double)edges[0].p * certainty;
	double second = count > 1 ? (double)edges[1].p : 0;
	for (size_t e = 0; e < count && match->candidate_count < MATCH_CANDIDATES; e++)
		if (e == 0 || (double)edges[e].p >= PLAUSIBLE_LEAST)
			match->candidates[match->candidate_count++] =
			    connections[web->closes->order[edges[e].close]].id;
	match->connection = match->candidates[0];
	match->score = best;
	if (best >= CERTAIN_LEAST && second < 1 - CERTAIN_LEAST)
		match->confidence = MATCH_CERTAIN;
	else if (best >= PROBABLE_LEAST)
		match->confidence = MATCH_PROBABLE;
	else
		match->confidence = MATCH_AMBIGUOUS;
	if (match->confidence != MATCH_AMBIGUOUS)
		match->candidate_count = 1;
}

static void web_free(struct web *web)
{
	free(web->edges);
	free(web->first);
	free(web->pull);
	free(web->null);
	free(web->crowd);
	free(web->yield);
}

void pair_all(const struct closes *closes, const struct align_connection *connections, const struct seen *seen,
	      size_t seen_count, struct match *matches)
{
	struct web web = {.closes = closes, .seen = seen, .count = seen_count, .stray = 0.2};

	if (seen_count == 0 || closes->count == 0)
		return;
	web.first = memory_get_zeroed(seen_count + 1, sizeof(*web.first));
	web.pull = memory_get_zeroed(closes->count, sizeof(*web.pull));
	web.null = memory_get_zeroed(seen_count, sizeof(*web.null));
	web.crowd = memory_get_zeroed(seen_count, sizeof(*web.crowd));
	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].source >= web.sources)
			web.sources = (size_t)seen[i].source + 1;
	web.yield = memory_get_zeroed(web.sources * closes->servers, sizeof(*web.yield));
	for (size_t k = 0; k < web.sources * closes->servers; k++)
		web.yield[k] = YIELD_FIRST;
	web_edges(&web);
	web_crowd(&web);
	for (int round = 0; round < ROUNDS; round++) {
		web_weigh(&web);
		web_settle(&web);
		web_learn(&web);
	}
	web_weigh(&web);
	web_settle(&web);
	web_exact(&web);

	int rounds = seen_count < MANY ? LPI_ROUNDS : 1;
	for (int round = 0; round < rounds && lpi_bar(&web); round++) {
		web_weigh(&web);
		web_settle(&web);
		web_exact(&web);
	}
	for (size_t i = 0; i < seen_count; i++)
		decide(&web, connections, i, &matches[seen[i].index]);
	web_free(&web);
}
