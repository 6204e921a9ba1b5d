/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/ahead.h"

#include "base/memory.h"
#include "base/progress.h"
#include "capture/channel.h"
#include "capture/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many packets are taken at a time. */
enum { TAKEN = PACKETS_EXPECTED };

struct taken {
	struct packet packet;
	struct decode decode;
	uint64_t hash[2];
};

struct ahead {
	struct channel channel;
	struct handover_like like;
	ahead_file *file;
	void *user;
	uint32_t *numbers;
	size_t count;
	uint32_t number; /* of the capture of the packet taken last */
	bool ended;      /* nothing comes any more */
	bool broken;     /* what came last was no message */
	bool held;       /* kind and message came behind the packets taken, and are none */
	uint32_t kind;
	struct cursor message;
	/* All of one chunk; the first of them were given out. */
	struct taken taken[TAKEN];
	unsigned given, taken_count;
	capture_expect *expect; /* NULL: nobody asks */
	void *expect_user;
};

/* ---- The process that reads ---- */

/* What changes between two packets of a capture, as it was told last. */
struct told {
	unsigned digits;
	bool failures_only;
};

struct worker {
	struct channel *channel;
	struct capture_set *set;
	const uint32_t *numbers;
	struct told *told; /* of each capture */
	struct decoder *decoder;
	const struct overlap *overlap;
	struct handover_like like;
	bool watched[PORT_NUMBERS];
};

static bool tell_info(const struct worker *worker, size_t index)
{
	const struct capture_info *info = capture_set_info(worker->set, index);

	worker->told[index] = (struct told){info->digits, info->failures_only};
	return handover_info(worker->channel, worker->numbers[index], info);
}

static bool tell_infos(const struct worker *worker)
{
	for (size_t i = 0; i < capture_set_count(worker->set); i++)
		if (!tell_info(worker, i))
			return false;
	return true;
}

static bool tell_changes(const struct worker *worker, size_t index)
{
	const struct capture_info *info = capture_set_info(worker->set, index);
	struct told *told = &worker->told[index];

	if (info->failures_only != told->failures_only)
		return tell_info(worker, index);
	if (info->digits == told->digits)
		return true;
	told->digits = info->digits;
	return handover_digits(worker->channel, worker->numbers[index], info->digits);
}

/* Who follows connections looks at nothing else: neither their bytes nor what is on other ports. */
static bool is_light(const struct worker *worker, const struct packet *packet, const struct decode *decode)
{
	if (packet->light || decode->kind != DECODED_SEGMENT)
		return true;
	return !worker->watched[decode->segment.source.port] && !worker->watched[decode->segment.destination.port];
}

static bool hand_over_packet(struct worker *worker, struct packet *packet)
{
	struct decode decode;
	uint64_t hash[2];

	bool alone = decode_alone(worker->decoder, packet, &decode) && decode.kind != DECODED_ICMP;
	if (worker->overlap != NULL)
		overlap_hash(worker->overlap, packet, hash);
	return handover_packet(worker->channel, &worker->like, packet, alone ? &decode : NULL,
			       alone && is_light(worker, packet, &decode), worker->overlap != NULL ? hash : NULL);
}

/*
 * What a capture's times look like, and what it says it holds, changes between two of its packets, and is told between
 * them: whoever takes the packets then knows at each what one who reads the captures would.
 */
static bool hand_over(struct worker *worker)
{
	struct packet packet;
	size_t last = SIZE_MAX;

	while (capture_set_next(worker->set, &packet)) {
		size_t index = packet.moment.capture - 1;
		uint64_t read = progress_take();
		if (read > 0 && !handover_read(worker->channel, read))
			return false;
		if ((last != SIZE_MAX && !tell_changes(worker, last)) || !tell_changes(worker, index))
			return false;
		last = index;
		packet.moment.capture = worker->numbers[index] & CAPTURE_MAX;
		if (!hand_over_packet(worker, &packet))
			return false;
	}
	return true;
}

