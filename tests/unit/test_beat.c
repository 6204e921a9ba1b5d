/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that fit closes because both keep a beat are no evidence: whether that is seen, and only that. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "align/beat.h"
#include "align/search.h"
#include "prng.h"

enum { CLOSES = 60 };

/* A close every minute, or at random, in an hour; the events' clock shows what the capture's does. */
struct stage {
	double time[CLOSES];
	float weight[CLOSES];
	struct closes closes;
	struct kernel kernel;
	struct beat_scene scene;
};

static void set_stage(struct stage *stage, size_t count, double period, uint64_t seed)
{
	const double spread[] = {1};
	struct lag_model lag;
	double at = 0;

	for (size_t k = 0; k < count; k++) {
		at += period > 0 ? period : 1 + (double)prng_below(&seed, 118000) / 1000;
		stage->time[k] = at;
		stage->weight[k] = 1;
	}
	stage->closes = (struct closes){.time = stage->time,
					.weight = stage->weight,
					.count = count,
					.first = 0,
					.last = at + 1,
					.weights = (double)count};
	lag_default(&lag);
	kernel_build(&stage->kernel, &lag, spread, 1, 1);
	stage->scene = (struct beat_scene){&stage->closes, &stage->kernel, mean_gap(&stage->closes), 0.7};
}

static const float one = 1;

/* One event half a second behind a close. */
static struct beat_cluster behind(const struct stage *stage, size_t close, double *place)
{
	struct beat_cluster cluster = {.place = place, .worth = &one, .count = 1};

	*place = floor(stage->time[close] + 0.5);
	beat_stand(&stage->scene, &cluster);
	return cluster;
}

static void test_an_event_stands_at_its_close(void **state)
{
	struct stage stage;
	double place;

	(void)state;
	set_stage(&stage, CLOSES, 60, 1);
	struct beat_cluster cluster = behind(&stage, 10, &place);
	assert_true(cluster.gain > 0);
	assert_true(fabs(cluster.close - stage.time[10]) < 1e-9);
	/* Half a minute from any close. */
	place += 30;
	beat_stand(&stage.scene, &cluster);
	assert_true(cluster.gain < 0);
	assert_true(isnan(cluster.close));
}

static void test_closes_on_a_beat_are_met_wherever_it_is_moved(void **state)
{
	struct stage stage;
	double places[2], gains[BEAT_PLACES];

	(void)state;
	set_stage(&stage, CLOSES, 60, 1);
	struct beat_cluster earlier = behind(&stage, 10, &places[0]), cluster = behind(&stage, 20, &places[1]);
	size_t count = beat_gains(&stage.scene, &earlier, &cluster, 0.02, gains);
	/* All but the close that it stands at, and those from which the other would leave the capture. */
	assert_in_range(count, CLOSES - 15, CLOSES - 1);
	for (size_t k = 0; k < count; k++)
		assert_true(fabs(gains[k] - cluster.gain) < 1e-6);
}

static void test_closes_at_random_are_not(void **state)
{
	double places[2], gains[BEAT_PLACES];
	struct stage stage;

	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		set_stage(&stage, CLOSES, 0, seed);
		struct beat_cluster earlier = behind(&stage, 10, &places[0]), cluster = behind(&stage, 20, &places[1]);
		assert_int_equal(beat_gains(&stage.scene, &earlier, &cluster, 0.1, gains), 0);
	}
}

static void test_few_closes_that_tick(void **state)
{
	struct stage stage;
	double places[2], gains[BEAT_PLACES];

	(void)state;
	set_stage(&stage, 5, 60, 1);
	struct beat_cluster earlier = behind(&stage, 1, &places[0]), cluster = behind(&stage, 3, &places[1]);
	assert_true(beat_gains(&stage.scene, &earlier, &cluster, 0.01, gains) > 0);
}

static void test_who_stands_at_no_close_says_nothing(void **state)
{
	struct stage stage;
	double places[2], gains[BEAT_PLACES];

	(void)state;
	set_stage(&stage, CLOSES, 60, 1);
	struct beat_cluster earlier = behind(&stage, 10, &places[0]), cluster = behind(&stage, 20, &places[1]);
	places[0] += 30;
	beat_stand(&stage.scene, &earlier);
	assert_int_equal(beat_gains(&stage.scene, &earlier, &cluster, 0.02, gains), 0);
	places[0] -= 30;
	places[1] += 30;
	beat_stand(&stage.scene, &earlier);
	beat_stand(&stage.scene, &cluster);
	assert_int_equal(beat_gains(&stage.scene, &earlier, &cluster, 0.02, gains), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_event_stands_at_its_close),
	    cmocka_unit_test(test_closes_on_a_beat_are_met_wherever_it_is_moved),
	    cmocka_unit_test(test_closes_at_random_are_not),
	    cmocka_unit_test(test_few_closes_that_tick),
	    cmocka_unit_test(test_who_stands_at_no_close_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
