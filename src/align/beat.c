/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/beat.h"

#include "align/search.h"

#include <math.h>
#include <stdbool.h>

#define NEXT_S       4.0 /* closes of one burst are one place */
#define MOVED_LEAST  6.0
#define TICK_S       2.0 /* so exactly a beat is kept */
#define PERIOD_LEAST 20.0

/* So few places do not show how exactly a beat is kept; so few closes, not that a beat goes on between them. */
enum { FEW = 8, TICKING = 12, MOST = BEAT_PLACES - 2 };

static double gain_at(const struct beat_scene *scene, const struct beat_cluster *cluster, double moved)
{
	double sum = 0;

	for (size_t i = 0; i < cluster->count; i++) {
		double place = cluster->place[i] + moved;
		size_t hint = closes_from(scene->closes, place - scene->kernel->highest);
		double density = density_at(scene->closes, scene->kernel, place, &hint);
		sum += (double)cluster->worth[i] * log(1 - scene->share + scene->share * density * scene->gap);
	}
	return sum;
}

void beat_stand(const struct beat_scene *scene, struct beat_cluster *cluster)
{
	const struct closes *closes = scene->closes;
	double best = 0;

	cluster->gain = gain_at(scene, cluster, 0);
	cluster->close = NAN;
	for (size_t i = 0; i < cluster->count; i++)
		for (size_t k = closes_from(closes, cluster->place[i] - scene->kernel->highest);
		     k < closes->count && closes->time[k] <= cluster->place[i] - scene->kernel->lowest; k++) {
			double density = kernel_at(scene->kernel, cluster->place[i] - closes->time[k]);
			if (density > best) {
				best = density;
				cluster->close = closes->time[k];
			}
		}
}

/* The ways from an earlier cluster's close to others that leave the cluster inside the capture. */
static size_t moves_make(const struct closes *closes, const struct beat_cluster *earlier,
			 const struct beat_cluster *cluster, double *moves)
{
	double before = -INFINITY;
	size_t count = 0, every = closes->count / MOST + 1;

	for (size_t k = 0; k < closes->count; k += every) {
		double moved = closes->time[k] - earlier->close;
		if (fabs(moved) < MOVED_LEAST || closes->time[k] - before < NEXT_S ||
		    cluster->place[0] + moved < closes->first - 1 ||
		    cluster->place[cluster->count - 1] + moved > closes->last + 2)
			continue;
		before = closes->time[k];
		moves[count++] = moved;
	}
	return count;
}

/* Whether two closes stand apart by a multiple of what others, of a few closes, stand apart twice in a row. */
static bool ticks_apart(const struct closes *closes, double apart)
{
	if (closes->count > TICKING)
		return false;
	for (size_t a = 0; a + 2 < closes->count; a++)
		for (size_t b = a + 1; b + 1 < closes->count; b++) {
			double period = closes->time[b] - closes->time[a];
			double steps = period >= PERIOD_LEAST ? round(apart / period) : 0;
			if (steps < 1 || fabs(apart - steps * period) > TICK_S)
				continue;
			for (size_t c = b + 1; c < closes->count; c++)
				if (fabs(closes->time[c] - closes->time[b] - period) < TICK_S)
					return true;
		}
	return false;
}

size_t beat_gains(const struct beat_scene *scene, const struct beat_cluster *earlier,
		  const struct beat_cluster *cluster, double usual, double *gains)
{
	double moves[BEAT_PLACES], hits = 0;

	if (isnan(earlier->close) || cluster->gain <= 0)
		return 0;
	size_t count = moves_make(scene->closes, earlier, cluster, moves);
	bool few = count <= FEW;
	for (size_t k = 0; k < count; k++) {
		gains[k] = gain_at(scene, cluster, moves[k]);
		for (int tick = -(int)TICK_S; few && tick <= (int)TICK_S; tick++)
			if (gain_at(scene, cluster, moves[k] + tick) >= cluster->gain / 2)
				gains[k] = cluster->gain;
	}
	if (few && !isnan(cluster->close) && ticks_apart(scene->closes, fabs(cluster->close - earlier->close)))
		gains[count++] = cluster->gain;
	for (size_t k = 0; k < count; k++)
		hits += gains[k] >= cluster->gain / 2;
	double luck = usual * (double)count;
	return hits < (few ? 0.5 + 10 * luck : 0.5 + luck + 3 * sqrt(luck)) ? 0 : count;
}
