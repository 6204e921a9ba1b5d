/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "align/web.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define LPI_NEAR       6  /* so many earlier and later incidents of the same LPI are looked at */
#define NEIGHBOURS     64 /* incidents before and after a close whose LPIs are looked at */
#define INCIDENTS_MOST 20000
#define BAR_LEAST      1e-6
#define TELLS          0.001

static bool overlap(const struct closes *closes, uint32_t a, uint32_t b)
{
	return closes->start[a] < closes->time[b] && closes->start[b] < closes->time[a];
}

/* The probability that another incident holds a connection that overlaps this one. */
static double held(const struct web *web, size_t other, uint32_t close)
{
	double sum = 0;

	for (size_t e = web->first[other]; e < web->first[other + 1]; e++)
		if (web->edges[e].close != close && overlap(web->closes, web->edges[e].close, close))
			sum += (double)web->edges[e].p;
	return fmin(sum, 1);
}

struct by_lpi {
	const struct seen *seen;
	size_t at;
};

static int compare_lpi(const void *left, const void *right)
{
	const struct by_lpi *a = left, *b = right;

	if (a->seen->source != b->seen->source)
		return a->seen->source < b->seen->source ? -1 : 1;
	if (a->seen->lpi.locality != b->seen->lpi.locality)
		return a->seen->lpi.locality < b->seen->lpi.locality ? -1 : 1;
	if (a->seen->lpi.partner != b->seen->lpi.partner)
		return a->seen->lpi.partner < b->seen->lpi.partner ? -1 : 1;
	if (a->seen->lpi.index != b->seen->lpi.index)
		return a->seen->lpi.index < b->seen->lpi.index ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static bool same_lpi(const struct seen *a, const struct seen *b)
{
	return a->source == b->source && a->lpi.locality == b->lpi.locality && a->lpi.partner == b->lpi.partner &&
	       a->lpi.index == b->lpi.index;
}

/* What is known of the LPIs of one web. */
struct lpis {
	struct by_lpi *order;
	uint32_t *number; /* of each seen: that of its LPI */
	double *open;     /* of each LPI: the probability that no incident of it stands against the close looked at */
	uint32_t *touched, touched_count;
	uint32_t count;
	double *usual; /* of each close: how likely any LPI could be its own; below 0: not reckoned yet */
};

static void lpis_init(struct lpis *lpis, const struct web *web)
{
	*lpis = (struct lpis){.order = memory_get_zeroed(web->count, sizeof(*lpis->order)),
			      .number = memory_get_zeroed(web->count, sizeof(*lpis->number)),
			      .open = memory_get_zeroed(web->count, sizeof(*lpis->open)),
			      .touched = memory_get_zeroed(web->count, sizeof(*lpis->touched)),
			      .usual = memory_get_zeroed(web->closes->count, sizeof(*lpis->usual))};
	for (size_t i = 0; i < web->count; i++)
		lpis->order[i] = (struct by_lpi){&web->seen[i], i};
	qsort(lpis->order, web->count, sizeof(*lpis->order), compare_lpi);
	for (size_t n = 0; n < web->count; n++) {
		lpis->count += n == 0 || !same_lpi(lpis->order[n - 1].seen, lpis->order[n].seen);
		lpis->number[lpis->order[n].at] = lpis->count - 1;
	}
	for (uint32_t k = 0; k < lpis->count; k++)
		lpis->open[k] = 1;
	for (size_t k = 0; k < web->closes->count; k++)
		lpis->usual[k] = -1;
}

static void lpis_free(struct lpis *lpis)
{
	free(lpis->order);
	free(lpis->number);
	free(lpis->open);
	free(lpis->touched);
	free(lpis->usual);
}

/* Holds incident other of any LPI against a close. */
static void touch(const struct web *web, struct lpis *lpis, size_t other, uint32_t close)
{
	double part = held(web, other, close);
	double *open = &lpis->open[lpis->number[other]];

	if (part <= 0)
		return;
	if (*open >= 1)
		lpis->touched[lpis->touched_count++] = lpis->number[other];
	*open *= 1 - fmin(part, 0.999);
}

/*
 * How likely a close could be that of an LPI picked at random, incident i's own being free: the fewer could, the more
 * it tells that i's can.
 */
static double usual(const struct web *web, struct lpis *lpis, size_t i, uint32_t close)
{
	double closed = 0;

	if (web->count > INCIDENTS_MOST)
		return 1;
	if (lpis->usual[close] >= 0)
		return lpis->usual[close];
	for (size_t k = 1; k <= NEIGHBOURS && k <= i; k++)
		if (web->seen[i - k].source == web->seen[i].source)
			touch(web, lpis, i - k, close);
	for (size_t k = 1; k <= NEIGHBOURS && i + k < web->count; k++)
		if (web->seen[i + k].source == web->seen[i].source)
			touch(web, lpis, i + k, close);
	for (uint32_t k = 0; k < lpis->touched_count; k++) {
		double *open = &lpis->open[lpis->touched[k]];
		closed += lpis->touched[k] == lpis->number[i] ? 0 : 1 - *open;
		*open = 1;
	}
	lpis->touched_count = 0;
	return lpis->usual[close] = 1 - closed / (double)lpis->count;
}

/* How likely no other incident of i's LPI, which stands at n in their order, has a connection that overlaps this one.
 */
static double own_bar(const struct web *web, const struct lpis *lpis, size_t n, uint32_t close)
{
	const struct by_lpi *order = lpis->order;
	double bar = 1;

	for (size_t k = 1; k <= LPI_NEAR && n >= k && same_lpi(order[n - k].seen, order[n].seen); k++)
		bar *= 1 - held(web, order[n - k].at, close);
	for (size_t k = 1; k <= LPI_NEAR && n + k < web->count && same_lpi(order[n + k].seen, order[n].seen); k++)
		bar *= 1 - held(web, order[n + k].at, close);
	return bar;
}

bool lpi_bar(struct web *web)
{
	struct lpis lpis;
	bool any = false;

	lpis_init(&lpis, web);
	for (size_t n = 0; n < web->count; n++) {
		size_t i = lpis.order[n].at;
		for (size_t e = web->first[i]; e < web->first[i + 1]; e++) {
			struct edge *edge = &web->edges[e];
			double bar = own_bar(web, &lpis, n, edge->close) / usual(web, &lpis, i, edge->close);
			edge->bar = (float)fmax(bar, BAR_LEAST);
			any = any || fabs(bar - 1) > TELLS;
		}
	}
	lpis_free(&lpis);
	return any;
}
