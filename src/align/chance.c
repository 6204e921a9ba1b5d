/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/chance.h"

#include "align/beat.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Busy times meet busy times anyway: a cluster is thrown about only near where it stands. */
#define AROUND_S       120.0
#define FAR_AROUND_S   4000.0
#define THROW_S        0.75
#define THROWS_ALL     60000.0
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
#define BEAT_DOUBT     1.0
#define PLATEAU_MOST   40

enum { THROWS_LEAST = 160, THROWS = 4096, NEAR = 4, BESIDE = 160, BACK = 12, SHOWING = 24 };

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

/* Of what a cluster gains when thrown: see moments_make. */
struct moments {
	double logs[RARITY_STEPS], slopes[RARITY_STEPS];
};

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

/*
 * How widely a cluster is thrown about: as far as it takes to meet a few closes, of which a burst counts as one, or how
 * many are near would be told by those alone that it stands at.
 */
static double window_of(const struct closes *closes, double place)
{
	double span = fmax(closes->last - closes->first, 10), reach = 0;
	size_t high = closes_from(closes, place), low = high;
	double above = -INFINITY, below = INFINITY;

	for (int met = 0; met < NEAR && reach < FAR_AROUND_S / 2;) {
		double before = low > 0 ? place - closes->time[low - 1] : INFINITY;
		double after = high < closes->count ? closes->time[high] - place : INFINITY;
		if (isinf(before) && isinf(after))
			return span;
		reach = fmin(before, after);
		if (before < after) {
			low--;
			met += below - closes->time[low] > LINK_S && fabs(closes->time[low] - above) > LINK_S;
			below = closes->time[low];
			above = isinf(above) ? below : above;
		} else {
			met += closes->time[high] - above > LINK_S && fabs(closes->time[high] - below) > LINK_S;
			above = closes->time[high++];
			below = isinf(below) ? above : below;
		}
	}
	return fmin(span, fmax(AROUND_S, 2 * reach));
}

/* The cluster's evidence at each throw; returns how many there are. */
static size_t cluster_throw(const struct closes *closes, const struct kernel *kernel, const struct inside *inside,
			    size_t from, size_t to, double gap, double share, double *gains)
{
	double window = window_of(closes, (inside->place[from] + inside->place[to - 1]) / 2);
	double most = fmin(fmax(THROWS_ALL / (double)inside->count, THROWS_LEAST), THROWS);
	window = fmin(window, most * THROW_S);
	size_t throws = (size_t)fmax(window / THROW_S, THROWS_LEAST);
	double low = -window / 2, high = window / 2;

	/* Thrown out of the capture it would say nothing, neither good nor bad. */
	if (inside->place[to - 1] + high > closes->last + 2)
		high = fmax(closes->last + 2 - inside->place[to - 1], 0), low = high - window;
	if (inside->place[from] + low < closes->first - 1)
		low = fmin(closes->first - 1 - inside->place[from], 0);
	for (size_t t = 0; t < throws; t++)
		gains[t] = 0;
	for (size_t i = from; i < to; i++) {
		double start = inside->place[i] + low + window / (double)throws / 2;
		size_t hint = closes_from(closes, start - kernel->highest);
		for (size_t t = 0; t < throws; t++) {
			double density = density_at(closes, kernel, start + (double)t * window / (double)throws, &hint);
			gains[t] += (double)inside->worth[i] * log(1 - share + share * density * gap);
		}
	}
	return throws;
}

/*
 * The logarithm of a cluster's moment generating function, and its derivative, at each tilt. Most throws hit nothing
 * and are alike: they are counted, not reckoned one by one. The gains are moved about.
 */
static void moments_make(double *gains, size_t count, const double *tilts, struct moments *moments)
{
	double most = gains[0], least = gains[0];
	size_t hits = 0;

	for (size_t t = 1; t < count; t++) {
		most = fmax(most, gains[t]);
		least = fmin(least, gains[t]);
	}
	for (size_t t = 0; t < count; t++)
		if (gains[t] > least + ALIKE * (most - least))
			gains[hits++] = gains[t];
	for (size_t k = 0; k < RARITY_STEPS; k++) {
		double sum = (double)(count - hits) * exp(tilts[k] * (least - most)), weighted = sum * least;
		for (size_t t = 0; t < hits; t++) {
			double tilted = exp(tilts[k] * (gains[t] - most));
			sum += tilted;
			weighted += tilted * gains[t];
		}
		moments->logs[k] = log(sum / (double)count) + tilts[k] * most;
		moments->slopes[k] = weighted / sum;
	}
}

