/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients of an MTA: each connects, asks (CR), binds when it has its OK, sends a message if told to, and releases. One
 * that has no OK in time gives up. Other ways in which a client ends a connection are options.
 *
 * On standard output it says of each how it ended: `PORT ok`, `PORT gave-up connecting|asking|binding`, `PORT refused
 * connecting`, `PORT closed connecting|asking|binding` by the server, `PORT left`.
 */
#include "tests/live/peer.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS_MOST = 4096, MESSAGE_MOST = 8000 };

/* How a client behaves when nothing stops it. */
enum manner { MANNER_PROPER, MANNER_SILENT, MANNER_LEAVES_AT_OK };

static const char *const manner_names[] = {"proper", "silent", "leaves-at-ok"};

enum stage { STAGE_FREE, STAGE_CONNECTING, STAGE_ASKING, STAGE_BINDING, STAGE_SENDING, STAGE_LEAVING };

static const char *const stage_names[] = {"free", "connecting", "asking", "binding", "sending", "leaving"};

struct call {
	int socket;
	enum stage stage;
	uint16_t port;
	int64_t began;
	struct inbox inbox;
};

static struct {
	struct sockaddr_in server;
	uint16_t first_port;
	long count, gap, patience, message;
	int64_t until; /* for as long as it takes to reach this time, rather than count */
	bool x410, resets, quiet;
	enum manner manner;
} plan = {.count = 1, .patience = 3000};

static struct {
	int poller;
	long made, alive, ok, failed;
	struct call calls[CALLS_MOST];
} clients;

static enum association_mode mode(void)
{
	return plan.x410 ? MODE_X410 : MODE_NORMAL;
}

static void end(struct call *call, const char *how, bool with_stage)
{
	struct linger none = {.l_onoff = 1};

	if (plan.resets)
		setsockopt(call->socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	close(call->socket);
	if (strcmp(how, "ok") == 0)
		clients.ok++;
	else
		clients.failed++;
	if (!plan.quiet) {
		printf("%u %s%s%s\n", call->port, how, with_stage ? " " : "",
		       with_stage ? stage_names[call->stage] : "");
		fflush(stdout);
	}
	call->stage = STAGE_FREE;
	clients.alive--;
}

static void say(struct call *call, const struct bytes *bytes, enum stage next)
{
	if (!peer_send(call->socket, bytes)) {
		end(call, "closed", true);
		return;
	}
	call->stage = next;
}

static void asks(struct call *call)
{
	struct bytes bytes = {0};

	call->stage = STAGE_ASKING;
	if (plan.manner == MANNER_SILENT)
		return;
	pdu_cr(&bytes, (uint16_t)(clients.made % 65000 + 1), "CLIENT", "MTA");
	say(call, &bytes, STAGE_ASKING);
}

static void binds(struct call *call)
{
	struct bytes bytes = {0};

	if (plan.manner == MANNER_LEAVES_AT_OK) {
		end(call, "left", false);
		return;
	}
	pdu_connect(&bytes, &(struct bind_terms){.mode = mode(), .name = "CLIENT"});
	say(call, &bytes, STAGE_BINDING);
}

static void releases(struct call *call)
{
	struct bytes bytes = {0};

	pdu_finish(&bytes, mode());
	say(call, &bytes, STAGE_LEAVING);
}

static void sends_message(struct call *call)
{
	struct bytes bytes = {0};

	if (plan.message == 0) {
		releases(call);
		return;
	}
	pdu_activity_start(&bytes, call->port);
	pdu_message(&bytes, mode(), call->port, (size_t)plan.message);
	pdu_activity_end(&bytes);
	say(call, &bytes, STAGE_SENDING);
}

static void heard(struct call *call, enum said said)
{
	if (said == SAID_CC && call->stage == STAGE_ASKING)
		binds(call);
	else if (said == SAID_ACCEPT && call->stage == STAGE_BINDING)
		sends_message(call);
	else if (said == SAID_ACTIVITY_END_ANSWER && call->stage == STAGE_SENDING)
		releases(call);
	else if (said == SAID_DISCONNECT && call->stage == STAGE_LEAVING)
		end(call, "ok", false);
	else if (said == SAID_DR || said == SAID_REFUSE || said == SAID_ABORT)
		end(call, "refused", true);
}

static void connected(struct call *call)
{
	int error = 0;
	socklen_t size = sizeof error;

	getsockopt(call->socket, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error != 0) {
		end(call, error == ECONNREFUSED ? "refused" : "gave-up", true);
		return;
	}
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = call};
	epoll_ctl(clients.poller, EPOLL_CTL_MOD, call->socket, &event);
	asks(call);
}

static void listen_to(struct call *call)
{
	bool reset, open = inbox_fill(&call->inbox, call->socket, &reset);
	enum said said;
	uint16_t reference;

	while (call->stage != STAGE_FREE && (said = inbox_take(&call->inbox, &reference)) != SAID_NOTHING)
		heard(call, said);
	if (!open && call->stage != STAGE_FREE)
		end(call, "closed", true);
}

