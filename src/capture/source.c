/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/source.h"

#include "base/memory.h"
#include "capture/ahead.h"
#include "capture/channel.h"
#include "capture/filter.h"
#include "capture/overlap.h"
#include "capture/part_read.h"
#include "capture/reader.h"
#include "capture/sort.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum {
	/* With more captures than this each is closed after a look at its first packet, until its time has come. */
	AT_ONCE = 64,
	/* And each then reads less at a time. */
	BLOCK_OF_MANY = 1 << 16,
	DESCRIPTORS_MAX = 256,
	DESCRIPTORS_MIN = 4,
};

struct source {
	struct capture_file file;
	struct sorter *sorter; /* NULL: the file is not read, or as it stands */
	const char *path;
	const struct capture_part *part; /* that is read in its place, or written; NULL: none */
	struct part_reader *parts;       /* NULL: the file is read itself */
	struct part_writer *writer;      /* NULL: no part is written, or not yet */
	const char *name, *sha256;       /* what it is called, where that is not the path */
	bool waiting;                    /* closed; its first packet's time is known */
	bool pending;                    /* next has been read and not yet been looked at */
	bool holds;                      /* next is to be given out */
	bool left_out;                   /* a link type that the filter does not suit has been noted */
	struct packet next;
};

/* What one process reads ahead. */
struct lane {
	struct ahead *ahead;
	const struct packet *next; /* to be given out; NULL: no more */
	const uint64_t *hash;      /* its */
};

struct capture_set {
	size_t count;
	struct lane *lanes; /* NULL: the sources are read here */
	size_t lane_count;
	struct lane *from; /* of which the packet was given; NULL: none is given */
	struct source *sources;
	struct capture_filter *filter; /* NULL: none */
	struct overlap *overlap;       /* NULL: one capture */
	struct input_pool pool;
	size_t block;
	bool as_stored; /* each capture's own order */
	/* The sources that still have packets, as a heap: the one whose next packet is the earliest first. */
	struct source **heap;
	size_t heap_count;
	bool given; /* the packet of heap[0] */
	/* The only source, where what it has is given out as it comes: without a filter, parts or copies. NULL: none.
	 */
	struct source *alone;
	struct bystanders *bystanders; /* NULL: nothing is passed over */
};

/* ---- One capture ---- */

static void source_call(struct source *source)
{
	source->file.info.sha256 = source->sha256;
	if (source->name != NULL)
		source->file.info.file = source->name;
}

static bool is_from_parts(const struct source *source)
{
	return source->part != NULL && source->part->files != NULL;
}

static bool source_next(struct source *source)
{
	if (source->parts != NULL)
		return part_reader_next(source->parts, &source->file, &source->next);
	return source->sorter != NULL ? sorter_next(source->sorter, &source->file, &source->next)
				      : capture_file_next(&source->file, &source->next);
}

/* Opens the file and reads its first packet, which the filter has not seen yet. */
static void source_start(struct capture_set *set, struct source *source)
{
	source->waiting = false;
	if (is_from_parts(source)) {
		source->file.info.file = source->path;
		source->parts = part_reader_new(source->part->files, source->part->file_count, &source->file,
						set->block, &set->pool);
		source_call(source);
		source->pending = source_next(source);
		return;
	}
	bool opened = capture_file_open(&source->file, source->path, set->block, &set->pool);
	source_call(source);
	source->sorter = set->as_stored ? NULL : sorter_new();
	source->pending = opened && source_next(source);
}

/* Forgets all but the time of the first packet. */
static void source_wait(struct source *source)
{
	sorter_free(source->sorter);
	source->sorter = NULL;
	part_reader_free(source->parts);
	source->parts = NULL;
	capture_file_free(&source->file);
	source->file.info.file = source->path;
	source_call(source);
	source->pending = false;
	source->waiting = true;
}

/* Whether its first packet can be read twice. */
static bool source_can_wait(const struct source *source)
{
	return source->parts != NULL ? part_reader_can_wait(source->parts) : source->file.input.regular;
}

