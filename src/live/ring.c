/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/ring.h"

#include "base/memory.h"
#include "capture/info.h"
#include "capture/write_pcapng.h"
#include "live/batch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	BUCKETS = 1 << 14,
	INTERFACES_MOST = 256,
	/* Of one connection: no failure to open an association is longer. */
	HELD_PACKETS = 2048,
	HELD_BYTES = 1 << 20,
	/* And of one that got its OK: to the bind and a little on. */
	WELL_PACKETS = 64,
	BUFFERED = 1 << 18, /* bytes that are written together */
	BATCHED = 1 << 22,  /* bytes that wait to be written by time */
};

#define NAME_BEGIN "mtascope-"
#define NAME_END   ".pcapng"

struct held_connection {
	uint32_t id;
	bool keep, well, over; /* over: no more of it is held */
	uint32_t packets;
	size_t bytes;
	struct kept *first, *last;
	struct held_connection *hash_next;
	struct held_connection *next, *previous; /* of those that have packets, in the order of the first ones */
};

struct file_interface {
	struct ring_interface is;
	char *name, *filter;
	bool known, written; /* in this file, */
	uint32_t index;      /* with this number */
	uint64_t received, dropped, received_before, dropped_before;
};

struct ring {
	const struct ring_options *options;
	ring_told *told;
	void *user;
	struct held_connection *buckets[BUCKETS];
	struct held_connection *oldest, *newest;
	size_t held_bytes;
	struct batch batch; /* of connections that have failed; empty with all */
	struct file_interface interfaces[INTERFACES_MOST];
	/* The file: */
	int descriptor; /* -1: none is open */
	int folder;
	uint64_t number;
	struct pcapng_writer *writer;
	uint8_t *buffer;
	size_t buffered, buffer_capacity;
	uint64_t buffered_packets;
	uint64_t length; /* of the file, without what is buffered */
	time_ns last;    /* of what was written last */
	time_ns begun;   /* packet time of its first packet; TIME_NONE */
	bool full;
	time_ns retry;
	struct ring_counts counts;
	uint64_t lost_since;
};

/* ---- The files ---- */

/* Reads so many digits; NULL: they are none. */
static const char *read_digits(const char *text, unsigned digits, uint64_t *number)
{
	*number = 0;
	for (; digits > 0; digits--, text++) {
		if (*text < '0' || *text > '9')
			return NULL;
		*number = *number * 10 + (uint64_t)(*text - '0');
	}
	return text;
}

/* The number in a file's name, mtascope-00000012-20020226T194319Z.pcapng; 0: it is none of ours. */
static uint64_t number_of(const char *name)
{
	uint64_t number, day, time;
	size_t begin = strlen(NAME_BEGIN);

	if (strncmp(name, NAME_BEGIN, begin) != 0)
		return 0;
	const char *at = read_digits(name + begin, 8, &number);
	at = at == NULL || *at != '-' ? NULL : read_digits(at + 1, 8, &day);
	at = at == NULL || *at != 'T' ? NULL : read_digits(at + 1, 6, &time);
	return at != NULL && strcmp(at, "Z" NAME_END) == 0 ? number : 0;
}

static uint64_t newest_number(int folder)
{
	uint64_t newest = 0;
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (number_of(entry->d_name) > newest)
			newest = number_of(entry->d_name);
	if (entries != NULL)
		closedir(entries);
	return newest;
}

