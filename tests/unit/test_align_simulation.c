/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs and captures of which the truth is known, drawn at random over everything that align must stand, and how often
 * it is right. The seed is fixed: the figures are the same in each run. With arguments (count, seed, 1 for a line a
 * scenario) it explores instead of testing.
 */
#include "align/align.h"
#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIRST (INT64_C(1014750000) * NS_PER_S + 123456789)

/* splitmix64: small, and the same everywhere. */
struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static double uniform(struct dice *dice, double low, double high)
{
	return low + (high - low) * (double)(roll(dice) >> 11) / 9007199254740992.0;
}

static double exponential(struct dice *dice, double mean)
{
	return -mean * log(1 - uniform(dice, 0, 1));
}

static double normal(struct dice *dice)
{
	return sqrt(2 * exponential(dice, 1)) * cos(uniform(dice, 0, 2 * acos(-1)));
}

static int pick(struct dice *dice, int count)
{
	return (int)(roll(dice) % (uint64_t)count);
}

static bool chance(struct dice *dice, double probability)
{
	return uniform(dice, 0, 1) < probability;
}

enum lags { LAG_MIXED, LAG_MILLISECONDS, LAG_UNIFORM, LAG_LOG_NORMAL, LAG_ZERO, LAG_SLOW, LAGS };
enum pattern { PATTERN_EVEN, PATTERN_BURSTS, PATTERN_PERIODIC, PATTERN_MIXED, PATTERN_CROWDED, PATTERNS };
enum coverage { COVER_SAME, COVER_LONGER, COVER_PART, COVERS };
enum story { STORY_TRUE, STORY_OTHER_DAY, STORY_UNRELATED, STORY_NO_CLOSE };

static const char *const lag_names[] = {"mixed", "ms", "uniform 0-2 s", "log-normal", "zero", "exponential 1.5 s"};
static const char *const pattern_names[] = {"even", "bursts", "periodic", "mixed", "crowded"};

struct scenario {
	enum story story;
	enum lags lags;
	enum pattern pattern;
	enum coverage coverage;
	double span, yield, stray, offset, drift, zone;
	size_t wanted;
	bool crowded_strays, has_zone, has_offset;
};

struct world {
	struct align_connection *connections;
	size_t connection_count, connection_capacity;
	struct incident *incidents;
	uint32_t *truth; /* 0: stray */
	size_t incident_count, incident_capacity, truth_capacity;
	struct align_options options;
};

static double lag_draw(struct dice *dice, enum lags lags)
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

	world->incidents =
	    memory_grow(world->incidents, world->incident_count, &world->incident_capacity, sizeof(*world->incidents));
	world->truth = memory_grow(world->truth, world->incident_count, &world->truth_capacity, sizeof(*world->truth));
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
};

static int by_told(const void *left, const void *right)
{
	const struct told *a = left, *b = right;

	if (a->incident.t_local != b->incident.t_local)
		return a->incident.t_local < b->incident.t_local ? -1 : 1;
	return (a->truth > b->truth) - (a->truth < b->truth);
}

