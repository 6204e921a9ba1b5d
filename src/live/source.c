/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/source.h"

#include "base/memory.h"
#include "capture/held.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/*
 * For so long a packet waits for earlier ones. Those of one interface come through several processors, each with a
 * queue of its own; those of others twice as long as the kernel keeps them.
 */
#define WAIT_FOR_QUEUES (20 * NS_PER_MS)
#define WAIT_FOR_OTHERS (200 * NS_PER_MS)

enum {
	WAITING_PACKETS = 32768, /* that wait at once */
	WAITING_BYTES = 16 << 20,
};

struct tap_head {
	struct interface *interface;
	struct capture_info *info;
	size_t link;      /* in the info */
	uint64_t dropped; /* as told last */
	bool down;        /* has been told of as such */
	time_ns newest;   /* the latest packet that was read since the clock was set back */
	struct interface_counts counts;
};

struct live_source {
	size_t count;
	struct tap_head *heads;
	struct pollfd *polled;
	const char *const *names;
	const struct interface_options *options;
	struct capture_set *captures;
	source_told *told;
	void *user;
	struct held_heap waiting;
	struct held *given; /* valid until the next call */
	time_ns newest;     /* the latest of all interfaces */
	uint64_t epoch;     /* how often a clock was set back */
	int64_t read_at;    /* by the steady clock */
	bool ended;         /* nothing more is read */
};

static void note_open(struct live_source *source, size_t index)
{
	struct tap_head *head = &source->heads[index];

	head->link = capture_set_live_link(source->captures, index, interface_link_type(head->interface),
					   source->options->snap_length, interface_filter(head->interface));
	if (interface_has_nanoseconds(head->interface))
		head->info->digits = 9;
}

static void tell_down(struct live_source *source, size_t index, const char *says)
{
	if (!source->heads[index].down)
		source->told(source->user, index, SOURCE_DOWN, 0, says);
	source->heads[index].down = true;
}

struct live_source *live_source_open(const char *const *names, size_t count, const struct interface_options *options,
				     struct capture_set *captures, source_told *told, void *user, char **error)
{
	struct live_source *source = memory_get_zeroed(1, sizeof *source);
	size_t open = 0;

