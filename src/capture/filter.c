/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/filter.h"

#include "base/memory.h"
#include "capture/layer.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

/* Link types for which a program is kept; a file could name thousands. */
enum { PROGRAMS = 128, SNAP_LENGTH = 1 << 18 };

struct program {
	int link_type;
	char *error; /* NULL: it was compiled */
	struct bpf_program code;
};

struct capture_filter {
	const char *expression;
	struct program programs[PROGRAMS];
	size_t count;
	size_t last; /* the one used last, mostly the next too */
};

struct capture_filter *capture_filter_new(const char *expression)
{
	struct capture_filter *filter = memory_get_zeroed(1, sizeof *filter);

	filter->expression = expression;
	return filter;
}

void capture_filter_free(struct capture_filter *filter)
{
	if (filter == NULL)
		return;
	for (size_t i = 0; i < filter->count; i++) {
		if (filter->programs[i].error == NULL)
			pcap_freecode(&filter->programs[i].code);
		free(filter->programs[i].error);
	}
	free(filter);
}

static void compile(struct program *program, const char *expression)
{
	pcap_t *pcap = pcap_open_dead(program->link_type, SNAP_LENGTH);
	const char *error = "there is no memory";

	if (pcap != NULL && pcap_compile(pcap, &program->code, expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		pcap_close(pcap);
		return;
	}
	if (pcap != NULL)
		error = pcap_geterr(pcap);
	program->error = memory_text(error, strlen(error));
	if (pcap != NULL)
		pcap_close(pcap);
}

static struct program *program_for(struct capture_filter *filter, int link_type)
{
	if (filter->last < filter->count && filter->programs[filter->last].link_type == link_type)
		return &filter->programs[filter->last];
	for (size_t i = 0; i < filter->count; i++) {
		if (filter->programs[i].link_type != link_type)
			continue;
		filter->last = i;
		return &filter->programs[i];
	}
	if (filter->count == PROGRAMS)
		return NULL;
	struct program *program = &filter->programs[filter->count];
	filter->last = filter->count++;
	program->link_type = link_type;
	if (link_type >= 0)
		compile(program, filter->expression);
	else
		program->error = memory_text("libpcap does not know this link type", 36);
	return program;
}

/* No other link type makes a name known that is not. */
static bool is_unknown_name(const char *error)
{
	return strncmp(error, "unknown ", 8) == 0;
}

const char *capture_filter_prepare(struct capture_filter *filter)
{
	enum { LINK_TYPES = 512 };
	const char *first = capture_filter_error(filter, DLT_EN10MB);
	bool good = first == NULL;

	if (first != NULL && is_unknown_name(first))
		return first;
	for (int type = 0; type < LINK_TYPES; type++)
		if (link_layer(type) != NULL)
			good = capture_filter_error(filter, type) == NULL || good;
	return good ? NULL : first;
}

const char *capture_filter_error(struct capture_filter *filter, int link_type)
{
	const struct program *program = program_for(filter, link_type);

	return program == NULL ? "there are too many link types" : program->error;
}

bool capture_filter_passes(struct capture_filter *filter, const struct packet *packet)
{
	const struct program *program = program_for(filter, packet->link_type);
	struct pcap_pkthdr header = {.caplen = packet->captured, .len = packet->length};

	return program != NULL && program->error == NULL &&
	       pcap_offline_filter(&program->code, &header, packet->data) != 0;
}
