/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gauges.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gauges_init(struct gauges *gauges, const char *const *names, size_t count)
{
	static const char *const let_go[GAUGES_LET_GO] = {"half_open",  "open",    "failures",
							  "candidates", "seconds", "services"};

	*gauges = (struct gauges){.interfaces = memory_get_zeroed(count, sizeof *gauges->interfaces)};
	for (size_t i = 0; i < count; i++)
		gauges->interfaces[i].name = names[i];
	for (unsigned kind = 0; kind < WARNING_KINDS; kind++)
		gauges->warnings[kind].name = warning_kind_name((enum warning_kind)kind);
	for (unsigned what = 0; what < GAUGES_LET_GO; what++)
		gauges->let_go[what].name = let_go[what];
	gauges->metrics = (struct metrics){.last_packet = TIME_NONE,
					   .interfaces = gauges->interfaces,
					   .interface_count = count,
					   .clock_offset_s = NAN,
					   .warnings = gauges->warnings,
					   .warning_count = WARNING_KINDS,
					   .let_go = gauges->let_go,
					   .let_go_count = GAUGES_LET_GO};
}

void gauges_free(struct gauges *gauges)
{
	free(gauges->interfaces);
}

void gauges_ok(struct gauges *gauges, const struct live *live, const struct moment *moment)
{
	if (moment_seen(&live->syn) && moment->time >= live->syn.time)
		metrics_ok(&gauges->metrics, (moment->time - live->syn.time) / NS_PER_US);
}

/* Of the line at this time, after whatever the clock was set by; NAN: no clock is known. */
static double offset_at(const struct clock_estimate *clock, time_ns first, time_ns now)
{
	if (clock->number == 0)
		return NAN;
	double offset = clock->offset_s;
	for (uint32_t i = 0; i < clock->step_count; i++)
		offset += clock->steps[i].by_s;
	if (first != TIME_NONE && now > first)
		offset += (double)(now - first) / (double)NS_PER_S * clock->drift_ppm * 1e-6;
	return offset;
}

void gauges_lined_up(struct gauges *gauges, const struct analysis *analysis, const struct event_log *log, time_ns now)
{
	struct metrics *metrics = &gauges->metrics;

	/* What was forgotten of the log was read all the same. */
	if (log->event_count > gauges->events)
		metrics->events += log->event_count - gauges->events;
	gauges->events = log->event_count;
	memset(metrics->incidents, 0, sizeof metrics->incidents);
	for (size_t i = 0; i < log->incident_count; i++)
		metrics->incidents[analysis->matches[i].confidence]++;
	metrics->clock_offset_s = offset_at(&analysis->clock, analysis->first, now);
}

static void read_interfaces(struct gauges *gauges, const struct analysis *analysis, const struct live_source *source)
{
	struct metrics *metrics = &gauges->metrics;

	metrics->packets = 0;
	for (size_t i = 0; i < metrics->interface_count; i++) {
		const struct capture_info *info = capture_set_info(analysis->captures, i);
		struct interface_counts counts = live_source_counts(source, i);
		metrics->packets += info->packets;
		if (info->last != TIME_NONE && (metrics->last_packet == TIME_NONE || info->last > metrics->last_packet))
			metrics->last_packet = info->last;
		struct metrics_interface *interface = &gauges->interfaces[i];
		interface->up = live_source_is_up(source, i);
		interface->received = counts.received;
		interface->dropped = counts.dropped;
		interface->interface_dropped = counts.interface_dropped;
	}
}

void gauges_read(struct gauges *gauges, const struct analysis *analysis, const struct live_source *source,
		 const struct warnings *warnings)
{
	struct metrics *metrics = &gauges->metrics;
	const struct summary *summary = &analysis->summary;
	const struct let_go *let_go = &summary->let_go;
	const uint64_t gone[GAUGES_LET_GO] = {let_go->half_open,  let_go->open,    let_go->failures,
					      let_go->candidates, let_go->seconds, let_go->services};

	read_interfaces(gauges, analysis, source);
	memcpy(metrics->outcomes, summary->outcomes, sizeof metrics->outcomes);
	memcpy(metrics->origins, summary->origins, sizeof metrics->origins);
	metrics->waiting = load_waiting_now(analysis->load);
	for (unsigned kind = 0; kind < WARNING_KINDS; kind++)
		gauges->warnings[kind].count = warnings_count(warnings, (enum warning_kind)kind);
	for (unsigned what = 0; what < GAUGES_LET_GO; what++)
		gauges->let_go[what].count = gone[what];
}