static bool suits_filter(struct capture_set *set, struct source *source)
{
	if (set->filter == NULL || capture_filter_passes(set->filter, &source->next))
		return true;
	const char *error = capture_filter_error(set->filter, source->next.link_type);
	if (error != NULL && !source->left_out) {
		capture_file_note(&source->file, NO_OFFSET,
				  "the filter cannot be used on its packets of link type %s, which are left out: %s",
				  source->file.info.links[source->next.link].name, error);
		source->left_out = true;
	}
	return false;
}

/* Whether the packet goes on, and into the part, where one is written. */
static bool source_takes(struct capture_set *set, struct source *source)
{
	/* What a part holds has passed the filter before. */
	if (source->parts != NULL)
		return true;
	return source->next.link_type != LINK_METADATA && suits_filter(set, source) &&
	       (source->writer == NULL || part_writer_packet(source->writer, &source->file.info, &source->next));
}

static void source_advance(struct capture_set *set, struct source *source)
{
	source->holds = false;
	if (source->writer == NULL && source->part != NULL && source->part->written != NULL)
		source->writer = part_writer_new(source->part->written, &source->part->head, set->block);
	while (source->pending || source_next(source)) {
		source->pending = false;
		if (!source_takes(set, source))
			continue;
		source->holds = true;
		return;
	}
	/* There may be thousands that come to their ends one after the other. */
	if (source->writer != NULL)
		part_writer_end(source->writer, &source->file.info);
	part_writer_free(source->writer);
	source->writer = NULL;
	part_reader_free(source->parts);
	source->parts = NULL;
}

/* The link type of the first packet, or of what the file says its packets are. */
static bool source_suits(struct capture_set *set, const struct source *source, char **error)
{
	const struct capture_info *info = &source->file.info;
	int link_type = source->pending ? source->next.link_type : info->link_count > 0 ? info->links[0].type : -1;

	if (set->filter == NULL || link_type < 0 || source->parts != NULL)
		return true;
	const char *why = capture_filter_error(set->filter, link_type);
	if (why != NULL && asprintf(error, "the filter cannot be used on %s: %s", source->path, why) < 0)
		*error = NULL;
	return why == NULL;
}

/* ---- The order of the captures ---- */

static bool packet_before(const struct packet *a, const struct packet *b)
{
	if (a->moment.time != b->moment.time)
		return a->moment.time < b->moment.time;
	return a->moment.capture < b->moment.capture;
}

static bool goes_before(const struct source *a, const struct source *b)
{
	return packet_before(&a->next, &b->next);
}

static void sift_down(struct capture_set *set, size_t place)
{
	struct source *moved = set->heap[place];

	for (;;) {
		size_t child = 2 * place + 1;
		if (child >= set->heap_count)
			break;
		if (child + 1 < set->heap_count && goes_before(set->heap[child + 1], set->heap[child]))
			child++;
		if (!goes_before(set->heap[child], moved))
			break;
		set->heap[place] = set->heap[child];
		place = child;
	}
	set->heap[place] = moved;
}

/* Reads the first capture of the heap on, and puts it where it belongs now. */
static void move_on(struct capture_set *set)
{
	struct source *source = set->heap[0];

	if (source->waiting)
		source_start(set, source);
	source_advance(set, source);
	if (!source->holds)
		set->heap[0] = set->heap[--set->heap_count];
	if (set->heap_count > 1)
		sift_down(set, 0);
}

static void build_heap(struct capture_set *set)
{
	set->heap = memory_get_zeroed(set->count, sizeof(struct source *));
	for (size_t i = 0; i < set->count; i++) {
		struct source *source = &set->sources[i];
		if (!source->waiting)
			source_advance(set, source);
		if (source->waiting || source->holds)
			set->heap[set->heap_count++] = source;
	}
	for (size_t i = set->heap_count / 2; i-- > 0;)
		sift_down(set, i);
}

/* ---- Captures that other processes read ---- */

static struct capture_file *file_of(void *user, uint32_t number)
{
	struct capture_set *set = user;

	return number == 0 || number > set->count ? NULL : &set->sources[number - 1].file;
}

/* What can be read only once is all read by one process, in its order. */
static size_t lane_for(const struct source *source, size_t index, size_t lanes)
{
	struct stat status;
	const char *path = is_from_parts(source) ? source->part->files[0] : source->path;
	bool regular = strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);

	return regular ? index % lanes : 0;
}

