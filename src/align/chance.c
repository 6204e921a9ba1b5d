/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/chance.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Busy times meet busy times anyway: a cluster is thrown about only near where it stands. */
#define AROUND_S       120.0
#define LINK_S         4.0
#define ENDS_S         2.5 /* so well the ends of two bursts agree */
#define EXPECTED_LEAST 0.3F
#define ALIKE          0.02
#define CLUSTERS_MOST  400
#define BESIDE_FROM_S  6.0
#define BESIDE_STEP_S  1.5
#define PLATEAU_STEP   0.25
#define BEAT_AT        3.0 /* of so many times luck's share little is luck */
#define BEAT_LEAST     5.0
#define PLATEAU_MOST   40

enum { THROWS = 160, BESIDE = 160 };

/* Event seconds i with places from..to-1 of the looked-at ones are one cluster. */
struct inside {
	double *place;
	float *worth;
	double *events;
	size_t count;
};

static void inside_gather(struct inside *inside, const struct closes *closes, const struct seconds *seconds,
			  const struct clock_line *line, size_t stride)
{
	*inside = (struct inside){.place = memory_get_zeroed(seconds->count + 1, sizeof(double)),
				  .worth = memory_get_zeroed(seconds->count + 1, sizeof(float)),
				  .events = memory_get_zeroed(seconds->count + 1, sizeof(double))};
	for (size_t i = 0; i < seconds->count; i += stride) {
		double place = clock_to_capture(line, seconds->time[i]);
		if (place < closes->first - 1 || place > closes->last + 2)
			continue;
		inside->place[inside->count] = place;
		inside->events[inside->count] = seconds->events[i];
		inside->worth[inside->count++] = seconds->worth[i];
	}
}

static void inside_free(struct inside *inside)
{
	free(inside->place);
	free(inside->worth);
	free(inside->events);
}

/*
 * The end of the cluster that begins with event from. What follows an event much faster than is usual around it is of
 * the same cause; where events are dense all along, none is.
 */
static size_t cluster_end(const struct inside *inside, size_t from)
{
	size_t low = from, high = from, end = from + 1;

	while (low > 0 && inside->place[low - 1] > inside->place[from] - AROUND_S / 2)
		low--;
	while (high < inside->count && inside->place[high] < inside->place[from] + AROUND_S / 2)
		high++;
	double link = fmin(LINK_S, 0.5 * AROUND_S / (double)(high - low + 1));
	while (end < inside->count && inside->place[end] - inside->place[end - 1] <= link)
		end++;
	return end;
}

/* The cluster's evidence at each throw. */
static void cluster_throw(const struct closes *closes, const struct kernel *kernel, const struct inside *inside,
			  size_t from, size_t to, double gap, double share, double *gains)
{
	double window = fmin(AROUND_S, fmax(closes->last - closes->first, 10));
	double low = -window / 2, high = window / 2;

	/* Thrown out of the capture it would say nothing, neither good nor bad. */
	if (inside->place[to - 1] + high > closes->last + 2)
		high = fmax(closes->last + 2 - inside->place[to - 1], 0), low = high - window;
	if (inside->place[from] + low < closes->first - 1)
		low = fmin(closes->first - 1 - inside->place[from], 0);
	for (size_t t = 0; t < THROWS; t++)
		gains[t] = 0;
	for (size_t i = from; i < to; i++) {
		double start = inside->place[i] + low + window / THROWS / 2;
		size_t hint = closes_from(closes, start - kernel->highest);
		for (size_t t = 0; t < THROWS; t++) {
			double density = density_at(closes, kernel, start + (double)t * window / THROWS, &hint);
			gains[t] += (double)inside->worth[i] * log(1 - share + share * density * gap);
		}
	}
}

/*
 * Adds the logarithm of a cluster's moment generating function, and its derivative, to the sums at each tilt. Most
 * throws hit nothing and are alike: they are counted, not reckoned one by one.
 */
