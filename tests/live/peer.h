/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the MTA and its clients share: time, addresses, and telling whole PDUs apart in what a socket gave. */
#ifndef LIVE_PEER_H
#define LIVE_PEER_H

#include "tests/generator/pdu.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum said {
	SAID_NOTHING, /* no whole PDU is there */
	SAID_CR,
	SAID_CC,
	SAID_DR,
	SAID_CONNECT,
	SAID_ACCEPT,
	SAID_REFUSE,
	SAID_ABORT,
	SAID_FINISH,
	SAID_DISCONNECT,
	SAID_ACTIVITY_END,
	SAID_ACTIVITY_END_ANSWER,
	SAID_OTHER
};

struct inbox {
	size_t length;
	uint8_t data[BYTES_MAX];
};

/* Ends the program with what the last call failed of. */
void peer_fail(const char *what) __attribute__((noreturn));

/* Milliseconds of the monotonic clock. */
int64_t peer_now(void);

/* The IPv4 address and port as a socket address; an address that cannot be read ends the program. */
struct sockaddr_in peer_address(const char *address, uint16_t port);

/*
 * Waits for what a poller (epoll) watches, at most so many milliseconds (-1: for ever), and writes down what it was
 * told of each that is ready. Returns how many.
 */
enum { PEERS_AT_ONCE = 64 };
size_t peer_wait(int poller, int milliseconds, void *ready[PEERS_AT_ONCE]);

/* The number that an option has; anything else ends the program. */
long peer_number(const char *text);

/* Reads what there is. False at the end of the stream, of which *reset tells whether it was a RST. */
bool inbox_fill(struct inbox *inbox, int socket, bool *reset);

/* Takes the next whole PDU off, and its reference when it is a CR or CC. */
enum said inbox_take(struct inbox *inbox, uint16_t *reference);

/* Sends a PDU whole; what the kernel has no room for is a mistake of the test. False when the peer is gone. */
bool peer_send(int socket, const struct bytes *bytes);

#endif
