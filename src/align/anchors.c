/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/anchors.h"

#include "align/chance.h"
#include "align/search.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* More parties and events tell no more, and would only cost. */
enum { SCENES_MOST = 48, EVENTS_MOST = 2000, MARKS_MOST = 200000 };

/* An event or a mark on its way into a scene. */
struct placed_anchor {
	enum anchor_kind kind;
	uint32_t party;
	double time;
};

static int by_scene(const void *left, const void *right)
{
	const struct placed_anchor *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->party != b->party)
		return a->party < b->party ? -1 : 1;
	return (a->time > b->time) - (a->time < b->time);
}

static bool same_scene(const struct placed_anchor *a, const struct placed_anchor *b)
{
	return a->kind == b->kind && a->party == b->party;
}

static struct placed_anchor *events_place(const struct align_options *options, bool all, uint32_t source, size_t *used)
{
	struct placed_anchor *placed = memory_get_zeroed(options->anchor_count + 1, sizeof(*placed));

	*used = 0;
	for (size_t i = 0; i < options->anchor_count; i++) {
		const struct align_anchor *anchor = &options->anchors[i];
		double time = event_seconds(anchor->t_local, options->capture_first);
		if ((all || anchor->source == source) && anchor->t_local != INT64_MIN && fabs(time) < FAR_S)
			placed[(*used)++] = (struct placed_anchor){anchor->kind, anchor->party, time};
	}
	qsort(placed, *used, sizeof(*placed), by_scene);
	return placed;
}

static struct placed_anchor *marks_place(const struct align_options *options)
{
	struct placed_anchor *placed = memory_get_zeroed(options->mark_count + 1, sizeof(*placed));

	for (size_t i = 0; i < options->mark_count; i++) {
		const struct align_mark *mark = &options->marks[i];
		placed[i] =
		    (struct placed_anchor){mark->kind, mark->party, seconds_of(mark->time, options->capture_first)};
	}
	qsort(placed, options->mark_count, sizeof(*placed), by_scene);
	return placed;
}

static void scene_add(struct anchors *anchors, const struct placed_anchor *events, size_t event_count,
		      const struct placed_anchor *marks, size_t mark_count, const struct closes *capture)
{
	anchors->scenes = memory_grow(anchors->scenes, anchors->count, &anchors->capacity, sizeof(*anchors->scenes));
	struct anchor_scene *scene = &anchors->scenes[anchors->count++];

	*scene = (struct anchor_scene){.kind = events[0].kind,
				       .marks = {.first = capture->first, .last = capture->last, .servers = 1}};
	seconds_init(&scene->seconds, event_count);
	for (size_t i = 0; i < event_count; i++)
		seconds_add(&scene->seconds, events[i].time);
	seconds_weigh(&scene->seconds, capture->last - capture->first);
	scene->marks.time = memory_get_zeroed(mark_count, sizeof(double));
	scene->marks.weight = memory_get_zeroed(mark_count, sizeof(float));
	for (size_t k = 0; k < mark_count; k++) {
		scene->marks.time[k] = marks[k].time;
		scene->marks.weight[k] = 1;
	}
	scene->marks.count = mark_count;
	scene->marks.weights = (double)mark_count;
	scene->marks.first = fmin(capture->first, marks[0].time);
	scene->marks.last = fmax(capture->last, marks[mark_count - 1].time);
}

void anchors_make(struct anchors *anchors, const struct align_options *options, const struct closes *capture, bool all,
		  uint32_t source)
{
	size_t event_count, mark = 0;

	*anchors = (struct anchors){0};
	if (options->anchor_count == 0 || options->mark_count == 0)
		return;
	struct placed_anchor *events = events_place(options, all, source, &event_count);
	struct placed_anchor *marks = marks_place(options);
	for (size_t i = 0, end; i < event_count && anchors->count < SCENES_MOST; i = end) {
		for (end = i + 1; end < event_count && same_scene(&events[end], &events[i]);)
			end++;
		struct placed_anchor first = {events[i].kind, events[i].party, -INFINITY};
		while (mark < options->mark_count && by_scene(&marks[mark], &first) < 0)
			mark++;
		size_t from = mark;
		while (mark < options->mark_count && same_scene(&marks[mark], &events[i]))
			mark++;
		if (mark > from && end - i <= EVENTS_MOST && mark - from <= MARKS_MOST)
			scene_add(anchors, events + i, end - i, marks + from, mark - from, capture);
	}
	free(events);
	free(marks);
}

void anchors_free(struct anchors *anchors)
{
	for (size_t i = 0; i < anchors->count; i++) {
		free(anchors->scenes[i].marks.time);
		free(anchors->scenes[i].marks.weight);
		seconds_free(&anchors->scenes[i].seconds);
	}
	free(anchors->scenes);
}

double anchors_evidence(const struct anchors *anchors, const struct kernel *kernel, const struct clock_line *line)
{
	double sum = 0;

	for (size_t i = 0; i < anchors->count; i++)
		sum += evidence_at(&anchors->scenes[i].marks, &anchors->scenes[i].seconds, kernel, line, VOTE_SHARE, 1);
	return sum;
}

double anchors_rarity(const struct anchors *anchors, const struct kernel *kernel, const struct clock_line *line)
{
	struct candidate candidate = {.line = *line, .share = VOTE_SHARE};
	double sum = 0;

	for (size_t i = 0; i < anchors->count; i++) {
		const struct anchor_scene *scene = &anchors->scenes[i];
		struct strangers strangers;
		double evidence = evidence_at(&scene->marks, &scene->seconds, kernel, line, VOTE_SHARE, 1);
		if (evidence <= 0)
			continue;
		strangers_model(&scene->marks, &scene->seconds, kernel, &candidate, 1, false, &strangers);
		sum += strangers_rarity(&strangers, evidence);
	}
	return sum;
}

uint32_t anchors_standing(const struct anchors *anchors, const struct kernel *kernel, const struct clock_line *line,
			  uint32_t *counts)
{
	uint32_t all = 0;

	for (size_t i = 0; i < anchors->count; i++) {
		const struct anchor_scene *scene = &anchors->scenes[i];
		for (size_t k = 0; k < scene->seconds.count; k++) {
			double place = clock_to_capture(line, scene->seconds.time[k]);
			size_t at = closes_from(&scene->marks, place - kernel->highest);
			if (at == scene->marks.count || scene->marks.time[at] > place - kernel->lowest)
				continue;
			counts[scene->kind] += scene->seconds.events[k];
			all += scene->seconds.events[k];
		}
	}
	return all;
}
