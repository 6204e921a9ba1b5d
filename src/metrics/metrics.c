/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics/metrics.h"

#include <inttypes.h>
#include <math.h>

static const double bounds[METRICS_OK_BUCKETS - 1] = METRICS_OK_BOUNDS;

void metrics_ok(struct metrics *metrics, int64_t us)
{
	double seconds = (double)us / 1e6;
	unsigned bucket = 0;

	while (bucket < METRICS_OK_BUCKETS - 1 && seconds > bounds[bucket])
		bucket++;
	metrics->ok_buckets[bucket]++;
	metrics->ok_sum_s += seconds;
}

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: the format escapes three signs, and takes UTF-8 alone, which anything beyond ASCII need not be. */
static void put_value(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text >= 0x20 && *text < 0x7f ? *text : '?', out);
	}
}

static void put_labelled(FILE *out, const char *name, const char *label, const char *value, uint64_t number)
{
	fprintf(out, "%s{%s=\"", name, label);
	put_value(out, value);
	fprintf(out, "\"} %" PRIu64 "\n", number);
}

static void put_number(FILE *out, const char *name, const char *type, const char *help, uint64_t number)
{
	begin(out, name, type, help);
	fprintf(out, "%s %" PRIu64 "\n", name, number);
}

static void put_named(FILE *out, const char *name, const char *label, const char *help,
		      const struct metrics_named *named, size_t count)
{
	begin(out, name, "counter", help);
	for (size_t i = 0; i < count; i++)
		put_labelled(out, name, label, named[i].name, named[i].count);
}

static void put_interfaces(FILE *out, const struct metrics *metrics)
{
	static const struct {
		const char *name, *type, *help;
	} of_interface[] = {
	    {"mtascope_interface_up", "gauge", "Whether packets can come from the interface."},
	    {"mtascope_interface_packets_total", "counter", "Packets that the kernel's filter let through."},
	    {"mtascope_interface_dropped_packets_total", "counter",
	     "Packets that the kernel dropped because its buffer was full."},
	    {"mtascope_interface_hardware_dropped_packets_total", "counter", "Packets that the interface dropped."},
	};

	for (unsigned kind = 0; kind < sizeof of_interface / sizeof of_interface[0]; kind++) {
		begin(out, of_interface[kind].name, of_interface[kind].type, of_interface[kind].help);
		for (size_t i = 0; i < metrics->interface_count; i++) {
			const struct metrics_interface *interface = &metrics->interfaces[i];
			const uint64_t numbers[] = {interface->up, interface->received, interface->dropped,
						    interface->interface_dropped};
			put_labelled(out, of_interface[kind].name, "interface", interface->name, numbers[kind]);
		}
	}
}

static void put_connections(FILE *out, const struct metrics *metrics)
{
	begin(out, "mtascope_connections_total", "counter", "Connections that are final, by their outcome.");
	for (unsigned i = 0; i < OUTCOMES; i++)
		put_labelled(out, "mtascope_connections_total", "outcome", outcome_name((enum outcome)i),
			     metrics->outcomes[i]);
	begin(out, "mtascope_failures_total", "counter", "Connections that failed, by where that comes from.");
	for (unsigned i = ORIGIN_NONE + 1; i < ORIGINS; i++)
		put_labelled(out, "mtascope_failures_total", "origin", origin_name((enum origin)i),
			     metrics->origins[i]);
	put_number(out, "mtascope_early_closes_total", "counter",
		   "Connections that were closed without an OK response.", metrics->early_closes);
	put_number(out, "mtascope_connections", "gauge", "Connections that are followed now.", metrics->alive);
	put_number(out, "mtascope_connections_waiting", "gauge", "Connections that wait for the OK response now.",
		   metrics->waiting);
}

static void put_ok(FILE *out, const struct metrics *metrics)
{
	static const char name[] = "mtascope_ok_response_seconds";
	uint64_t count = 0;

	begin(out, name, "histogram", "Time from the first SYN to the OK response.");
	for (unsigned i = 0; i < METRICS_OK_BUCKETS; i++) {
		count += metrics->ok_buckets[i];
		if (i < METRICS_OK_BUCKETS - 1)
			fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, bounds[i], count);
	}
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n%s_count %" PRIu64 "\n", name, count, name,
		metrics->ok_sum_s, name, count);
}

static void put_logs(FILE *out, const struct metrics *metrics)
{
	static const char *const confidences[] = {[MATCH_NONE] = "none",
						  [MATCH_AMBIGUOUS] = "ambiguous",
						  [MATCH_PROBABLE] = "probable",
						  [MATCH_CERTAIN] = "certain"};

	put_number(out, "mtascope_events_total", "counter", "Events read of the MTA's logs.", metrics->events);
	begin(out, "mtascope_incidents", "gauge",
	      "Incidents (events 4283) of the logs, by how certain their connection is.");
	for (unsigned i = 0; i <= MATCH_CERTAIN; i++)
		put_labelled(out, "mtascope_incidents", "confidence", confidences[i], metrics->incidents[i]);
	if (isnan(metrics->clock_offset_s))
		return;
	begin(out, "mtascope_clock_offset_seconds", "gauge", "Event clock minus capture clock.");
	fprintf(out, "mtascope_clock_offset_seconds %.3f\n", metrics->clock_offset_s);
}

void metrics_write(const struct metrics *metrics, FILE *out)
{
	put_number(out, "mtascope_packets_total", "counter", "Packets analysed.", metrics->packets);
	if (metrics->last_packet != TIME_NONE) {
		begin(out, "mtascope_last_packet_timestamp_seconds", "gauge", "Time of the last packet, since 1970.");
		fprintf(out, "mtascope_last_packet_timestamp_seconds %.6f\n", (double)metrics->last_packet / 1e9);
	}
	put_interfaces(out, metrics);
	put_connections(out, metrics);
	put_ok(out, metrics);
	put_logs(out, metrics);
	put_named(out, "mtascope_warnings_total", "kind", "Warnings, by their kind.", metrics->warnings,
		  metrics->warning_count);
	put_named(out, "mtascope_let_go_total", "what", "What was given up to keep the memory's limit.",
		  metrics->let_go, metrics->let_go_count);
	put_number(out, "mtascope_records_lost_total", "counter", "Records that could not be written.",
		   metrics->records_lost);
	put_number(out, "mtascope_packets_lost_total", "counter",
		   "Packets that could not be kept in the ring of files.", metrics->packets_lost);
}