/* False when all ports are in use for now. */
static bool bind_port(struct call *call)
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t size = sizeof own;
	int yes = 1;

	if (plan.first_port != 0) {
		own.sin_port = htons((uint16_t)(plan.first_port + clients.made));
		setsockopt(call->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
		if (bind(call->socket, (struct sockaddr *)&own, sizeof own) != 0)
			peer_fail("bind");
	}
	if (connect(call->socket, (struct sockaddr *)&plan.server, sizeof plan.server) != 0 && errno != EINPROGRESS) {
		if (errno == EADDRNOTAVAIL)
			return false;
		peer_fail("connect");
	}
	getsockname(call->socket, (struct sockaddr *)&own, &size);
	call->port = ntohs(own.sin_port);
	return true;
}

static bool call_next(void)
{
	struct call *call = clients.calls;

	while (call < clients.calls + CALLS_MOST && call->stage != STAGE_FREE)
		call++;
	if (call == clients.calls + CALLS_MOST)
		return false;
	call->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (call->socket < 0)
		peer_fail("socket");
	int yes = 1;
	setsockopt(call->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (!bind_port(call)) {
		close(call->socket);
		return false;
	}
	call->stage = STAGE_CONNECTING;
	call->began = peer_now();
	call->inbox.length = 0;
	clients.made++;
	clients.alive++;
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = call};
	if (epoll_ctl(clients.poller, EPOLL_CTL_ADD, call->socket, &event) != 0)
		peer_fail("epoll_ctl");
	return true;
}

static void give_up_late(int64_t now)
{
	for (size_t i = 0; i < CALLS_MOST; i++) {
		struct call *call = &clients.calls[i];
		if (call->stage != STAGE_FREE && now - call->began >= plan.patience)
			end(call, "gave-up", true);
	}
}

static enum manner manner_named(const char *name)
{
	for (size_t i = 0; i < sizeof manner_names / sizeof *manner_names; i++)
		if (strcmp(name, manner_names[i]) == 0)
			return (enum manner)i;
	fprintf(stderr, "there is no manner %s\n", name);
	exit(2);
}

static void usage(void)
{
	fputs("usage: client [options] ADDRESS PORT\n"
	      "  -n N    clients\n"
	      "  -g MS   between one and the next; 0: all at once\n"
	      "  -t S    for so many seconds, however many that are; at once at most N\n"
	      "  -w MS   patience, from the SYN on\n"
	      "  -p N    the first one's port; the others' follow\n"
	      "  -m N    send a message of so many bytes\n"
	      "  -a HOW  proper, silent, leaves-at-ok\n"
	      "  -R      close by RST\n"
	      "  -x      X.410 mode\n"
	      "  -q      say only how many there were\n",
	      stderr);
	exit(2);
}

static void read_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:g:t:w:p:m:a:Rxq")) != -1) {
		switch (option) {
		case 'n':
			plan.count = peer_number(optarg);
			break;
		case 'g':
			plan.gap = peer_number(optarg);
			break;
		case 't':
			plan.until = peer_now() + peer_number(optarg) * 1000;
			break;
		case 'w':
			plan.patience = peer_number(optarg);
			break;
		case 'p':
			plan.first_port = (uint16_t)peer_number(optarg);
			break;
		case 'm':
			plan.message = peer_number(optarg);
			break;
		case 'a':
			plan.manner = manner_named(optarg);
			break;
		case 'R':
			plan.resets = true;
			break;
		case 'x':
			plan.x410 = true;
			break;
		case 'q':
			plan.quiet = true;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2 || plan.message > MESSAGE_MOST)
		usage();
	plan.server = peer_address(argv[optind], (uint16_t)peer_number(argv[optind + 1]));
}

/* Whether one more client is to call now. */
static bool due(int64_t began, int64_t now)
{
	if (plan.until > 0)
		return now < plan.until && clients.alive < plan.count;
	return clients.made < plan.count && clients.made * plan.gap <= now - began;
}

static bool more_to_come(int64_t now)
{
	return clients.alive > 0 || (plan.until > 0 ? now < plan.until : clients.made < plan.count);
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	clients.poller = epoll_create1(0);
	int64_t began = peer_now(), now = began, checked = 0;
	while (more_to_come(now)) {
		void *ready[PEERS_AT_ONCE];
		while (due(began, now) && call_next())
			continue;
		size_t count = peer_wait(clients.poller, 5, ready);
		for (size_t i = 0; i < count; i++) {
			struct call *call = ready[i];
			if (call->stage == STAGE_CONNECTING)
				connected(call);
			else if (call->stage != STAGE_FREE)
				listen_to(call);
		}
		now = peer_now();
		if (now - checked >= 5) {
			give_up_late(now);
			checked = now;
		}
	}
	if (plan.quiet)
		printf("%ld ok, %ld not\n", clients.ok, clients.failed);
	return 0;
}