/* Removes the oldest files, so that with one more there are as many as may be. */
static void make_room(struct ring *ring)
{
	for (;;) {
		char oldest[NAME_MAX + 1] = "";
		uint64_t lowest = UINT64_MAX;
		unsigned count = 0;
		int copy = openat(ring->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *entries = copy < 0 ? NULL : fdopendir(copy);
		struct dirent *entry;
		while (entries != NULL && (entry = readdir(entries)) != NULL) {
			uint64_t number = number_of(entry->d_name);
			count += number > 0;
			if (number > 0 && number < lowest) {
				lowest = number;
				snprintf(oldest, sizeof oldest, "%s", entry->d_name);
			}
		}
		if (entries != NULL)
			closedir(entries);
		if (ring->options->files == 0 || count < ring->options->files || unlinkat(ring->folder, oldest, 0) != 0)
			return;
	}
}

static int to_buffer(void *user, const void *data, size_t length)
{
	struct ring *ring = user;

	if (ring->buffered + length > ring->buffer_capacity) {
		ring->buffer_capacity = (ring->buffered + length) * 2;
		ring->buffer = memory_resize(ring->buffer, ring->buffer_capacity);
	}
	memcpy(ring->buffer + ring->buffered, data, length);
	ring->buffered += length;
	return 0;
}

static void fail(struct ring *ring, int error)
{
	ring->counts.lost += ring->buffered_packets;
	ring->lost_since += ring->buffered_packets;
	ring->buffered = 0;
	ring->buffered_packets = 0;
	if (!ring->full)
		ring->told(ring->user, true, ring->lost_since, error);
	ring->full = true;
}

static void close_file(struct ring *ring)
{
	if (ring->descriptor >= 0)
		close(ring->descriptor);
	ring->descriptor = -1;
	pcapng_writer_free(ring->writer);
	ring->writer = NULL;
	ring->buffered = 0;
	ring->buffered_packets = 0;
}

/* Writes what is buffered, whole or not at all: then the file ends before it, and another must begin. */
static bool write_buffer(struct ring *ring)
{
	pcapng_flush(ring->writer);
	int error = pcapng_to_descriptor(&ring->descriptor, ring->buffer, ring->buffered);
	if (error == 0) {
		ring->length += ring->buffered;
		ring->counts.written += ring->buffered_packets;
		ring->buffered = 0;
		ring->buffered_packets = 0;
		if (ring->full)
			ring->told(ring->user, false, ring->lost_since, 0);
		ring->full = false;
		ring->lost_since = 0;
		return true;
	}
	fail(ring, error);
	if (ftruncate(ring->descriptor, (off_t)ring->length) != 0)
		ring->length = 1; /* something stands there: it must stay */
	close_file(ring);
	return false;
}

/* What a reader must know, so that it neither stumbles over the order nor takes what was left out for absent. */
static void write_section(struct ring *ring)
{
	static const char *const marks[] = {
	    CAPTURE_MARK_FAILURES
	    ", from their first SYN on; those that got what they asked for were left out, so that nothing here tells "
	    "what others got, or of load",
	    CAPTURE_MARK_BATCHES
	    ": each second's are by time, and go back to the first SYN of what failed in it; `reordercap` sorts them"};
	struct capture_text comments[2];

	for (size_t i = 0; i < 2; i++)
		comments[i] = (struct capture_text){marks[i], strlen(marks[i])};
	pcapng_section(ring->writer, &(const struct pcapng_section){.application = "mtascope",
								    .comments = comments,
								    .comment_count = ring->options->all ? 0 : 2});
}

static bool open_file(struct ring *ring, time_ns now)
{
	char name[NAME_MAX + 1], day[32];
	time_t second = (time_t)(now / NS_PER_S);
	struct tm date;

	if (ring->full && now >= ring->retry - NS_PER_S && now < ring->retry)
		return false;
	ring->retry = now + NS_PER_S;
	make_room(ring);
	if (gmtime_r(&second, &date) == NULL || strftime(day, sizeof day, "%Y%m%dT%H%M%S", &date) == 0)
		return false;
	snprintf(name, sizeof name, NAME_BEGIN "%08llu-%sZ" NAME_END, (unsigned long long)++ring->number, day);
	ring->descriptor = openat(ring->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0640);
	if (ring->descriptor < 0) {
		fail(ring, errno);
		return false;
	}
	ring->length = 0;
	ring->begun = now;
	ring->writer = pcapng_writer_new(to_buffer, ring);
	for (size_t i = 0; i < INTERFACES_MOST; i++)
		ring->interfaces[i].written = false;
	write_section(ring);
	/* So that a file that has only a part of a header is never left. */
	if (!write_buffer(ring)) {
		unlinkat(ring->folder, name, 0);
		return false;
	}
	ring->counts.files++;
	return true;
}

static void write_statistics(struct ring *ring, struct file_interface *interface, time_ns now)
{
	if (ring->writer != NULL && interface->written)
		pcapng_statistics(ring->writer, interface->index, now, interface->received - interface->received_before,
				  interface->dropped - interface->dropped_before);
}

static void turn(struct ring *ring)
{
	if (ring->descriptor < 0)
		return;
	for (size_t i = 0; i < INTERFACES_MOST; i++)
		write_statistics(ring, &ring->interfaces[i], ring->last);
	if (write_buffer(ring))
		close_file(ring);
}

static bool is_due(const struct ring *ring, time_ns now)
{
	const struct ring_options *options = ring->options;

	return (options->size > 0 && pcapng_bytes(ring->writer) >= options->size) ||
	       (options->age > 0 && (now - ring->begun >= options->age || now < ring->begun - options->age));
}

static void write_packet(struct ring *ring, const struct pcapng_packet *packet)
{
	struct file_interface *interface = &ring->interfaces[packet->interface];
	struct pcapng_packet numbered = *packet;

	if (ring->descriptor >= 0 && is_due(ring, packet->time))
		turn(ring);
	if (!interface->known || (ring->descriptor < 0 && !open_file(ring, packet->time))) {
		ring->counts.lost++;
		ring->lost_since++;
		return;
	}
	if (!interface->written) {
		struct pcapng_interface is = {.link_type = interface->is.link_type,
					      .snap_length = interface->is.snap_length,
					      .digits = 9,
					      .name = interface->name,
					      .filter = interface->filter};
		interface->written = pcapng_interface(ring->writer, &is, &interface->index);
		interface->received_before = interface->received;
		interface->dropped_before = interface->dropped;
	}
	numbered.interface = interface->index;
	if (!interface->written || !pcapng_packet(ring->writer, &numbered)) {
		/* What cannot be written down makes the writer useless; the file is whole up to it. */
		ring->counts.lost++;
		close_file(ring);
		return;
	}
	ring->last = packet->time;
	ring->buffered_packets++;
	if (ring->buffered >= BUFFERED)
		write_buffer(ring);
}

static void write_batch(struct ring *ring)
{
	batch_sort(&ring->batch);
	for (size_t i = 0; i < ring->batch.count; i++) {
		const struct kept *kept = ring->batch.list[i];
		write_packet(ring, &(const struct pcapng_packet){.interface = kept->interface,
								 .time = kept->time,
								 .data = kept->data,
								 .captured = kept->captured,
								 .length = kept->length});
	}
	batch_empty(&ring->batch);
}

static void add_to_batch(struct ring *ring, struct kept *kept)
{
	batch_add(&ring->batch, kept);
	if (ring->batch.bytes >= BATCHED)
		write_batch(ring);
}

void ring_turn(struct ring *ring)
{
	write_batch(ring);
	turn(ring);
}

/* ---- What is held ---- */

static struct held_connection **place_of(struct ring *ring, uint32_t id)
{
	struct held_connection **place = &ring->buckets[id & (BUCKETS - 1)];

	while (*place != NULL && (*place)->id != id)
		place = &(*place)->hash_next;
	return place;
}

static struct held_connection *find_or_add(struct ring *ring, uint32_t id)
{
	struct held_connection **place = place_of(ring, id);

	if (*place != NULL)
		return *place;
	struct held_connection *connection = memory_get_zeroed(1, sizeof *connection);
	connection->id = id;
	ring->held_bytes += sizeof *connection;
	*place = connection;
	return connection;
}

static void list_add(struct ring *ring, struct held_connection *connection)
{
	connection->previous = ring->newest;
	connection->next = NULL;
	if (ring->newest != NULL)
		ring->newest->next = connection;
	else
		ring->oldest = connection;
	ring->newest = connection;
}

static void list_remove(struct ring *ring, struct held_connection *connection)
{
	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		ring->oldest = connection->next;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	else
		ring->newest = connection->previous;
}

/* The first of its packets, which are the caller's from now on: none is held any more. */
static struct kept *take_packets(struct ring *ring, struct held_connection *connection)
{
	struct kept *first = connection->first;

	if (first != NULL)
		list_remove(ring, connection);
	ring->held_bytes -= connection->bytes;
	connection->first = NULL;
	connection->last = NULL;
	connection->bytes = 0;
	connection->packets = 0;
	return first;
}

static void free_packets(struct ring *ring, struct held_connection *connection)
{
	struct kept *next;

	for (struct kept *kept = take_packets(ring, connection); kept != NULL; kept = next) {
		next = kept->next;
		free(kept);
	}
}

static void remove_connection(struct ring *ring, struct held_connection *connection)
{
	free_packets(ring, connection);
	*place_of(ring, connection->id) = connection->hash_next;
	ring->held_bytes -= sizeof *connection;
	free(connection);
}

/* The oldest go first: what has not failed for so long will hardly fail any more. */
static void keep_limit(struct ring *ring)
{
	while (ring->held_bytes > ring->options->held_bytes && ring->oldest != NULL) {
		ring->counts.let_go += ring->oldest->packets;
		ring->oldest->over = true;
		free_packets(ring, ring->oldest);
	}
}

static void hold(struct ring *ring, struct held_connection *connection, const struct packet *packet)
{
	size_t size = sizeof(struct kept) + packet->captured;

	if (connection->over)
		return;
	if (connection->well && connection->packets >= WELL_PACKETS) {
		free_packets(ring, connection);
		connection->over = true;
		return;
	}
	if (connection->packets >= HELD_PACKETS || connection->bytes + size > HELD_BYTES) {
		ring->counts.let_go++;
		return;
	}
	struct kept *kept = kept_new(packet, connection->last);
	if (connection->last != NULL) {
		connection->last->next = kept;
	} else {
		connection->first = kept;
		list_add(ring, connection);
	}
	connection->last = kept;
	connection->packets++;
	connection->bytes += size;
	ring->held_bytes += size;
	keep_limit(ring);
}

/* ---- The ring ---- */

void ring_packet(struct ring *ring, const struct packet *packet, uint32_t connection, bool evidence)
{
	if (ring->options->all) {
		write_packet(ring, &(const struct pcapng_packet){.interface = (uint32_t)packet->moment.capture - 1,
								 .time = packet->moment.time,
								 .data = packet->data,
								 .captured = packet->captured,
								 .length = packet->length});
		return;
	}
	bool write = connection == RING_NO_CONNECTION && evidence;
	if (connection != RING_NO_CONNECTION) {
		struct held_connection *of = find_or_add(ring, connection);
		write = of->keep;
		if (!write)
			hold(ring, of, packet);
	}
	if (write)
		add_to_batch(ring, kept_new(packet, NULL));
}

void ring_keep(struct ring *ring, uint32_t id)
{
	if (ring->options->all)
		return;
	struct held_connection *connection = find_or_add(ring, id);
	struct kept *next;
	for (struct kept *kept = take_packets(ring, connection); kept != NULL; kept = next) {
		next = kept->next;
		add_to_batch(ring, kept);
	}
	connection->keep = true;
}

void ring_well(struct ring *ring, uint32_t id)
{
	if (!ring->options->all)
		find_or_add(ring, id)->well = true;
}

void ring_drop(struct ring *ring, uint32_t id)
{
	struct held_connection **place = place_of(ring, id);

	if (*place != NULL)
		remove_connection(ring, *place);
}

void ring_interface(struct ring *ring, size_t index, const struct ring_interface *is)
{
	struct file_interface *interface = &ring->interfaces[index < INTERFACES_MOST ? index : INTERFACES_MOST - 1];

	free(interface->name);
	free(interface->filter);
	interface->is = *is;
	interface->name = memory_text(is->name, strlen(is->name));
	interface->filter = is->filter == NULL ? NULL : memory_text(is->filter, strlen(is->filter));
	interface->known = true;
	interface->written = false;
}

void ring_lost(struct ring *ring, size_t index, time_ns now, uint64_t received, uint64_t dropped)
{
	struct file_interface *interface = &ring->interfaces[index < INTERFACES_MOST ? index : INTERFACES_MOST - 1];
	bool news = dropped > interface->dropped;

	interface->received = received;
	interface->dropped = dropped;
	if (news)
		write_statistics(ring, interface, now);
}

void ring_flush(struct ring *ring, time_ns now)
{
	write_batch(ring);
	if (ring->descriptor >= 0 && is_due(ring, now))
		turn(ring);
	else if (ring->descriptor >= 0)
		write_buffer(ring);
}

struct ring_counts ring_counts(const struct ring *ring)
{
	struct ring_counts counts = ring->counts;

	counts.held_bytes = ring->held_bytes;
	return counts;
}

struct ring *ring_open(const struct ring_options *options, ring_told *told, void *user)
{
	struct ring *ring = memory_get_zeroed(1, sizeof *ring);

	*ring = (struct ring){.options = options, .told = told, .user = user, .descriptor = -1, .begun = TIME_NONE};
	if (mkdir(options->folder, 0750) != 0 && errno != EEXIST) {
		ring->folder = -1;
	} else {
		ring->folder = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (ring->folder >= 0 && faccessat(ring->folder, ".", W_OK | X_OK, AT_EACCESS) != 0) {
		int failed = errno;
		close(ring->folder);
		errno = failed;
		ring->folder = -1;
	}
	if (ring->folder < 0) {
		free(ring);
		return NULL;
	}
	ring->number = newest_number(ring->folder);
	return ring;
}

void ring_close(struct ring *ring)
{
	if (ring == NULL)
		return;
	ring_turn(ring);
	close_file(ring);
	batch_free(&ring->batch);
	for (size_t i = 0; i < BUCKETS; i++) {
		struct held_connection *next;
		for (struct held_connection *connection = ring->buckets[i]; connection != NULL; connection = next) {
			next = connection->hash_next;
			remove_connection(ring, connection);
		}
	}
	for (size_t i = 0; i < INTERFACES_MOST; i++) {
		free(ring->interfaces[i].name);
		free(ring->interfaces[i].filter);
	}
	close(ring->folder);
	free(ring->buffer);
	free(ring);
}