/* What the beat brings, seen at so many places, with one throw among them; at each tilt it counts if it brings more. */
static void moments_mix(struct moments *moments, const struct moments *beat, size_t places)
{
	for (size_t k = 0; k < RARITY_STEPS; k++) {
		double more = exp(beat->logs[k] - moments->logs[k]) * (double)places;
		if (more <= (double)places)
			continue;
		double part = more / (more + 1);
		moments->logs[k] += log((more + 1) / (double)(places + 1));
		moments->slopes[k] = part * beat->slopes[k] + (1 - part) * moments->slopes[k];
	}
}

/* Throws that keep the beat: what the last cluster gains once an earlier one stands at any close. */
static void beat_keep(const struct beat_scene *scene, const struct beat_cluster *clusters, size_t count, double usual,
		      const double *tilts, struct moments *moments)
{
	const struct beat_cluster *own = &clusters[count - 1];
	double gains[BEAT_PLACES];

	for (size_t back = 1; back <= BACK && back < count; back++) {
		struct moments beat;
		size_t places = beat_gains(scene, own - back, own, usual, gains);
		if (places == 0)
			continue;
		moments_make(gains, places, tilts, &beat);
		moments_mix(moments, &beat, places);
	}
}

/* The share of throws that gain half as much as is gained, or more. */
static double usual_share(const double *gains, size_t count, double gain)
{
	size_t hits = 0;

	for (size_t t = 0; t < count; t++)
		hits += gains[t] >= gain / 2;
	return (double)hits / (double)count;
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
		     const struct candidate *candidate, size_t stride, bool beat, struct strangers *strangers)
{
	double tilts[RARITY_STEPS], *gains = memory_get_zeroed(THROWS, sizeof(*gains));
	struct beat_scene scene = {closes, kernel, mean_gap(closes), candidate->share};
	struct moments sum = {{0}, {0}};
	struct inside inside;

	strangers->shape = 0;
	for (size_t k = 0; k < RARITY_STEPS; k++)
		tilts[k] = k == 0 ? 0 : 0.03 * pow(1.8, (double)k);
	inside_gather(&inside, closes, seconds, &candidate->line, stride);
	size_t every = inside.count / CLUSTERS_MOST + 1, number = 0, taken = 0;
	struct beat_cluster *clusters = memory_get_zeroed(inside.count + 1, sizeof(*clusters));
	for (size_t i = 0; i < inside.count;) {
		size_t end = cluster_end(&inside, i);
		if (number++ % every == 0) {
			struct beat_cluster *cluster = &clusters[taken++];
			struct moments own;
			size_t throws =
			    cluster_throw(closes, kernel, &inside, i, end, scene.gap, candidate->share, gains);
			*cluster = (struct beat_cluster){inside.place + i, inside.worth + i, end - i, .close = NAN};
			if (beat)
				beat_stand(&scene, cluster);
			double usual = beat ? usual_share(gains, throws, cluster->gain) : 0;
			moments_make(gains, throws, tilts, &own);
			if (beat)
				beat_keep(&scene, clusters, taken, usual, tilts, &own);
			for (size_t k = 0; k < RARITY_STEPS; k++) {
				sum.logs[k] += own.logs[k];
				sum.slopes[k] += own.slopes[k];
			}
			strangers->shape += shape(closes, &inside, i, end);
		}
		i = end;
	}
	double scale = taken > 0 ? (double)number / (double)taken : 0;
	strangers->shape *= scale;
	strangers->events = (double)inside.count * (double)stride;
	for (size_t k = 0; k < RARITY_STEPS; k++) {
		/* Chernoff's bound; for a single cluster it is exact at the best throw. */
		strangers->evidence[k] = scale * sum.slopes[k];
		strangers->rarity[k] = scale * fmax(0, tilts[k] * sum.slopes[k] - sum.logs[k]);
	}
	free(gains);
	free(clusters);
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
			 const struct clock_line *line, bool beat)
{
	static const double shares[] = {0.3, 0.6, 0.9};
	struct strangers strangers;
	struct closes events;
	struct seconds ends;
	double best = 0;

	mirror_make(closes, seconds, line, &events, &ends);
	for (size_t k = 0; k < sizeof(shares) / sizeof(shares[0]) && events.count > 0 && ends.count > 0; k++) {
		struct candidate turned = {.share = shares[k]};
		strangers_model(&events, &ends, kernel, &turned, 1, beat, &strangers);
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

/*
 * The rarity, from both sides, where throws keep the beat. Where the beat explains much, each side alone has to be
 * rare; otherwise what it explains is taken off.
 */
static double rarity_on_beat(const struct closes *closes, const struct seconds *seconds, const struct kernel *kernel,
			     const struct candidate *best, size_t stride)
{
	struct strangers strangers;

	strangers_model(closes, seconds, kernel, best, stride, true, &strangers);
	double kept = strangers_rarity(&strangers, best->evidence), reverse = kept;
	/* Too many to be looked at from the other side. */
	if (best->reverse < best->rarity || best->reverse > best->rarity)
		reverse = strangers_reverse(closes, seconds, kernel, &best->line, true);
	double explained = fmax(best->rarity - kept, best->reverse - reverse);
	return explained > BEAT_LEAST ? fmin(kept, reverse) : (best->rarity + best->reverse) / 2 - fmax(explained, 0);
}

/* The probability that a line so rare and so near to a zone arises among so many tries. */
static double chance_among(const struct offset_prior *prior, double offset, double rarity, double most, double tries)
{
	enum { PLACES = 14400 };
	double total = rarity + offset_prior_log(prior, offset), zone = prior->has_zone ? prior->zone : 0, sum = 0;

	/* Strangers' best offset lies anywhere between two zones; the nearer to one, the less will do to be as good. */
	for (int k = 0; k < PLACES; k++) {
		double needed = total - offset_prior_log(prior, zone + (k + 0.5) * 3600 / PLACES - 1800);
		/* What can be had at all, and a little more: places stand somewhat apart. */
		if (needed <= fmax(most, rarity) + 0.2)
			sum += exp(fmin(0, -needed)) / PLACES;
	}
	return tries * sum;
}

double chance_of(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		 const struct kernel *kernel, const struct candidate *candidates, size_t candidate_count, size_t stride)
{
	const struct candidate *best = &candidates[0];
	double span = closes->last - closes->first;
	struct strangers strangers;

	strangers_model(closes, seconds, kernel, best, stride, false, &strangers);
	double tries = reach(closes, seconds, prior, strangers.events) /
		       plateau(closes, seconds, kernel, &strangers, best, stride);
	double alike = resemblance(closes, seconds, kernel, &strangers, candidates, candidate_count, stride, tries);
	double seldom = (best->rarity + best->reverse) / 2;
	/* A beat is there, and those others were looked at from one side alone. */
	if (alike > BEAT_LEAST)
		seldom = fmin(seldom, best->rarity);
	double beyond = seldom - alike, on_beat = rarity_on_beat(closes, seconds, kernel, best, stride);
	/* Of a few closes other offsets show too little; of many they show the beat as well as throws do. */
	double rarity = fmin(beyond, on_beat);
	if (closes->count > SHOWING && on_beat < seldom)
		rarity = fmax(rarity, (beyond + on_beat) / 2 - BEAT_DOUBT);
	double more = strangers.shape + best->anchored;
	/* Each drift that can be told from the next is one more try. */
	tries *= (1 + span * 2 * DRIFT_MOST / 1.5) * exp(-drift_prior_log(best->line.drift));
	return fmin(
	    1, chance_among(prior, best->line.offset, rarity + more, strangers.rarity[RARITY_STEPS - 1] + more, tries));
}
