/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include "base/memory.h"
#include "capture/format.h"
#include "capture/input.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
	struct capture_info info;
	struct input input;
	pcap_t *pcap;
	struct bpf_program program;
	bool filtered;
	bool holds;    /* next is valid */
	bool odd_time; /* has been noted */
	struct packet next;
};

struct capture_set {
	size_t count;
	struct source *sources;
};

static void note(struct source *source, bool has_offset, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void note(struct source *source, bool has_offset, uint64_t offset, const char *format, ...)
{
	struct capture_info *info = &source->info;
	va_list arguments;
	char says[512];

	va_start(arguments, format);
	vsnprintf(says, sizeof says, format, arguments);
	va_end(arguments);
	info->problems = memory_resize(info->problems, (info->problem_count + 1) * sizeof *info->problems);
	info->problems[info->problem_count++] =
	    (struct capture_problem){has_offset, offset, memory_text(says, strlen(says))};
	info->complete = false;
}

static void source_end(struct source *source)
{
	source->holds = false;
	if (source->pcap == NULL)
		return;
	/* pcap_close closes the stream too. */
	pcap_close(source->pcap);
	source->pcap = NULL;
	source->input.stream = NULL;
	input_close(&source->input);
}

static void source_open(struct source *source, const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	int failed = input_open(&source->input, path);

	source->info = (struct capture_info){
	    .file = path, .format = "unknown", .digits = 6, .first = TIME_NONE, .last = TIME_NONE, .complete = true};
	if (failed != 0) {
		note(source, false, 0, "cannot be opened: %s; check the name and the permissions", strerror(failed));
		return;
	}
	struct capture_format format = capture_format_of(source->input.peeked, source->input.peeked_length);
	source->info.format = format.name;
	source->info.digits = format.digits > 0 ? format.digits : 6;
	if (!format.readable) {
		note(source, true, 0, "no capture that can be read here (it looks like %s): %s", format.name,
		     format.advice);
		input_close(&source->input);
		return;
	}
	source->pcap =
	    pcap_fopen_offline_with_tstamp_precision(source->input.stream, PCAP_TSTAMP_PRECISION_NANO, error);
	if (source->pcap == NULL) {
		note(source, true, input_position(&source->input),
		     "the file header cannot be read (%s): the file is damaged or cut off", error);
		input_close(&source->input);
		return;
	}
	source->info.link = pcap_datalink(source->pcap);
	source->info.link_type = pcap_datalink_val_to_name(pcap_datalink(source->pcap));
	if (source->info.link_type == NULL)
		source->info.link_type = "unknown";
}

static bool source_filter(struct source *source, const char *filter, char **error)
{
	if (source->pcap == NULL)
		return true;
	if (pcap_compile(source->pcap, &source->program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		if (asprintf(error, "the filter '%s' cannot be used on %s: %s", filter, source->info.file,
			     pcap_geterr(source->pcap)) < 0)
			*error = NULL;
		return false;
	}
	source->filtered = true;
	return true;
}

/* Times outside 1970 to 2255 are damage; kept within, no sum or difference of two of them overflows. */
#define TIME_LATEST_S INT64_C(9000000000)

/* libpcap has scaled the fraction to nanoseconds already. */
static time_ns packet_time(struct source *source, const struct pcap_pkthdr *header)
{
	time_ns seconds = header->ts.tv_sec;

	if (seconds >= 0 && seconds < TIME_LATEST_S && header->ts.tv_usec >= 0 && header->ts.tv_usec < NS_PER_S)
		return seconds * NS_PER_S + (time_ns)header->ts.tv_usec;
	if (!source->odd_time)
		note(source, false, 0, "packet %llu has an impossible time; the times of such packets are cut to fit",
		     (unsigned long long)source->info.packets);
	source->odd_time = true;
	return (seconds < 0 ? 0 : seconds >= TIME_LATEST_S ? TIME_LATEST_S : seconds) * NS_PER_S;
}

static void note_end(struct source *source, int result)
{
	uint64_t position = input_position(&source->input);

	if (result == PCAP_ERROR && source->input.error != 0)
		note(source, true, position, "cannot be read on: %s", strerror(source->input.error));
	else if (result == PCAP_ERROR)
		note(source, true, position,
		     "is cut off or damaged after packet %llu (%s); everything before it was read",
		     (unsigned long long)source->info.packets, pcap_geterr(source->pcap));
	source->info.bytes = position;
}

static void source_advance(struct source *source)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int result = 0;

	source->holds = false;
	while (source->pcap != NULL) {
		result = pcap_next_ex(source->pcap, &header, &data);
		if (result != 1) {
			note_end(source, result);
			source_end(source);
			return;
		}
		struct capture_info *info = &source->info;
		info->packets++;
		time_ns time = packet_time(source, header);
		if (info->first == TIME_NONE || time < info->first)
			info->first = time;
		if (info->last == TIME_NONE || time > info->last)
			info->last = time;
		if (header->caplen < header->len)
			info->cut_packets++;
		if (source->filtered && pcap_offline_filter(&source->program, header, data) == 0)
			continue;
		source->next.moment.time = time;
		source->next.moment.frame = info->packets;
		source->next.link_type = pcap_datalink(source->pcap);
		source->next.data = data;
		source->next.captured = header->caplen;
		source->next.length = header->len < header->caplen ? header->caplen : header->len;
		source->holds = true;
		return;
	}
}

struct capture_set *capture_set_open(const char *const *paths, size_t count, const char *filter, char **error)
{
	struct capture_set *set = memory_get_zeroed(1, sizeof *set);

	*error = NULL;
	set->count = count;
	set->sources = memory_get_zeroed(count, sizeof *set->sources);
	for (size_t i = 0; i < count; i++) {
		source_open(&set->sources[i], paths[i]);
		set->sources[i].next.moment.capture = (uint32_t)(i + 1);
	}
	for (size_t i = 0; filter != NULL && i < count; i++) {
		if (!source_filter(&set->sources[i], filter, error)) {
			capture_set_close(set);
			return NULL;
		}
	}
	/* With one capture nothing is merged and a packet is read when it is asked for. */
	for (size_t i = 0; count > 1 && i < count; i++)
		source_advance(&set->sources[i]);
	return set;
}

void capture_set_close(struct capture_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->count; i++) {
		struct source *source = &set->sources[i];
		if (source->filtered)
			pcap_freecode(&source->program);
		source_end(source);
		for (size_t p = 0; p < source->info.problem_count; p++)
			free(source->info.problems[p].says);
		free(source->info.problems);
	}
	free(set->sources);
	free(set);
}

bool capture_set_next(struct capture_set *set, struct packet *packet)
{
	if (set->count == 1) {
		source_advance(&set->sources[0]);
		*packet = set->sources[0].next;
		return set->sources[0].holds;
	}
	/*
	 * The packet given out last time stays valid until now: its source moves on only when it is asked again. So the
	 * source that was chosen last has to be advanced before choosing anew.
	 */
	struct source *best = NULL;
	for (size_t i = 0; i < set->count; i++) {
		struct source *source = &set->sources[i];
		if (source->pcap != NULL && !source->holds)
			source_advance(source);
		if (source->holds && (best == NULL || source->next.moment.time < best->next.moment.time))
			best = source;
	}
	if (best == NULL)
		return false;
	*packet = best->next;
	best->holds = false;
	return true;
}

size_t capture_set_count(const struct capture_set *set)
{
	return set->count;
}

const struct capture_info *capture_set_info(const struct capture_set *set, size_t index)
{
	return &set->sources[index].info;
}

void capture_set_note(struct capture_set *set, size_t index, const char *says)
{
	note(&set->sources[index], false, 0, "%s", says);
}