static void moments_add(double *gains, const double *tilts, double *logs, double *slopes)
{
	double most = gains[0], least = gains[0];
	size_t hits = 0;

	for (size_t t = 1; t < THROWS; t++) {
		most = fmax(most, gains[t]);
		least = fmin(least, gains[t]);
	}
	for (size_t t = 0; t < THROWS; t++)
		if (gains[t] > least + ALIKE * (most - least))
			gains[hits++] = gains[t];
	for (size_t k = 0; k < RARITY_STEPS; k++) {
		double sum = (double)(THROWS - hits) * exp(tilts[k] * (least - most)), weighted = sum * least;
		for (size_t t = 0; t < hits; t++) {
			double tilted = exp(tilts[k] * (gains[t] - most));
			sum += tilted;
			weighted += tilted * gains[t];
		}
		logs[k] += log(sum / THROWS) + tilts[k] * most;
		slopes[k] += weighted / sum;
	}
}

/* A burst that begins and ends with a burst of closes: that both last as long, and count as many, is more than one
 * coincidence. Returns the logarithm of how seldom that is. */
static double shape(const struct closes *closes, const struct inside *inside, size_t from, size_t to)
{
	double start = inside->place[from], length = inside->place[to - 1] - start, events = 0;

	size_t first = closes_from(closes, start - ENDS_S), last = first;
	if (length < 2 * ENDS_S || first >= closes->count || closes->time[first] > start + ENDS_S ||
	    (first > 0 && closes->time[first] - closes->time[first - 1] <= LINK_S))
		return 0;
	while (last + 1 < closes->count && closes->time[last + 1] - closes->time[last] <= LINK_S &&
	       closes->time[last] - start < length + LINK_S)
		last++;
	if (fabs(closes->time[last] - inside->place[to - 1]) > ENDS_S)
		return 0;
	for (size_t i = from; i < to; i++)
		events += inside->events[i];
	double count = (double)(last - first + 1);
	return log(length / ENDS_S) + (fmin(events, count) >= 0.85 * fmax(events, count) ? log(3) : 0);
}

void strangers_model(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
		     const struct candidate *candidate, size_t stride, struct strangers *strangers)
{
	double tilts[RARITY_STEPS], logs[RARITY_STEPS] = {0}, slopes[RARITY_STEPS] = {0}, gains[THROWS];
	double gap = mean_gap(closes), taken = 0;
	struct inside inside;

	strangers->shape = 0;
	for (size_t k = 0; k < RARITY_STEPS; k++)
		tilts[k] = k == 0 ? 0 : 0.03 * pow(1.8, (double)k);
	inside_gather(&inside, closes, seconds, &candidate->line, stride);
	size_t every = inside.count / CLUSTERS_MOST + 1, number = 0;
	for (size_t i = 0; i < inside.count;) {
		size_t end = cluster_end(&inside, i);
		if (number++ % every == 0) {
			cluster_throw(closes, kernel, &inside, i, end, gap, candidate->share, gains);
			moments_add(gains, tilts, logs, slopes);
			strangers->shape += shape(closes, &inside, i, end);
			taken++;
		}
		i = end;
	}
	double scale = taken > 0 ? (double)number / taken : 0;
	strangers->shape *= scale;
	strangers->events = (double)inside.count * (double)stride;
	for (size_t k = 0; k < RARITY_STEPS; k++) {
		/* Chernoff's bound; for a single cluster it is exact at the best throw. */
		strangers->evidence[k] = scale * slopes[k];
		strangers->rarity[k] = scale * fmax(0, tilts[k] * slopes[k] - logs[k]);
	}
	inside_free(&inside);
}

/* Events as closes and closes as events, both with their signs turned so that a residual stays what it is. */
static void mirror_make(const struct closes *closes, const struct seconds *seconds, const struct clock_line *line,
			struct closes *events, struct seconds *ends)
{
	struct inside inside;