	*source = (struct live_source){.count = count,
				       .heads = memory_get_zeroed(count, sizeof *source->heads),
				       .polled = memory_get_zeroed(count + 1, sizeof *source->polled),
				       .names = names,
				       .options = options,
				       .captures = captures,
				       .told = told,
				       .user = user,
				       .newest = TIME_NONE};
	enum interface_state state = INTERFACE_OPEN;
	size_t failed = 0;
	for (size_t i = 0; i < count && state != INTERFACE_WRONG; i++) {
		struct tap_head *head = &source->heads[i];
		head->interface = interface_new(names[i], options);
		head->info = capture_set_live_info(captures, i);
		head->newest = TIME_NONE;
		state = interface_open(head->interface);
		if (state == INTERFACE_OPEN) {
			note_open(source, i);
			open++;
		} else {
			failed = i;
		}
	}
	if (state == INTERFACE_WRONG || open == 0) {
		if (asprintf(error, "%s: %s", names[failed], interface_trouble(source->heads[failed].interface)) < 0)
			*error = NULL;
		live_source_close(source);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		if (!interface_is_open(source->heads[i].interface))
			tell_down(source, i, interface_trouble(source->heads[i].interface));
	return source;
}

void live_source_close(struct live_source *source)
{
	if (source == NULL)
		return;
	for (size_t i = 0; i < source->count; i++)
		interface_free(source->heads[i].interface);
	held_heap_free(&source->waiting);
	held_free(source->given);
	free(source->heads);
	free(source->polled);
	free(source);
}

void live_source_wait(struct live_source *source, int other, int timeout_ms, const sigset_t *mask)
{
	struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
	nfds_t count = 0;

	for (size_t i = 0; i < source->count; i++) {
		int descriptor = interface_descriptor(source->heads[i].interface);
		if (descriptor >= 0)
			source->polled[count++] = (struct pollfd){.fd = descriptor, .events = POLLIN};
	}
	if (other >= 0)
		source->polled[count++] = (struct pollfd){.fd = other, .events = POLLIN};
	/* Interrupted or not, the caller looks at everything anew. */
	ppoll(source->polled, count, &timeout, mask);
}

/* One packet of the interface, to those that wait. False: it has none now. */
static bool fill(struct live_source *source, size_t index)
{
	struct tap_head *head = &source->heads[index];
	struct capture_info *info = head->info;
	struct pcap_pkthdr *header;
	const uint8_t *data;
	bool was_open = interface_is_open(head->interface);

	if (!interface_next(head->interface, &header, &data)) {
		if (was_open && !interface_is_open(head->interface))
			tell_down(source, index, interface_trouble(head->interface));
		return false;
	}
	time_ns fraction =
	    interface_has_nanoseconds(head->interface) ? header->ts.tv_usec : header->ts.tv_usec * NS_PER_US;
	time_ns time = (time_ns)header->ts.tv_sec * NS_PER_S + fraction;
	info->packets++;
	info->bytes += header->caplen;
	info->links[head->link].packets++;
	info->cut_packets += header->caplen < header->len;
	if (info->first == TIME_NONE || time < info->first)
		info->first = time;
	if (info->last == TIME_NONE || time > info->last)
		info->last = time;
	struct packet packet = {.moment = moment_at(time, info->packets, index + 1),
				.link_type = interface_link_type(head->interface),
				.data = data,
				.captured = header->caplen,
				.length = header->len < header->caplen ? header->caplen : header->len,
				.link = (uint32_t)head->link};
	/* Only its own packets tell: where there is much to catch up with, others may be far ahead. */
	bool set_back = head->newest != TIME_NONE && head->newest - time > MISPLACED_MOST;
	if (set_back || head->newest == TIME_NONE || time > head->newest)
		head->newest = time;
	if (set_back) {
		source->epoch++;
		source->newest = time;
	} else if (source->newest == TIME_NONE || time > source->newest) {
		source->newest = time;
	} else if (time < source->newest && source->count == 1) {
		info->reordered++;
	}
	held_heap_add(&source->waiting, &packet, source->epoch);
	return true;
}

/* One packet of each interface that has one. False: none has. */
static bool fill_all(struct live_source *source, int64_t now)
{
	bool any = false;

	for (size_t i = 0; i < source->count; i++)
		any = fill(source, i) || any;
	if (any)
		source->read_at = now;
	return any;
}

/* Whether the first of those that wait need not wait any longer. */
static bool is_ripe(const struct live_source *source, int64_t now)
{
	const struct held *first = held_heap_first(&source->waiting);
	int64_t wait = source->count == 1 ? WAIT_FOR_QUEUES : WAIT_FOR_OTHERS;

	if (first == NULL)
		return false;
	return source->ended || first->epoch < source->epoch || source->newest - first->packet.moment.time >= wait ||
	       now - source->read_at >= wait || source->waiting.count >= WAITING_PACKETS ||
	       source->waiting.bytes >= WAITING_BYTES;
}

bool live_source_next(struct live_source *source, int64_t now, struct packet *packet)
{
	held_free(source->given);
	source->given = NULL;
	while (!is_ripe(source, now))
		if (source->ended || !fill_all(source, now))
			return false;
	source->given = held_heap_take(&source->waiting);
	*packet = source->given->packet;
	return true;
}

void live_source_end(struct live_source *source)
{
	while (source->waiting.count < WAITING_PACKETS && source->waiting.bytes < WAITING_BYTES &&
	       fill_all(source, source->read_at))
		;
	source->ended = true;
}

void live_source_check(struct live_source *source)
{
	for (size_t i = 0; i < source->count; i++) {
		struct tap_head *head = &source->heads[i];
		if (!interface_is_open(head->interface) && interface_open(head->interface) == INTERFACE_OPEN)
			note_open(source, i);
		bool up = interface_is_open(head->interface) && interface_is_up(head->interface);
		if (!up)
			tell_down(source, i, "it is down");
		else if (head->down)
			source->told(source->user, i, SOURCE_UP, 0, NULL);
		head->down = !up;
		struct interface_counts counts = interface_counts(head->interface);
		head->counts = counts;
		uint64_t dropped = counts.dropped + counts.interface_dropped;
		head->info->drops = dropped;
		if (dropped > head->dropped)
			source->told(source->user, i, SOURCE_DROPS, dropped - head->dropped, NULL);
		head->dropped = dropped;
	}
}

bool live_source_is_up(const struct live_source *source, size_t interface)
{
	return !source->heads[interface].down;
}

struct interface_counts live_source_counts(const struct live_source *source, size_t interface)
{
	return source->heads[interface].counts;
}

const char *live_source_name(const struct live_source *source, size_t interface)
{
	return source->names[interface];
}

int live_source_link_type(const struct live_source *source, size_t interface)
{
	return interface_link_type(source->heads[interface].interface);
}

const char *live_source_filter(const struct live_source *source, size_t interface)
{
	return interface_filter(source->heads[interface].interface);
}