/* Nothing of the program that it was forked from may happen at its end: no output, no clearing up. */
static _Noreturn void work(struct channel *channel, const struct ahead_request *request)
{
	struct worker worker = {
	    .channel = channel, .numbers = request->numbers, .decoder = decoder_new(), .overlap = request->overlap};
	char *error = NULL;

	watched_ports_mark(request->ports, worker.watched);
	worker.set = capture_set_prepare(request->paths, request->count, request->filter, &error);
	worker.told = memory_get_zeroed(request->count, sizeof *worker.told);
	if (worker.set == NULL)
		_exit(EXIT_FAILURE);
	capture_set_parts(worker.set, request->parts);
	if (!request->confine(worker.set))
		_exit(EXIT_FAILURE);
	capture_set_keep_copies(worker.set);
	if (!capture_set_start(worker.set, &error))
		handover_failed(channel, request->numbers[0], error);
	else if (tell_infos(&worker) && hand_over(&worker) && tell_infos(&worker))
		handover_end(channel);
	channel_flush(channel);
	_exit(EXIT_SUCCESS);
}

/* ---- The process that takes ---- */

struct ahead *ahead_start(const struct ahead_request *request, ahead_file *file, void *user)
{
	struct ahead *ahead = memory_get_zeroed(1, sizeof *ahead);
	int error = channel_open(&ahead->channel, request->chunks);
	pid_t process = error == 0 ? fork() : -1;

	if (process < 0) {
		error = error == 0 ? errno : error;
		channel_close(&ahead->channel);
		free(ahead);
		errno = error;
		return NULL;
	}
	if (process == 0) {
		/* It must not keep the others' pipes open, or nobody would see their ends. */
		for (size_t i = 0; i < request->other_count; i++)
			channel_close(&request->others[i]->channel);
		channel_is_writers(&ahead->channel);
		work(&ahead->channel, request);
	}
	channel_is_readers(&ahead->channel);
	ahead->file = file;
	ahead->user = user;
	ahead->count = request->count;
	ahead->numbers = memory_get_zeroed(request->count, sizeof *ahead->numbers);
	memcpy(ahead->numbers, request->numbers, request->count * sizeof *ahead->numbers);
	return ahead;
}