/* False, with errno, when there can be no process. Where much can be read only once, there may be nothing left for one.
 */
static bool lane_start(struct capture_set *set, const char *filter, const struct watched_ports *ports, size_t lane,
		       size_t lanes, capture_confine *confine)
{
	/* While one is alone, it need not be far ahead, and its memory stays in the processor's. */
	enum { CHUNKS_ALONE = 8 };
	const char **paths = memory_get_zeroed(set->count, sizeof *paths);
	struct capture_part *parts = set->sources[0].part == NULL ? NULL : memory_get_zeroed(set->count, sizeof *parts);
	uint32_t *numbers = memory_get_zeroed(set->count, sizeof *numbers);
	struct ahead *others[CAPTURE_PROCESSES];
	struct ahead_request request = {.paths = paths,
					.parts = parts,
					.numbers = numbers,
					.filter = filter,
					.ports = ports,
					.overlap = set->overlap,
					.chunks = lanes == 1 ? CHUNKS_ALONE : CHANNEL_CHUNKS,
					.confine = confine,
					.others = others,
					.other_count = set->lane_count};

	for (size_t i = 0; i < set->count; i++)
		if (lane_for(&set->sources[i], i, lanes) == lane) {
			paths[request.count] = set->sources[i].path;
			if (parts != NULL)
				parts[request.count] = *set->sources[i].part;
			numbers[request.count++] = (uint32_t)i + 1;
		}
	for (size_t i = 0; i < set->lane_count; i++)
		others[i] = set->lanes[i].ahead;
	struct ahead *ahead = request.count == 0 ? NULL : ahead_start(&request, file_of, set);
	if (ahead != NULL)
		set->lanes[set->lane_count++].ahead = ahead;
	free(paths);
	free(parts);
	free(numbers);
	return ahead != NULL || request.count == 0;
}

static void lanes_close(struct capture_set *set)
{
	for (size_t i = 0; i < set->lane_count; i++)
		ahead_close(set->lanes[i].ahead);
	free(set->lanes);
	set->lanes = NULL;
	set->lane_count = 0;
}

bool capture_set_spread(struct capture_set *set, const char *filter, const struct watched_ports *ports,
			size_t processes, capture_confine *confine)
{
	size_t lanes = processes < set->count ? processes : set->count;

	if (lanes > CAPTURE_PROCESSES)
		lanes = CAPTURE_PROCESSES;
	set->lanes = memory_get_zeroed(lanes + 1, sizeof *set->lanes);
	for (size_t i = 0; i < lanes; i++) {
		if (lane_start(set, filter, ports, i, lanes, confine))
			continue;
		int error = errno;
		lanes_close(set);
		errno = error;
		return false;
	}
	for (size_t i = 0; i < set->count; i++)
		set->sources[i].file.info = (struct capture_info){.file = set->sources[i].path,
								  .format = "unknown",
								  .digits = 6,
								  .first = TIME_NONE,
								  .last = TIME_NONE,
								  .complete = true};
	return true;
}

static void lane_advance(struct lane *lane)
{
	lane->next = ahead_next(lane->ahead, &lane->hash);
}

void capture_set_pass(struct capture_set *set, struct bystanders *bystanders)
{
	set->bystanders = bystanders;
}

void capture_set_expect(struct capture_set *set, capture_expect *expect, void *user)
{
	for (size_t i = 0; i < set->lane_count; i++)
		ahead_expect(set->lanes[i].ahead, expect, user);
}

static bool lanes_open(struct capture_set *set, char **error)
{
	uint32_t number, first = 0;
	char *why;

	for (size_t i = 0; i < set->lane_count; i++) {
		if (ahead_opened(set->lanes[i].ahead, &number, &why))
			continue;
		bool earlier = first == 0 || number < first;
		free(earlier ? *error : why);
		*error = earlier ? why : *error;
		first = earlier ? number : first;
	}
	for (size_t i = 0; first == 0 && i < set->lane_count; i++)
		lane_advance(&set->lanes[i]);
	return first == 0;
}

static struct lane *first_lane(struct capture_set *set)
{
	struct lane *first = NULL;