	inside_gather(&inside, closes, seconds, line, 1);
	*events = (struct closes){.first = -closes->last - 2, .last = 1 - closes->first, .servers = 1};
	events->time = memory_get_zeroed(inside.count + 1, sizeof(double));
	events->weight = memory_get_zeroed(inside.count + 1, sizeof(float));
	for (size_t i = inside.count; i-- > 0;) {
		events->time[events->count] = -inside.place[i];
		events->weight[events->count++] = 1;
	}
	events->weights = (double)events->count;
	inside_free(&inside);

	unsigned run = 0;
	*ends = (struct seconds){.time = memory_get_zeroed(closes->count + 1, sizeof(double)),
				 .events = memory_get_zeroed(closes->count + 1, sizeof(uint32_t)),
				 .worth = memory_get_zeroed(closes->count + 1, sizeof(float))};
	for (size_t k = closes->count; k-- > 0;) {
		double before = ends->count > 0 ? -closes->time[k] - ends->time[ends->count - 1] : INFINITY;
		/* That a close which seldom makes an incident made none says nothing. */
		if (closes->weight[k] < EXPECTED_LEAST || before < 0.5)
			continue;
		run = before < 1.5 ? run + 1 : 0;
		ends->time[ends->count] = -closes->time[k];
		ends->worth[ends->count++] = closes->weight[k] * (run == 0 ? 1 : run == 1 ? 0.4F : 0.25F);
	}
}

double strangers_reverse(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
			 const struct clock_line *line)
{
	static const double shares[] = {0.3, 0.6, 0.9};
	struct strangers strangers;
	struct closes events;
	struct seconds ends;
	double best = 0;

	mirror_make(closes, seconds, line, &events, &ends);
	for (size_t k = 0; k < sizeof(shares) / sizeof(shares[0]) && events.count > 0 && ends.count > 0; k++) {
		struct candidate turned = {.share = shares[k]};
		strangers_model(&events, &ends, kernel, &turned, 1, &strangers);
		turned.evidence = evidence_at(&events, &ends, kernel, &turned.line, turned.share, 1);
		best = fmax(best, strangers_rarity(&strangers, turned.evidence));
	}
	free(events.time);
	free(events.weight);
	free(ends.time);
	free(ends.worth);
	free(ends.events);
	return best;
}

double strangers_rarity(const struct strangers *strangers, double evidence)
{
	size_t k = 1;

	if (evidence <= strangers->evidence[0])
		return 0;
	while (k + 1 < RARITY_STEPS && strangers->evidence[k] < evidence)
		k++;
	double step = strangers->evidence[k] - strangers->evidence[k - 1];
	double part = step > 1e-9 ? fmin(1, (evidence - strangers->evidence[k - 1]) / step) : 1;
	return strangers->rarity[k - 1] + part * (strangers->rarity[k] - strangers->rarity[k - 1]);
}

static double rarity_at(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
			const struct strangers *strangers, const struct candidate *best, double more, size_t stride)
{
	struct clock_line line = best->line;

	line.offset += more;
	return strangers_rarity(strangers, evidence_at(closes, seconds, kernel, &line, best->share, stride));
}

/* How far the offset may move with as good a line-up: within it offsets are one try, not several. */
static double plateau(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
		      const struct strangers *strangers, const struct candidate *best, size_t stride)
{
	double least = best->rarity - 1;
	int width = 1;

	for (int sign = -1; sign <= 1; sign += 2)
		for (int k = 1; k < PLATEAU_MOST; k++, width++)
			if (rarity_at(closes, seconds, kernel, strangers, best, sign * k * PLATEAU_STEP, stride) <
			    least)
				break;
	return fmax(1, width * PLATEAU_STEP);
}