void ahead_close(struct ahead *ahead)
{
	if (ahead == NULL)
		return;
	channel_close(&ahead->channel);
	free(ahead->numbers);
	free(ahead);
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* The place of a capture among the process's; count: it is none of them. */
static size_t place_of(const struct ahead *ahead, uint32_t number)
{
	const uint32_t *at = bsearch(&number, ahead->numbers, ahead->count, sizeof *ahead->numbers, by_number);

	return at == NULL ? ahead->count : (size_t)(at - ahead->numbers);
}

static bool take_info(struct ahead *ahead, struct cursor message)
{
	char *texts[2] = {NULL, NULL};
	uint32_t number = 0;
	struct capture_info info = {0};
	bool good = handover_take_info(message, &number, &info, texts);
	size_t place = place_of(ahead, number);
	struct capture_file *file = place == ahead->count ? NULL : ahead->file(ahead->user, number);

	if (file == NULL) {
		capture_file_free(&(struct capture_file){.info = info, .texts = {texts[0], texts[1]}});
		return false;
	}
	info.file = file->info.file;
	info.duplicates = file->info.duplicates;
	capture_file_free(file);
	file->info = info;
	memcpy(file->texts, texts, sizeof file->texts);
	return good;
}

static bool take_digits(struct ahead *ahead, struct cursor message)
{
	uint32_t number;
	unsigned digits;

	if (!handover_take_digits(message, &number, &digits) || place_of(ahead, number) == ahead->count)
		return false;
	ahead->file(ahead->user, number)->info.digits = digits;
	return true;
}

static bool take_read(struct cursor message)
{
	uint64_t bytes;

	if (!handover_take_read(message, &bytes))
		return false;
	progress_read(bytes);
	return true;
}

static bool is_packet(uint32_t kind)
{
	return kind == HANDOVER_PACKET || kind == HANDOVER_LEAN || kind == HANDOVER_LIGHT;
}

/* Adds the packet that the message is to those taken; they are not full. */
static bool take_packet(struct ahead *ahead, uint32_t kind, struct cursor message)
{
	struct taken *taken = &ahead->taken[ahead->taken_count];
	struct cursor bytes = channel_bytes(&ahead->channel);

	if (!handover_take_packet(kind, &message, &bytes, &ahead->like, &taken->packet, &taken->decode, taken->hash))
		return false;
	if (ahead->number != taken->packet.moment.capture) {
		ahead->number = taken->packet.moment.capture;
		if (place_of(ahead, ahead->number) == ahead->count)
			return false;
	}
	ahead->taken_count++;
	return true;
}

/* Takes what is at hand of the packets that come next, as long as those taken before stay valid. */
static void take_more(struct ahead *ahead)
{
	while (ahead->taken_count < TAKEN && !ahead->held && !ahead->broken && channel_has(&ahead->channel)) {
		if (!channel_take(&ahead->channel, &ahead->kind, &ahead->message))
			ahead->broken = true;
		else if (!is_packet(ahead->kind))
			ahead->held = true;
		else
			ahead->broken = !take_packet(ahead, ahead->kind, ahead->message);
	}
}

/* The other process is gone, or is no more what it was. */
static void give_up(struct ahead *ahead)
{
	for (size_t i = 0; i < ahead->count; i++)
		capture_file_note(ahead->file(ahead->user, ahead->numbers[i]), NO_OFFSET,
				  "the process that read it ended early, so that packets are missing: try again, or "
				  "without --jobs");
	ahead->ended = true;
}

/* What is no packet. False: it is no message. */
static bool take_other(struct ahead *ahead, uint32_t kind, struct cursor message, uint32_t *number, char **error)
{
	if (kind == HANDOVER_DIGITS)
		return take_digits(ahead, message);
	if (kind == HANDOVER_INFO)
		return take_info(ahead, message);
	if (kind == HANDOVER_READ)
		return take_read(message);
	ahead->ended = kind == HANDOVER_FAILED ? handover_take_failed(message, number, error) : kind == HANDOVER_END;
	return ahead->ended;
}

/*
 * Waits until packets were taken (true), or for the end or a failure (false, with ended set). Those taken before are
 * all given out.
 */
static bool next_packets(struct ahead *ahead, uint32_t *number, char **error)
{
	const struct packet *packets[TAKEN];

	ahead->given = 0;
	ahead->taken_count = 0;
	while (ahead->taken_count == 0 && !ahead->ended) {
		bool good =
		    !ahead->broken && (ahead->held || channel_take(&ahead->channel, &ahead->kind, &ahead->message));
		ahead->held = false;
		if (good && is_packet(ahead->kind))
			good = take_packet(ahead, ahead->kind, ahead->message);
		else if (good)
			good = take_other(ahead, ahead->kind, ahead->message, number, error);
		if (!good)
			give_up(ahead);
	}
	take_more(ahead);
	for (unsigned i = 0; i < ahead->taken_count; i++)
		packets[i] = &ahead->taken[i].packet;
	if (ahead->expect != NULL)
		ahead->expect(ahead->expect_user, packets, ahead->taken_count);
	return ahead->taken_count > 0;
}

void ahead_expect(struct ahead *ahead, capture_expect *expect, void *user)
{
	ahead->expect = expect;
	ahead->expect_user = user;
}

bool ahead_opened(struct ahead *ahead, uint32_t *number, char **error)
{
	*number = 0;
	*error = NULL;
	next_packets(ahead, number, error);
	return *number == 0;
}

const struct packet *ahead_next(struct ahead *ahead, const uint64_t **hash)
{
	uint32_t number;
	char *error = NULL;

	if (ahead->given == ahead->taken_count) {
		bool found = next_packets(ahead, &number, &error);
		free(error);
		if (!found)
			return NULL;
	}
	struct taken *taken = &ahead->taken[ahead->given++];
	*hash = taken->hash;
	return &taken->packet;
}
