/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/reader.h"

#include "base/memory.h"
#include "capture/format.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Problems ---- */

static void add_problem(struct capture_file *file, uint64_t offset, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void add_problem(struct capture_file *file, uint64_t offset, const char *format, va_list arguments)
{
	struct capture_info *info = &file->info;
	char says[512];

	if (info->problem_count == CAPTURE_PROBLEMS) {
		info->problems_left_off++;
		return;
	}
	int length = vsnprintf(says, sizeof says, format, arguments);
	size_t used = length < 0 ? 0 : (size_t)length < sizeof says ? (size_t)length : sizeof says - 1;
	if (info->compression != NULL && offset != NO_OFFSET)
		snprintf(says + used, sizeof says - used, " (the offset counts unpacked bytes)");
	info->problems = memory_resize(info->problems, (info->problem_count + 1) * sizeof *info->problems);
	info->problems[info->problem_count++] = (struct capture_problem){
	    offset != NO_OFFSET, offset == NO_OFFSET ? 0 : offset, memory_text(says, strlen(says))};
}

void capture_file_note(struct capture_file *file, uint64_t offset, const char *format, ...)
{
	va_list arguments;

	file->info.complete = false;
	va_start(arguments, format);
	add_problem(file, offset, format, arguments);
	va_end(arguments);
}

void capture_file_remark(struct capture_file *file, uint64_t offset, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_problem(file, offset, format, arguments);
	va_end(arguments);
}

/* ---- Link types and interfaces ---- */

/* Where DLT_… differs between systems the files have a number of their own; the first of a DLT_… is written. */
static const struct {
	uint16_t linktype;
	int dlt;
} differing[] = {
    {101, DLT_RAW},        {14, DLT_RAW},        {100, DLT_ATM_RFC1483},
    {102, DLT_SLIP_BSDOS}, {103, DLT_PPP_BSDOS}, {106, DLT_ATM_CLIP},
};

int capture_link_type(uint32_t linktype)
{
	for (size_t i = 0; i < sizeof differing / sizeof differing[0]; i++)
		if (differing[i].linktype == linktype)
			return differing[i].dlt;
	return linktype > UINT16_MAX ? LINK_FOREIGN : (int)linktype;
}

int capture_linktype_of(int link_type)
{
	for (size_t i = 0; i < sizeof differing / sizeof differing[0]; i++)
		if (differing[i].dlt == link_type)
			return differing[i].linktype;
	return link_type < 0 || link_type > UINT16_MAX ? LINK_FOREIGN : link_type;
}

size_t capture_file_link(struct capture_file *file, int link_type, const char *format, unsigned long number)
{
	struct capture_info *info = &file->info;
	struct capture_link link = {.type = link_type};
	const char *name = link_type < 0 ? NULL : pcap_datalink_val_to_name(link_type);

	if (name != NULL)
		snprintf(link.name, sizeof link.name, "%s", name);
	else
		snprintf(link.name, sizeof link.name, "%s %lu", format, number);
	for (size_t i = 0; i < info->link_count; i++)
		if (info->links[i].type == link_type && strcmp(info->links[i].name, link.name) == 0)
			return i;
	if (info->link_count == CAPTURE_LINKS)
		return CAPTURE_LINKS - 1;
	if (info->link_count == CAPTURE_LINKS - 1) {
		link.type = LINK_FOREIGN;
		snprintf(link.name, sizeof link.name, "others");
	}
	info->links[info->link_count] = link;
	return info->link_count++;
}

static char *kept_text(struct capture_text text)
{
	if (text.text == NULL)
		return NULL;
	return memory_text(text.text, text.length < CAPTURE_INTERFACE_TEXT ? text.length : CAPTURE_INTERFACE_TEXT);
}

uint32_t capture_file_interface(struct capture_file *file, int link_type, uint32_t snap_length,
				struct capture_text name, struct capture_text description, struct capture_text filter)
{
	struct capture_info *info = &file->info;

	if (info->interface_count == CAPTURE_INTERFACES)
		return 0;
	info->interfaces =
	    memory_grow(info->interfaces, info->interface_count, &file->interface_capacity, sizeof *info->interfaces);
	info->interfaces[info->interface_count] = (struct capture_interface){.link_type = link_type,
									     .snap_length = snap_length,
									     .name = kept_text(name),
									     .description = kept_text(description),
									     .filter = kept_text(filter)};
	return (uint32_t)info->interface_count++;
}

/* ---- Time ---- */

time_ns capture_file_odd_time(struct capture_file *file, int64_t seconds)
{
	if (!file->odd_time)
		capture_file_note(file, NO_OFFSET,
				  "packet %llu has an impossible time; the times of such packets are cut to fit",
				  (unsigned long long)file->info.packets + 1);
	file->odd_time = true;
	return (seconds < 0 ? 0 : seconds >= CAPTURE_LATEST_S ? CAPTURE_LATEST_S : seconds) * NS_PER_S;
}

/* ---- Files ---- */

bool capture_file_open(struct capture_file *file, const char *path, size_t block, struct input_pool *pool)
{
	size_t length;
	int failed = input_open(&file->input, path, block, pool);

	file->reader = NULL;
	file->state = NULL;
	file->odd_time = false;
	file->interface_capacity = 0;
	file->info = (struct capture_info){
	    .file = path, .format = "unknown", .digits = 6, .first = TIME_NONE, .last = TIME_NONE, .complete = true};
	if (failed != 0) {
		capture_file_note(file, NO_OFFSET, "cannot be opened: %s; check the name and the permissions",
				  strerror(failed));
		return false;
	}
	const uint8_t *data = input_look(&file->input, INPUT_PEEK, &length);
	file->info.compression = packing_name(file->input.packing);
	const struct capture_reader *reader = capture_reader_of(data, length);
	if (reader == NULL) {
		const char *trouble = input_trouble(&file->input);
		struct capture_foreign foreign = capture_foreign_of(data, length);
		file->info.format = foreign.name;
		if (trouble != NULL)
			capture_file_note(file, length, "cannot be unpacked: %s", trouble);
		else
			capture_file_note(file, 0, "no capture that can be read here (it looks like %s): %s",
					  foreign.name, foreign.advice);
		input_close(&file->input);
		return false;
	}
	file->info.format = reader->name;
	file->state = reader->open(file);
	if (file->state == NULL) {
		input_close(&file->input);
		return false;
	}
	file->reader = reader;
	return true;
}

static void count(struct capture_file *file, const struct packet *packet)
{
	struct capture_info *info = &file->info;
	time_ns time = packet->moment.time;

	info->packets++;
	if (!file->untimed && (info->first == TIME_NONE || time < info->first))
		info->first = time;
	if (!file->untimed && (info->last == TIME_NONE || time > info->last))
		info->last = time;
	/* Without any byte it only says when it was: an excerpt's first and last packet do. */
	if (packet->captured < packet->length && packet->captured > 0)
		info->cut_packets++;
	if (packet->link_type != LINK_METADATA)
		info->links[packet->link].packets++;
}

bool capture_file_next(struct capture_file *file, struct packet *packet)
{
	if (file->reader == NULL)
		return false;
	file->untimed = false;
	packet->comments = NULL;
	packet->comment_count = 0;
	packet->flags = 0;
	packet->decoded = NULL;
	packet->light = false;
	if (!file->reader->next(file, packet)) {
		capture_file_end(file);
		return false;
	}
	if (packet->length < packet->captured)
		packet->length = packet->captured;
	count(file, packet);
	packet->moment.frame = file->info.packets & FRAME_MAX;
	return true;
}

void capture_file_end(struct capture_file *file)
{
	if (file->reader == NULL)
		return;
	file->info.bytes = file->input.random ? file->input.size : file->input.offset;
	file->reader->close(file);
	input_close(&file->input);
	file->reader = NULL;
	file->state = NULL;
}

void capture_file_free(struct capture_file *file)
{
	struct capture_info *info = &file->info;

	capture_file_end(file);
	for (size_t i = 0; i < info->problem_count; i++)
		free(info->problems[i].says);
	free(info->problems);
	for (size_t i = 0; i < info->interface_count; i++) {
		free(info->interfaces[i].name);
		free(info->interfaces[i].description);
		free(info->interfaces[i].filter);
	}
	free(info->interfaces);
	for (unsigned i = 0; i < 2; i++) {
		free(file->texts[i]);
		file->texts[i] = NULL;
	}
	*info = (struct capture_info){.file = info->file};
}
