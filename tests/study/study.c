/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One cell of the study: mtascope-study CELL FIRST COUNT runs the scenarios of seeds FIRST … FIRST + COUNT - 1 and
 * prints what came out as "name value" lines, to be summed up by study.py. Without arguments it prints the cells'
 * names.
 */
#include "align/align.h"
#include "base/memory.h"
#include "study/given.h"
#include "study/ideal.h"
#include "study/world.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 20, ENOUGH = 5, IDEAL_EVERY = 4 };
#define DECIDED 0.96 /* what align asks of a pair that it calls probable */

struct cell {
	const char *name;
	void (*set)(struct scenario *scenario, struct dice *dice);
	bool apart; /* what each piece of knowledge is worth is asked too */
};

static void set_plain(struct scenario *scenario, struct dice *dice)
{
	scenario->wanted = 60 + (size_t)pick(dice, 120);
	scenario->span = (double)scenario->wanted * exp(uniform(dice, log(15), log(120)));
}

static void set_few(struct scenario *scenario, struct dice *dice)
{
	scenario->wanted = 6;
	scenario->yield = uniform(dice, 0.7, 1);
	scenario->stray = uniform(dice, 0, 0.3);
	scenario->span = exp(uniform(dice, log(600), log(7200)));
}

static void set_drift(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->span = uniform(dice, 1, 3) * 86400;
	scenario->drift = (chance(dice, 0.5) ? 1 : -1) * uniform(dice, 50e-6, 200e-6);
}

static void set_bursts(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->pattern = PATTERN_BURSTS;
}

/* Closes at an even rate, of so many a second. */
static void set_rate(struct scenario *scenario, double rate)
{
	scenario->wanted = 600;
	scenario->span = 600 / rate;
	scenario->pattern = PATTERN_EVEN;
	scenario->drift = 0;
}

static void set_one(struct scenario *scenario, struct dice *dice)
{
	(void)dice;
	set_rate(scenario, 1);
}

static void set_five(struct scenario *scenario, struct dice *dice)
{
	(void)dice;
	set_rate(scenario, 5);
}

static void set_strays(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->stray = 0.5;
	scenario->crowded_strays = chance(dice, 0.5);
}

static void set_missing(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->missing = 0.7;
}

static void set_slow(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->lags = LAG_SLOW;
}

static void set_periodic(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->pattern = PATTERN_PERIODIC;
}

static void set_zoned(struct scenario *scenario, struct dice *dice)
{
	set_few(scenario, dice);
	scenario->has_zone = true;
}

static void set_unrelated(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->wanted = (size_t)exp(uniform(dice, log(3), log(300)));
	scenario->pattern = (enum pattern)pick(dice, PATTERNS);
	scenario->story = STORY_UNRELATED;
}

/* Streams of closes and of incidents, with their own busy times, of which neither tells of the other. */
static void set_streams(struct scenario *scenario, struct dice *dice)
{
	set_rate(scenario, exp(uniform(dice, log(0.5), log(8))));
	scenario->pattern = (enum pattern)pick(dice, PATTERNS);
	/* Two streams that begin and end alike line up at both ends. */
	scenario->stray = 0.5;
	scenario->coverage = COVER_LONGER;
	scenario->story = STORY_UNRELATED;
}

static void set_other_day(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->story = STORY_OTHER_DAY;
}

static void set_step(struct scenario *scenario, struct dice *dice)
{
	set_plain(scenario, dice);
	scenario->coverage = COVER_SAME;
	scenario->yield = uniform(dice, 0.6, 1);
	scenario->step_at = uniform(dice, 0.3, 0.7);
	scenario->step_s = chance(dice, 0.5) ? 3600 : -3600;
}

static const struct cell cells[] = {
    {"plain", set_plain, false},           {"few", set_few, false},
    {"few, zone known", set_zoned, false}, {"drift", set_drift, false},
    {"bursts", set_bursts, true},          {"periodic", set_periodic, false},
    {"half strays", set_strays, false},    {"4258 missing", set_missing, false},
    {"slow lags", set_slow, false},        {"1 close/s", set_one, true},
    {"5 closes/s", set_five, true},        {"step of an hour", set_step, false},
    {"unrelated", set_unrelated, false},   {"unrelated streams", set_streams, false},
    {"other day", set_other_day, false},
};