	if (set->lane_count == 1)
		return set->lanes[0].next != NULL ? &set->lanes[0] : NULL;
	for (size_t i = 0; i < set->lane_count; i++)
		if (set->lanes[i].next != NULL && (first == NULL || packet_before(set->lanes[i].next, first->next)))
			first = &set->lanes[i];
	return first;
}

/* As capture_set_next does with captures: what a process hands over is merged as far as its captures go. */
static bool lanes_next(struct capture_set *set, struct packet *packet)
{
	if (set->from != NULL)
		lane_advance(set->from);
	while ((set->from = first_lane(set)) != NULL) {
		const struct packet *next = set->from->next;
		if (set->overlap == NULL || !overlap_has_hash(set->overlap, set->from->hash, next->moment.capture)) {
			*packet = *next;
			return true;
		}
		set->sources[next->moment.capture - 1].file.info.duplicates++;
		lane_advance(set->from);
	}
	return false;
}

/* ---- The set ---- */

static size_t descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 >= DESCRIPTORS_MAX)
		return DESCRIPTORS_MAX;
	return limit.rlim_cur / 2 < DESCRIPTORS_MIN ? DESCRIPTORS_MIN : (size_t)limit.rlim_cur / 2;
}

static struct capture_set *set_new(const char *const *paths, size_t count, const char *filter)
{
	struct capture_set *set = memory_get_zeroed(1, sizeof *set);

	set->count = count;
	set->sources = memory_get_zeroed(count, sizeof *set->sources);
	set->block = count > AT_ONCE ? BLOCK_OF_MANY : 0;
	set->pool.limit = descriptor_limit();
	set->filter = filter == NULL ? NULL : capture_filter_new(filter);
	set->overlap = count > 1 ? overlap_new() : NULL;
	for (size_t i = 0; i < count; i++) {
		set->sources[i].path = paths[i];
		set->sources[i].file.input.descriptor = -1;
		set->sources[i].file.input.store = -1;
	}
	return set;
}

struct capture_set *capture_set_prepare(const char *const *paths, size_t count, const char *filter, char **error)
{
	struct capture_set *set = set_new(paths, count, filter);
	const char *why = set->filter == NULL ? NULL : capture_filter_prepare(set->filter);

	*error = NULL;
	input_pool_keep_store(&set->pool);
	if (why == NULL)
		return set;
	if (asprintf(error, "the filter cannot be used on %s: %s", paths[0], why) < 0)
		*error = NULL;
	capture_set_close(set);
	return NULL;
}

void capture_set_parts(struct capture_set *set, const struct capture_part *parts)
{
	for (size_t i = 0; parts != NULL && i < set->count; i++)
		set->sources[i].part = &parts[i];
}

const char **capture_set_files(const struct capture_set *set, size_t *count)
{
	size_t most = 0;

	for (size_t i = 0; i < set->count; i++)
		most += is_from_parts(&set->sources[i]) ? set->sources[i].part->file_count : 1;
	const char **files = memory_get_zeroed(most, sizeof *files);
	*count = 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct source *source = &set->sources[i];
		if (!is_from_parts(source))
			files[(*count)++] = source->path;
		for (size_t k = 0; is_from_parts(source) && k < source->part->file_count; k++)
			files[(*count)++] = source->part->files[k];
	}
	return files;
}

const char *capture_set_folder(const struct capture_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->sources[i].part != NULL && set->sources[i].part->written != NULL)
			return set->sources[i].part->folder;
	return NULL;
}

void capture_set_keep_copies(struct capture_set *set)
{
	overlap_free(set->overlap);
	set->overlap = NULL;
}

void capture_set_as_stored(struct capture_set *set)
{
	set->as_stored = true;
}

bool capture_set_start(struct capture_set *set, char **error)
{
	*error = NULL;
	if (set->lanes != NULL) {
		bool opened = lanes_open(set, error);
		if (!opened)
			capture_set_close(set);
		return opened;
	}
	for (size_t i = 0; i < set->count; i++) {
		struct source *source = &set->sources[i];
		source->next.moment.capture = (i + 1) & CAPTURE_MAX;
		source_start(set, source);
		if (!source_suits(set, source, error)) {
			capture_set_close(set);
			return false;
		}
		/* What is no regular file can't be opened twice. One of batches waits in memory as a whole. */
		if ((set->count > AT_ONCE || (set->count > 1 && source->file.info.batches)) && source->pending &&
		    source_can_wait(source))
			source_wait(source);
	}
	build_heap(set);
	struct source *first = &set->sources[0];
	if (set->count == 1 && set->filter == NULL && first->sorter != NULL && first->part == NULL)
		set->alone = first;
	return true;
}