/* The length of the offsets, in seconds, that bring at least half as many events into the capture as the line does. */
static double reach(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		    double events)
{
	double span = closes->last - closes->first, step = 5, sum = 0;
	double lowest = fmax(prior->lowest, seconds->time[0] - closes->last - step);
	double highest = fmin(prior->highest, seconds->time[seconds->count - 1] - closes->first + step);
	size_t low = 0, high = 0;

	for (size_t i = 0; lowest + (double)i * step <= highest; i++) {
		double offset = lowest + (double)i * step;
		while (low < seconds->count && seconds->time[low] < offset + closes->first - 1)
			low++;
		while (high < seconds->count && seconds->time[high] <= offset + closes->first + span + 2)
			high++;
		if ((double)(high - low) >= fmax(1, events / 2))
			sum += step;
	}
	return fmax(sum, step);
}

/*
 * What a rarity found elsewhere has beyond luck, of which the best of so many tries has the logarithm of their number.
 * Where closes and events both keep to a beat, every offset that brings beat upon beat is rare alike: the more there
 * is, the less of it is luck.
 */
static double beyond_luck(double rarity, double tries)
{
	double luck = log(tries), beyond = rarity - luck;

	return beyond > 0 ? rarity - luck * exp(-beyond / (BEAT_AT * luck)) : 0;
}

/* The best of what the line's neighbours and its rivals have beyond what so many would have by luck. */
static double resemblance(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
			  const struct strangers *strangers, const struct candidate *candidates, size_t count,
			  size_t stride, double tries)
{
	double near = 0, far = 0;

	for (int k = 0; k < BESIDE; k++) {
		double more = BESIDE_FROM_S + k / 2 * BESIDE_STEP_S;
		near = fmax(near, rarity_at(closes, seconds, kernel, strangers, &candidates[0],
					    k % 2 == 0 ? more : -more, stride));
	}
	for (size_t k = 1; k < count; k++) {
		double apart = fabs(candidates[k].line.offset - candidates[0].line.offset);
		/* An hour away may stand the rest of a log whose clock was put on or back. */
		if (apart >= BESIDE_FROM_S && fabs(apart - 3600) > BESIDE_STEP_S)
			far = fmax(far, candidates[k].rarity);
	}
	return fmax(beyond_luck(near, BESIDE), beyond_luck(far, fmax(tries, 10)));
}

double chance_of(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		 const struct kernel *kernel, const struct candidate *candidates, size_t candidate_count, size_t stride)
{
	enum { PLACES = 14400 };
	const struct candidate *best = &candidates[0];
	double span = closes->last - closes->first, sum = 0;
	struct strangers strangers;

	strangers_model(closes, seconds, kernel, best, stride, &strangers);
	double tries = reach(closes, seconds, prior, strangers.events) /
		       plateau(closes, seconds, kernel, &strangers, best, stride);
	double alike = resemblance(closes, seconds, kernel, &strangers, candidates, candidate_count, stride, tries);
	double seldom = (best->rarity + best->reverse) / 2;
	/* A beat is there, and those others were looked at from one side alone. */
	if (alike > BEAT_LEAST)
		seldom = fmin(seldom, best->rarity);
	double rarity = seldom + strangers.shape + best->anchored - alike;
	double total = rarity + offset_prior_log(prior, best->line.offset);
	double most = strangers.rarity[RARITY_STEPS - 1] + strangers.shape + best->anchored,
	       zone = prior->has_zone ? prior->zone : 0;

	/* Strangers' best offset lies anywhere between two zones; the nearer to one, the less will do to be as good. */
	for (int k = 0; k < PLACES; k++) {
		double needed = total - offset_prior_log(prior, zone + (k + 0.5) * 3600 / PLACES - 1800);
		if (needed <= most)
			sum += exp(fmin(0, -needed)) / PLACES;
	}
	/* Each drift that can be told from the next is one more try. */
	double drifts = (1 + span * 2 * DRIFT_MOST / 1.5) * exp(-drift_prior_log(best->line.drift));
	return fmin(1, tries * sum * drifts);
}
