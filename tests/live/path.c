/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The length of a path: takes IP packets from one TUN device and gives them to another a settled time later, both ways
 * and in order. The kernel has no delay of its own everywhere.
 */
#include "tests/live/peer.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKETS = 1024, PACKET_MAX = 2048, NS_PER_MILLI = 1000000 };

struct packet {
	int64_t due;
	size_t length;
	uint8_t data[PACKET_MAX];
};

/* One way: a ring of the packets that are under way. */
struct way {
	int from, to;
	unsigned head, count;
	struct packet packets[PACKETS];
};

static struct way ways[2];

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * NS_PER_MILLI + now.tv_nsec;
}

static int open_tun(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (device < 0 || ioctl(device, TUNSETIFF, &request) != 0) {
		perror(name);
		exit(1);
	}
	return device;
}

static void take(struct way *way, int64_t delay)
{
	while (way->count < PACKETS) {
		struct packet *packet = &way->packets[(way->head + way->count) % PACKETS];
		ssize_t length = read(way->from, packet->data, sizeof packet->data);
		if (length <= 0)
			return;
		packet->length = (size_t)length;
		packet->due = now_ns() + delay;
		way->count++;
	}
}

static void give(struct way *way)
{
	while (way->count > 0 && way->packets[way->head].due <= now_ns()) {
		struct packet *packet = &way->packets[way->head];
		if (write(way->to, packet->data, packet->length) < 0)
			perror("write");
		way->head = (way->head + 1) % PACKETS;
		way->count--;
	}
}

static int64_t next_due(void)
{
	int64_t next = -1;

	for (size_t i = 0; i < 2; i++) {
		const struct way *way = &ways[i];
		if (way->count > 0 && (next < 0 || way->packets[way->head].due < next))
			next = way->packets[way->head].due;
	}
	return next;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: path TUN TUN MILLISECONDS\n", stderr);
		return 2;
	}
	int one = open_tun(argv[1]), other = open_tun(argv[2]);
	int64_t delay = peer_number(argv[3]) * NS_PER_MILLI;
	ways[0].from = ways[1].to = one;
	ways[1].from = ways[0].to = other;
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd polled[] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};
		int64_t next = next_due(), left = next < 0 ? 0 : next - now_ns();
		left = left < 0 ? 0 : left;
		struct timespec wait = {.tv_sec = left / (1000 * NS_PER_MILLI),
					.tv_nsec = left % (1000 * NS_PER_MILLI)};
		ppoll(polled, 2, next < 0 ? NULL : &wait, NULL);
		for (size_t i = 0; i < 2; i++) {
			take(&ways[i], delay);
			give(&ways[i]);
		}
	}
}