/* As event_log_group leaves them: numbered in the order of time. */
static void incidents_order(struct world *world)
{
	struct told *told = memory_get_zeroed(world->incident_count + 1, sizeof(*told));

	for (size_t i = 0; i < world->incident_count; i++)
		told[i] = (struct told){world->incidents[i], world->truth[i]};
	qsort(told, world->incident_count, sizeof(*told), by_told);
	for (size_t i = 0; i < world->incident_count; i++) {
		world->incidents[i] = told[i].incident;
		world->incidents[i].id = (uint32_t)i + 1;
		world->truth[i] = told[i].truth;
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
	qsort(world->connections, world->connection_count, sizeof(*world->connections), by_start);
	uint32_t *index = indices_draw(world);
	size_t true_ones = 0;
	for (size_t i = 0; i < world->connection_count; i++) {
		double close = (double)(world->connections[i].close - FIRST) / 1e9;
		if (close < from || close > to || !chance(dice, scenario->yield))
			continue;
		incident_add(world, scenario, close + lag_draw(dice, scenario->lags), (struct lpi){1, 15, index[i]},
			     world->connections[i].id);
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

static void world_free(struct world *world)
{
	free(world->connections);
	free(world->incidents);
	free(world->truth);
}

static void world_draw(struct world *world, struct dice *dice, const struct scenario *scenario)
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

static void scenario_draw(struct scenario *scenario, struct dice *dice)
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

struct tally {
	uint32_t scenarios, wrong_clock, no_clock, small_no_clock;
	uint32_t nothing, nothing_matched;
	uint32_t right[4], wrong[4], stray_wrong[4];
	uint32_t true_ones, found, clear, clear_named, clear_clocked;
	uint32_t lost_clock; /* true ones of scenarios without a clock */
	double offset_error, worst_offset_error;
};

/* Whether no other close stands within 1.5 s of the true one. */
static bool is_clear(const struct world *world, uint32_t id)
{
	time_ns own = 0;

	for (size_t i = 0; i < world->connection_count; i++)
		if (world->connections[i].id == id)
			own = world->connections[i].close;
	for (size_t i = 0; i < world->connection_count; i++)
		if (world->connections[i].id != id && llabs(world->connections[i].close - own) < 1500 * NS_PER_MS)
			return false;
	return true;
}

static void match_count(struct tally *tally, const struct world *world, const struct match *match, uint32_t truth,
			bool clocked)
{
	bool found = false;

	if (match->connection != 0 && match->connection == truth)
		tally->right[match->confidence]++;
	else if (match->connection != 0) {
		tally->wrong[match->confidence]++;
		tally->stray_wrong[match->confidence] += truth == 0;
	}
	if (truth == 0)
		return;
	for (uint32_t k = 0; k < match->candidate_count; k++)
		found = found || match->candidates[k] == truth;
	tally->true_ones++;
	tally->found += found;
	if (is_clear(world, truth)) {
		tally->clear++;
		tally->clear_clocked += clocked;
		tally->clear_named += match->connection == truth && match->confidence >= MATCH_PROBABLE;
	}
}

static void clock_count(struct tally *tally, const struct scenario *scenario, const struct clock_estimate *clock,
			size_t true_ones, size_t matched)
{
	tally->scenarios++;
	if (true_ones == 0) {
		tally->nothing++;
		/* With the offset given something may stand beside something by accident. */
		tally->nothing_matched += !scenario->has_offset && (matched > 0 || clock->method != CLOCK_NOTHING);
	} else if (clock->method == CLOCK_NOTHING) {
		tally->no_clock++;
		tally->small_no_clock += true_ones < 4;
		tally->lost_clock += (uint32_t)true_ones;
	} else {
		double error = fabs(clock->offset_s - scenario->offset);
		tally->wrong_clock += error > 4;
		tally->offset_error += error > 4 ? 0 : error;
		if (error < 4 && error > tally->worst_offset_error)
			tally->worst_offset_error = error;
	}
}

static void scenario_run(struct tally *tally, const struct scenario *scenario, struct dice *dice, bool tell)
{
	struct world world;
	struct clock_estimate clock;
	size_t true_ones = 0, matched = 0, named = 0, wrong = 0;

	world_draw(&world, dice, scenario);
	struct match *matches = memory_get_zeroed(world.incident_count + 1, sizeof(*matches));
	align(world.connections, world.connection_count, world.incidents, world.incident_count, &world.options, &clock,
	      matches, NULL, 0);
	for (size_t i = 0; i < world.incident_count; i++) {
		true_ones += world.truth[i] != 0;
		matched += matches[i].confidence != MATCH_NONE;
		named += matches[i].confidence >= MATCH_PROBABLE;
		wrong += matches[i].confidence >= MATCH_PROBABLE && matches[i].connection != world.truth[i];
		match_count(tally, &world, &matches[i], world.truth[i], clock.method != CLOCK_NOTHING);
	}
	clock_count(tally, scenario, &clock, true_ones, matched);
	if (tell)
		printf(
		    "%d %-8s %-10s cover %d span %7.0f closes %4zu incidents %4zu true %4zu yield %.2f stray %.2f zone "
		    "%d "
		    "given %d: %d p %.1e skew %6.1f error %8.2f drift %4.0f got %4.0f matched %zu named %zu wrong %zu "
		    "runner %.1f\n",
		    (int)scenario->story, pattern_names[scenario->pattern], lag_names[scenario->lags],
		    (int)scenario->coverage, scenario->span, world.connection_count, world.incident_count, true_ones,
		    scenario->yield, scenario->stray, scenario->has_zone, scenario->has_offset, (int)clock.method,
		    clock.p_chance, scenario->offset - scenario->zone,
		    clock.method == CLOCK_NOTHING ? NAN : clock.offset_s - scenario->offset, scenario->drift * 1e6,
		    clock.drift_ppm, matched, named, wrong, clock.runner_up_offset_s - scenario->offset);
	free(matches);
	world_free(&world);
}

static double percent(uint32_t part, uint32_t whole)
{
	return whole == 0 ? NAN : 100.0 * part / whole;
}

static void tally_print(const char *name, const struct tally *tally)
{
	uint32_t clocks = tally->scenarios - tally->nothing - tally->no_clock;

	printf("%s: %u scenarios\n", name, tally->scenarios);
	printf(
	    "  nothing in common %u, matched all the same %u; clock missed %u (%u with under four true pairs), wrong "
	    "%u; offset error mean %.3f s, worst %.2f s\n",
	    tally->nothing, tally->nothing_matched, tally->no_clock, tally->small_no_clock, tally->wrong_clock,
	    tally->offset_error / (clocks == 0 ? 1 : clocks), tally->worst_offset_error);
	printf("  certain %u right %u wrong (%u strays), probable %u right %u wrong (%u strays), ambiguous %u best %u "
	       "not\n",
	       tally->right[MATCH_CERTAIN], tally->wrong[MATCH_CERTAIN], tally->stray_wrong[MATCH_CERTAIN],
	       tally->right[MATCH_PROBABLE], tally->wrong[MATCH_PROBABLE], tally->stray_wrong[MATCH_PROBABLE],
	       tally->right[MATCH_AMBIGUOUS], tally->wrong[MATCH_AMBIGUOUS]);
	printf(
	    "  of %u with a connection found %.2f %% (%.2f %% where there is a clock); of %u clear named %.2f %% (%.2f "
	    "%% where there is a clock)\n",
	    tally->true_ones, percent(tally->found, tally->true_ones),
	    percent(tally->found, tally->true_ones - tally->lost_clock), tally->clear,
	    percent(tally->clear_named, tally->clear), percent(tally->clear_named, tally->clear_clocked));
}

static void run_many(struct tally *tally, uint64_t seed, unsigned count, int lags, int story, bool tell)
{
	for (unsigned k = 0; k < count; k++) {
		struct dice dice = {seed + k * UINT64_C(1000003)};
		struct scenario scenario;
		scenario_draw(&scenario, &dice);
		if (lags >= 0)
			scenario.lags = (enum lags)lags;
		if (story >= 0)
			scenario.story = (enum story)story;
		if (tell)
			printf("%u: ", k);
		scenario_run(tally, &scenario, &dice, tell);
	}
}

/* The bars, with the measured figures beside them in the output. What is wrong counts against all that is named. */
static void expect_bars(const struct tally *tally)
{
	uint32_t certain = tally->right[MATCH_CERTAIN] + tally->wrong[MATCH_CERTAIN];
	uint32_t named = certain + tally->right[MATCH_PROBABLE] + tally->wrong[MATCH_PROBABLE];
	uint32_t named_wrong = tally->wrong[MATCH_CERTAIN] + tally->wrong[MATCH_PROBABLE];

	assert_true(tally->wrong[MATCH_CERTAIN] * 1000 <= certain);
	assert_true(named_wrong * 100 <= named);
	assert_int_equal(tally->wrong_clock, 0);
	assert_true(percent(tally->found, tally->true_ones - tally->lost_clock) >= 97);
}

static void test_everything(void **state)
{
	struct tally tally = {0};

	(void)state;
	run_many(&tally, 20020226, 200, -1, -1, false);
	tally_print("everything", &tally);
	expect_bars(&tally);
	/* A clock is believed when strangers would line up as well in about one case of a hundred. */
	assert_true(tally.nothing_matched * 100 <= tally.nothing * 5);
}

/* Lags that the model does not know beforehand. */
static void test_each_lag(void **state)
{
	(void)state;
	for (int lags = 0; lags < LAGS; lags++) {
		struct tally tally = {0};
		run_many(&tally, 7654321, 40, lags, STORY_TRUE, false);
		tally_print(lag_names[lags], &tally);
		expect_bars(&tally);
	}
}

/* Logs of the same kind of traffic at the same hours, but of other traffic. */
static void test_unrelated(void **state)
{
	struct tally tally = {0};

	(void)state;
	run_many(&tally, 99, 150, -1, STORY_UNRELATED, false);
	tally_print("unrelated", &tally);
	/* About one in a hundred by design, and none of them named. */
	assert_true(tally.nothing_matched <= 4);
	assert_int_equal(tally.right[MATCH_CERTAIN] + tally.wrong[MATCH_CERTAIN], 0);
}

/* What most logs and captures are: tens of closes over hours, lags well under a second. */
static void test_plain(void **state)
{
	struct tally tally = {0};

	(void)state;
	for (unsigned k = 0; k < 150; k++) {
		struct dice dice = {k * UINT64_C(7919) + 3};
		struct scenario scenario;
		scenario_draw(&scenario, &dice);
		scenario.story = STORY_TRUE;
		scenario.lags = k % 2 == 0 ? LAG_MIXED : LAG_MILLISECONDS;
		scenario.pattern = k % 3 == 0 ? PATTERN_BURSTS : PATTERN_EVEN;
		scenario.coverage = k % 5 == 0 ? COVER_LONGER : COVER_SAME;
		scenario.wanted = 20 + (size_t)pick(&dice, 150);
		scenario.span = (double)scenario.wanted * exp(uniform(&dice, log(15), log(300)));
		scenario.yield = fmax(scenario.yield, 0.5);
		scenario_run(&tally, &scenario, &dice, false);
	}
	tally_print("plain", &tally);
	expect_bars(&tally);
	assert_true(percent(tally.found, tally.true_ones) >= 95);
	assert_true(percent(tally.clear_named, tally.clear_clocked) >= 93);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything),
	    cmocka_unit_test(test_each_lag),
	    cmocka_unit_test(test_unrelated),
	    cmocka_unit_test(test_plain),
	};

	if (argc > 2) {
		struct tally tally = {0};
		run_many(&tally, strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[1], NULL, 10),
			 argc > 4 ? atoi(argv[4]) : -1, argc > 5 ? atoi(argv[5]) : -1, argc > 3 && atoi(argv[3]) != 0);
		tally_print("explored", &tally);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
