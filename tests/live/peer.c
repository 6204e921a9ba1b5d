/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/live/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { TPKT_HEADER = 4, DT_HEADER = 3, CR_LEAST = 11 };

void peer_fail(const char *what)
{
	perror(what);
	exit(1);
}

size_t peer_wait(int poller, int milliseconds, void *ready[PEERS_AT_ONCE])
{
	struct epoll_event events[PEERS_AT_ONCE];
	int count = epoll_wait(poller, events, PEERS_AT_ONCE, milliseconds);

	if (count < 0 && errno != EINTR)
		peer_fail("epoll_wait");
	for (int i = 0; i < count; i++)
		ready[i] = events[i].data.ptr;
	return count < 0 ? 0 : (size_t)count;
}

int64_t peer_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct sockaddr_in peer_address(const char *address, uint16_t port)
{
	struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, address, &made.sin_addr) != 1) {
		fprintf(stderr, "%s is not an IPv4 address\n", address);
		exit(2);
	}
	return made;
}

long peer_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end != '\0') {
		fprintf(stderr, "%s is not a number\n", text);
		exit(2);
	}
	return number;
}

bool inbox_fill(struct inbox *inbox, int socket, bool *reset)
{
	*reset = false;
	while (inbox->length < sizeof inbox->data) {
		ssize_t got = recv(socket, inbox->data + inbox->length, sizeof inbox->data - inbox->length, 0);
		if (got > 0) {
			inbox->length += (size_t)got;
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		*reset = got < 0 && errno != EAGAIN;
		return got < 0 && errno == EAGAIN;
	}
	return true;
}

/* X.225 8.1: which SPDU a TSDU starts with; behind GIVE TOKENS or PLEASE TOKENS it is the second that counts. */
static enum said said_by_session(const uint8_t *spdu, size_t length)
{
	if (length >= 3 && (spdu[0] == 1 || spdu[0] == 2) && spdu[1] == 0)
		return spdu[2] == 41 ? SAID_ACTIVITY_END : spdu[2] == 42 ? SAID_ACTIVITY_END_ANSWER : SAID_OTHER;
	switch (length > 0 ? spdu[0] : 0) {
	case 9:
		return SAID_FINISH;
	case 10:
		return SAID_DISCONNECT;
	case 12:
		return SAID_REFUSE;
	case 13:
		return SAID_CONNECT;
	case 14:
		return SAID_ACCEPT;
	case 25:
		return SAID_ABORT;
	default:
		return SAID_OTHER;
	}
}

static enum said said_by(const uint8_t *tpdu, size_t length)
{
	switch (length >= 2 ? tpdu[1] & 0xf0 : 0) {
	case 0xe0:
		return SAID_CR;
	case 0xd0:
		return SAID_CC;
	case 0x80:
		return SAID_DR;
	case 0xf0:
		return length > DT_HEADER ? said_by_session(tpdu + DT_HEADER, length - DT_HEADER) : SAID_OTHER;
	default:
		return SAID_OTHER;
	}
}

enum said inbox_take(struct inbox *inbox, uint16_t *reference)
{
	size_t whole = inbox->length >= TPKT_HEADER ? (size_t)inbox->data[2] << 8 | inbox->data[3] : SIZE_MAX;

	if (whole > inbox->length || whole < TPKT_HEADER)
		return SAID_NOTHING;
	enum said said = said_by(inbox->data + TPKT_HEADER, whole - TPKT_HEADER);
	if (whole >= CR_LEAST && (said == SAID_CR || said == SAID_CC))
		*reference = (uint16_t)(inbox->data[TPKT_HEADER + 4] << 8 | inbox->data[TPKT_HEADER + 5]);
	inbox->length -= whole;
	memmove(inbox->data, inbox->data + whole, inbox->length);
	return said;
}

bool peer_send(int socket, const struct bytes *bytes)
{
	return send(socket, bytes->data, bytes->length, MSG_NOSIGNAL) == (ssize_t)bytes->length;
}