/* Observers that know less than the ideal one. */
static const struct {
	const char *name;
	unsigned known;
} observers[] = {
    {"without_rates", IDEAL_ALL & ~IDEAL_RATES},
    {"without_offset", IDEAL_ALL & ~IDEAL_OFFSET},
    {"without_lags", IDEAL_ALL & ~IDEAL_LAGS},
    {"without_all", 0},
};
enum { OBSERVERS = sizeof(observers) / sizeof(observers[0]) };

/* Every number is a sum over runs, so that parts of a cell can be added up. */
struct sums {
	uint32_t runs, clocked, clockable, near, covered, wrong_clock, matched_runs, named_runs;
	uint32_t right[4], wrong[4];
	uint32_t true_ones, found, clocked_ones, clocked_found;
	uint32_t ideal_decided, ideal_right, both_decided, clocked_ideal, clocked_both;
	uint32_t bin_count[BINS], bin_right[BINS];
	double bin_score[BINS];
	uint32_t less_decided[OBSERVERS], given_decided; /* of ideal_decided */
};

static void scenario_of(const struct cell *cell, uint64_t seed, struct scenario *scenario, struct dice *dice)
{
	scenario_draw(scenario, dice);
	scenario->story = STORY_TRUE;
	scenario->lags = seed % 2 == 0 ? LAG_MIXED : LAG_MILLISECONDS;
	scenario->pattern = seed % 3 == 0 ? PATTERN_BURSTS : PATTERN_EVEN;
	scenario->coverage = seed % 5 == 0 ? COVER_LONGER : COVER_SAME;
	scenario->yield = fmax(scenario->yield, 0.5);
	scenario->stray = fmin(scenario->stray, 0.3);
	scenario->has_zone = scenario->has_offset = false;
	cell->set(scenario, dice);
}

static void count_match(struct sums *sums, const struct match *match, uint32_t truth, bool clocked)
{
	bool found = false;

	for (uint32_t k = 0; k < match->candidate_count; k++)
		found = found || match->candidates[k] == truth;
	if (truth != 0) {
		sums->true_ones++;
		sums->found += found;
		sums->clocked_ones += clocked;
		sums->clocked_found += clocked && found;
	}
	if (match->confidence == MATCH_NONE)
		return;
	bool right = match->connection == truth;
	int bin = (int)fmin(match->score * BINS, BINS - 1);
	(right ? sums->right : sums->wrong)[match->confidence]++;
	sums->bin_count[bin]++;
	sums->bin_right[bin] += right;
	sums->bin_score[bin] += match->score;
}

/* How many of the ideal observer's decisions are made by those who know less, and by pairing if it knew more. */
static void count_apart(struct sums *sums, const struct world *world, const struct scenario *scenario, uint64_t seed,
			const struct ideal *ideal)
{
	struct ideal *other = memory_get_zeroed(world->incident_count + 1, sizeof(*other));
	struct match *matches = memory_get_zeroed(world->incident_count + 1, sizeof(*matches));

	for (size_t k = 0; k < OBSERVERS; k++) {
		ideal_observe(world, scenario, observers[k].known, seed, other);
		for (size_t i = 0; i < world->incident_count; i++)
			sums->less_decided[k] += ideal[i].probability >= DECIDED && other[i].probability >= DECIDED;
	}
	given_pair(world, scenario, seed, matches);
	for (size_t i = 0; i < world->incident_count; i++)
		sums->given_decided += ideal[i].probability >= DECIDED && matches[i].confidence >= MATCH_PROBABLE;
	free(other);
	free(matches);
}

static void count_ideal(struct sums *sums, const struct world *world, const struct scenario *scenario, uint64_t seed,
			const struct match *matches, bool clocked, bool apart)
{
	struct ideal *ideal = memory_get_zeroed(world->incident_count + 1, sizeof(*ideal));
	uint32_t before = sums->ideal_decided;

	ideal_observe(world, scenario, IDEAL_ALL, seed, ideal);
	for (size_t i = 0; i < world->incident_count; i++) {
		if (ideal[i].probability < DECIDED)
			continue;
		bool decided = matches[i].confidence >= MATCH_PROBABLE;
		sums->ideal_decided++;
		sums->ideal_right += ideal[i].connection == world->truth[i];
		sums->both_decided += decided;
		sums->clocked_ideal += clocked;
		sums->clocked_both += clocked && decided;
	}
	if (apart && sums->ideal_decided > before)
		count_apart(sums, world, scenario, seed, ideal);
	free(ideal);
}