struct capture_set *capture_set_open(const char *const *paths, size_t count, const char *filter, char **error)
{
	struct capture_set *set = set_new(paths, count, filter);

	return capture_set_start(set, error) ? set : NULL;
}

struct capture_set *capture_set_live(const char *const *names, size_t count)
{
	struct capture_set *set = memory_get_zeroed(1, sizeof *set);

	set->count = count;
	set->sources = memory_get_zeroed(count, sizeof *set->sources);
	for (size_t i = 0; i < count; i++) {
		struct capture_info *info = &set->sources[i].file.info;
		*info = (struct capture_info){.file = names[i],
					      .format = "live",
					      .digits = 6,
					      .has_drops = true,
					      .first = TIME_NONE,
					      .last = TIME_NONE,
					      .complete = true};
	}
	return set;
}

struct capture_info *capture_set_live_info(struct capture_set *set, size_t index)
{
	return &set->sources[index].file.info;
}

size_t capture_set_live_link(struct capture_set *set, size_t index, int link_type, uint32_t snap_length,
			     const char *filter)
{
	struct capture_file *file = &set->sources[index].file;
	struct capture_text name = {file->info.file, strlen(file->info.file)};
	struct capture_text none = {NULL, 0};
	struct capture_text text = {filter, filter == NULL ? 0 : strlen(filter)};

	size_t link = capture_file_link(file, link_type, "link type", (unsigned long)link_type);
	capture_file_interface(file, link_type, snap_length, name, none, text);
	return link;
}

void capture_set_close(struct capture_set *set)
{
	if (set == NULL)
		return;
	lanes_close(set);
	for (size_t i = 0; i < set->count; i++) {
		sorter_free(set->sources[i].sorter);
		part_reader_free(set->sources[i].parts);
		part_writer_free(set->sources[i].writer);
		capture_file_free(&set->sources[i].file);
	}
	input_pool_close(&set->pool);
	capture_filter_free(set->filter);
	overlap_free(set->overlap);
	free(set->heap);
	free(set->sources);
	free(set);
}

/* What most runs ask for: nothing is merged, and so nothing held. */
static bool alone_next(struct capture_set *set, struct packet *packet)
{
	packet->moment = moment_at(0, 0, 1);
	while (sorter_next(set->alone->sorter, &set->alone->file, packet))
		if (set->bystanders == NULL || !bystanders_take(set->bystanders, packet))
			return true;
	set->heap_count = 0;
	set->given = false;
	return false;
}

bool capture_set_next(struct capture_set *set, struct packet *packet)
{
	if (set->lanes != NULL)
		return lanes_next(set, packet);
	if (set->given && set->alone != NULL)
		return alone_next(set, packet);
	/* The packet given out last stays valid until now: only now may its capture be read on. */
	if (set->given)
		move_on(set);
	set->given = false;
	while (set->heap_count > 0) {
		struct source *source = set->heap[0];
		if (source->waiting) {
			move_on(set);
			continue;
		}
		if (set->overlap != NULL && overlap_has(set->overlap, &source->next)) {
			source->file.info.duplicates++;
			move_on(set);
			continue;
		}
		*packet = source->next;
		set->given = true;
		return true;
	}
	return false;
}

size_t capture_set_count(const struct capture_set *set)
{
	return set->count;
}

const struct capture_info *capture_set_info(const struct capture_set *set, size_t index)
{
	return &set->sources[index].file.info;
}

void capture_set_call(struct capture_set *set, size_t index, const char *name, const char *sha256)
{
	set->sources[index].name = name;
	set->sources[index].sha256 = sha256;
	source_call(&set->sources[index]);
}

void capture_set_note(struct capture_set *set, size_t index, const char *says)
{
	capture_file_note(&set->sources[index].file, NO_OFFSET, "%s", says);
}