static void count_clock(struct sums *sums, const struct scenario *scenario, const struct clock_estimate *clock,
			size_t true_ones)
{
	bool clocked = clock->method != CLOCK_NOTHING;

	sums->runs++;
	sums->clocked += clocked;
	if (!clocked || true_ones == 0)
		return;
	/* After a step either of the two offsets is right. */
	double error = clock->offset_s - scenario->offset;
	if (fabs(error - scenario->step_s) < fabs(error))
		error -= scenario->step_s;
	sums->wrong_clock += fabs(error) > 4;
	if (true_ones < ENOUGH)
		return;
	sums->clockable++;
	sums->near += fabs(error) <= 1;
	double true_offset = clock->offset_s - error;
	sums->covered += true_offset >= clock->offset_low_s && true_offset <= clock->offset_high_s;
}

static void run(struct sums *sums, const struct cell *cell, uint64_t seed)
{
	struct dice dice = {seed * UINT64_C(1000003) + 17};
	struct scenario scenario;
	struct world world;
	struct clock_estimate clock;
	size_t true_ones = 0, matched = 0, named = 0;

	scenario_of(cell, seed, &scenario, &dice);
	world_draw(&world, &dice, &scenario);
	struct match *matches = memory_get_zeroed(world.incident_count + 1, sizeof(*matches));
	align(world.connections, world.connection_count, world.incidents, world.incident_count, &world.options, &clock,
	      matches, NULL, 0);
	for (size_t i = 0; i < world.incident_count; i++) {
		true_ones += world.truth[i] != 0;
		matched += matches[i].confidence != MATCH_NONE;
		named += matches[i].confidence >= MATCH_PROBABLE;
		count_match(sums, &matches[i], world.truth[i], clock.method != CLOCK_NOTHING);
	}
	sums->matched_runs += matched > 0;
	sums->named_runs += named > 0;
	count_clock(sums, &scenario, &clock, true_ones);
	if (true_ones > 0 && seed % IDEAL_EVERY == 0)
		count_ideal(sums, &world, &scenario, seed, matches, clock.method != CLOCK_NOTHING, cell->apart);
	free(matches);
	world_free(&world);
}

static void put(const char *name, uint32_t value)
{
	printf("%s %" PRIu32 "\n", name, value);
}

static void print(const struct sums *sums)
{
	static const char *const names[] = {"none", "ambiguous", "probable", "certain"};

	put("runs", sums->runs);
	put("clocked", sums->clocked);
	put("clockable", sums->clockable);
	put("near", sums->near);
	put("covered", sums->covered);
	put("wrong_clock", sums->wrong_clock);
	put("matched_runs", sums->matched_runs);
	put("named_runs", sums->named_runs);
	for (int k = MATCH_AMBIGUOUS; k <= MATCH_CERTAIN; k++)
		printf("%s_right %" PRIu32 "\n%s_wrong %" PRIu32 "\n", names[k], sums->right[k], names[k],
		       sums->wrong[k]);
	put("true_ones", sums->true_ones);
	put("found", sums->found);
	put("clocked_ones", sums->clocked_ones);
	put("clocked_found", sums->clocked_found);
	put("ideal_decided", sums->ideal_decided);
	put("ideal_right", sums->ideal_right);
	put("both_decided", sums->both_decided);
	put("clocked_ideal", sums->clocked_ideal);
	put("clocked_both", sums->clocked_both);
	for (size_t k = 0; k < OBSERVERS; k++)
		put(observers[k].name, sums->less_decided[k]);
	put("given_decided", sums->given_decided);
	for (int k = 0; k < BINS; k++)
		printf("bin_count_%d %" PRIu32 "\nbin_right_%d %" PRIu32 "\nbin_score_%d %.3f\n", k, sums->bin_count[k],
		       k, sums->bin_right[k], k, sums->bin_score[k]);
}

int main(int argc, char **argv)
{
	size_t count = sizeof(cells) / sizeof(cells[0]);

	if (argc != 4) {
		for (size_t k = 0; k < count; k++)
			puts(cells[k].name);
		return argc == 1 ? 0 : 2;
	}
	for (size_t k = 0; k < count; k++) {
		if (strcmp(cells[k].name, argv[1]) != 0)
			continue;
		struct sums sums = {0};
		uint64_t first = strtoull(argv[2], NULL, 10), runs = strtoull(argv[3], NULL, 10);
		for (uint64_t seed = first; seed < first + runs; seed++)
			run(&sums, &cells[k], seed);
		print(&sums);
		return 0;
	}
	fprintf(stderr, "mtascope-study: no cell is called '%s'\n", argv[1]);
	return 2;
}
