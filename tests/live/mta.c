/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listener that behaves as an MTA on RFC 1006: accepts, confirms the transport connection when it gets round to it,
 * binds, takes messages. Each way in which an MTA fails its callers is an option. It keeps the MTA's event log: where a
 * connection goes away before its OK, a Close Request (4258) and Bad LPIs (4283) for its handle.
 *
 * On standard output it says what is true: `listening`, `ok PORT` when it has sent the CC, `gone PORT CB` for the
 * incident that it logs.
 */
#include "tests/live/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CALLERS_MOST = 4096, NAME_SIZE = 32 };

/* Due: it waits for those before it. */
#define NOT_BEGUN INT64_MAX

enum answer { ANSWER_CC, ANSWER_DR, ANSWER_CLOSE, ANSWER_AT_ACCEPT, ANSWER_REFUSE, ANSWER_BIND_ERROR, ANSWER_NO_BIND };

static const char *const answer_names[] = {"cc", "dr", "close", "at-accept", "refuse", "bind-error", "no-bind"};

struct caller {
	int socket; /* -1: free */
	uint16_t port, reference;
	int cb;
	bool asked, answered, gone;
	int64_t accepted, due;
	struct caller *next; /* in the queue of those that wait for their OK */
	struct inbox inbox;
};

static struct {
	int backlog, offset_s;
	int64_t delay, service, slow_from, slow_to, slow, idle;
	long answers; /* how many it gives before it stops; -1: it doesn't */
	bool x410, accepts_none, answers_gone, quiet;
	enum answer answer;
	FILE *log;
} plan = {.backlog = 128, .answers = -1};

static struct {
	int listener, poller, last_cb;
	int64_t began;
	struct caller *callers[CALLERS_MOST], *waiting, **waiting_end;
} mta = {.waiting_end = &mta.waiting};

/* ---- The event log ---- */

static void log_record(const char *header, const char *where, const char *first, const char *second, const char *third,
		       const char *fourth)
{
	time_t now = time(NULL) + plan.offset_s;
	struct tm at;
	char stamp[NAME_SIZE], clock[NAME_SIZE];
	const char *const lines[] = {first, second, third, fourth};

	gmtime_r(&now, &at);
	/* Years have two digits in this log. */
	strftime(stamp, sizeof stamp, "%m-%d-", &at);
	strftime(clock, sizeof clock, "%I:%M:%S", &at);
	fprintf(plan.log, "%s\r\n\r\n       %s %s%02d %s%s\r\n", header, where, stamp, at.tm_year % 100, clock,
		at.tm_hour < 12 ? "am" : "pm");
	for (size_t i = 0; i < 4 && lines[i] != NULL; i++)
		fprintf(plan.log, "       %s\r\n", lines[i]);
	fputs("\r\n", plan.log);
}

static void log_gone(const struct caller *caller)
{
	char block[NAME_SIZE], handle[NAME_SIZE], bad[NAME_SIZE];

	if (!plan.quiet) {
		printf("gone %u %d\n", caller->port, caller->cb);
		fflush(stdout);
	}
	if (plan.log == NULL)
		return;
	snprintf(block, sizeof block, "  cb %d", caller->cb);
	snprintf(handle, sizeof handle, "  LPI 1-15-%d", caller->cb);
	snprintf(bad, sizeof bad, "Bad LPI 1-15-%d", caller->cb);
	log_record("message NMI4258: Interface Event, severity 8", "(POP4 POP4 UP(7) Proc 228)",
		   "Message received at NSI:", block, handle, "  Message type Close Request");
	log_record("message NMI4283: Interface Event, severity 14", "(POP4 POP4 UP(7) Proc 228)", "Bad LPIs in message",
		   bad, "Error code = 8464", NULL);
	fflush(plan.log);
}

/* ---- Callers ---- */

static void unqueue(struct caller *caller)
{
	for (struct caller **link = &mta.waiting; *link != NULL; link = &(*link)->next)
		if (*link == caller) {
			*link = caller->next;
			if (mta.waiting_end == &caller->next)
				mta.waiting_end = link;
			return;
		}
}

static void hang_up(struct caller *caller)
{
	close(caller->socket);
	unqueue(caller);
	caller->socket = -1;
}

/* The peer is gone: what the lower layers tell the MTA, which has not answered yet. */
static void went_away(struct caller *caller)
{
	if (caller->asked && !caller->answered && !caller->gone)
		log_gone(caller);
	if (!plan.answers_gone || !caller->asked || caller->answered) {
		hang_up(caller);
		return;
	}
	caller->gone = true;
	epoll_ctl(mta.poller, EPOLL_CTL_DEL, caller->socket, NULL);
}

static struct caller *free_caller(void)
{
	for (size_t i = 0; i < CALLERS_MOST; i++) {
		if (mta.callers[i] == NULL) {
			mta.callers[i] = calloc(1, sizeof *mta.callers[i]);
			if (mta.callers[i] == NULL)
				peer_fail("calloc");
			return mta.callers[i];
		}
		if (mta.callers[i]->socket < 0)
			return mta.callers[i];
	}
	return NULL;
}

static void take_calls(void)
{
	struct sockaddr_in from = {0};
	socklen_t size = sizeof from;
	int socket;

	while ((socket = accept4(mta.listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK)) >= 0) {
		struct caller *caller = free_caller();
		if (plan.answer == ANSWER_AT_ACCEPT || caller == NULL) {
			close(socket);
			continue;
		}
		int yes = 1;
		setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		mta.last_cb = mta.last_cb % 60000 + 1;
		*caller = (struct caller){
		    .socket = socket, .port = ntohs(from.sin_port), .cb = mta.last_cb, .accepted = peer_now()};
		struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = caller};
		if (epoll_ctl(mta.poller, EPOLL_CTL_ADD, socket, &event) != 0)
			peer_fail("epoll_ctl");
	}
}

/* ---- Answers ---- */

/* With -s and -w: one caller after the other. */
static bool serves_in_turn(void)
{
	return plan.service > 0 || plan.slow > 0;
}

/* When one that the MTA begins to serve now has its OK. */
static int64_t served_at(int64_t now)
{
	bool slow = now >= mta.began + plan.slow_from && now < mta.began + plan.slow_to;

	return now + (slow ? plan.slow : plan.service);
}

static void give_ok(struct caller *caller)
{
	struct bytes bytes = {0};

	unqueue(caller);
	caller->answered = true;
	if (plan.answer == ANSWER_CLOSE) {
		hang_up(caller);
		return;
	}
	if (plan.answer == ANSWER_DR)
		pdu_dr(&bytes, caller->reference, 129);
	else
		pdu_cc(&bytes, caller->reference, (uint16_t)caller->cb, 0, "CLIENT", "MTA");
	bool sent = peer_send(caller->socket, &bytes);
	if (!plan.quiet) {
		printf("ok %u\n", caller->port);
		fflush(stdout);
	}
	if (!sent || caller->gone || plan.answer == ANSWER_DR)
		hang_up(caller);
}

static void asked_for_ok(struct caller *caller)
{
	int64_t now = peer_now();

	caller->asked = true;
	if (plan.answers == 0)
		return; /* Never: the process that stops answering. */
	if (plan.answers > 0)
		plan.answers--;
	caller->due = serves_in_turn() ? NOT_BEGUN : now + plan.delay;
	if (caller->due <= now && !serves_in_turn()) {
		give_ok(caller);
		return;
	}
	caller->next = NULL;
	*mta.waiting_end = caller;
	mta.waiting_end = &caller->next;
}

static void answer_bind(struct caller *caller, struct bytes *bytes)
{
	enum association_mode mode = plan.x410 ? MODE_X410 : MODE_NORMAL;

	(void)caller;
	if (plan.answer == ANSWER_REFUSE)
		pdu_refuse(bytes, 1);
	else if (plan.answer == ANSWER_BIND_ERROR)
		pdu_bind_error(bytes, mode, 2);
	else if (plan.answer != ANSWER_NO_BIND)
		pdu_accept(bytes, &(struct bind_terms){.mode = mode, .name = "MTA"});
}

static void listen_to(struct caller *caller)
{
	bool reset, open = inbox_fill(&caller->inbox, caller->socket, &reset);
	enum said said;

	while (caller->socket >= 0 && (said = inbox_take(&caller->inbox, &caller->reference)) != SAID_NOTHING) {
		struct bytes bytes = {0};
		if (said == SAID_CR)
			asked_for_ok(caller);
		else if (said == SAID_CONNECT)
			answer_bind(caller, &bytes);
		else if (said == SAID_ACTIVITY_END)
			pdu_activity_end_answer(&bytes);
		else if (said == SAID_FINISH)
			pdu_disconnect(&bytes, plan.x410 ? MODE_X410 : MODE_NORMAL);
		if (bytes.length > 0 && caller->socket >= 0)
			peer_send(caller->socket, &bytes);
	}
	if (!open && caller->socket >= 0)
		went_away(caller);
}

/* Gives those their OK whose time has come, and returns the milliseconds until the next one's, or -1. */
static int work(void)
{
	int64_t now = peer_now();

	while (mta.waiting != NULL) {
		if (mta.waiting->due == NOT_BEGUN)
			mta.waiting->due = served_at(now);
		if (mta.waiting->due > now)
			break;
		give_ok(mta.waiting);
	}
	for (size_t i = 0; plan.idle > 0 && i < CALLERS_MOST && mta.callers[i] != NULL; i++) {
		struct caller *caller = mta.callers[i];
		if (caller->socket >= 0 && !caller->asked && now - caller->accepted >= plan.idle)
			hang_up(caller);
	}
	if (mta.waiting != NULL)
		return (int)(mta.waiting->due - now);
	return plan.idle > 0 ? 100 : -1;
}

static void begin(const char *address, uint16_t port)
{
	struct sockaddr_in at = peer_address(address, port);
	int yes = 1;

	mta.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	mta.poller = epoll_create1(0);
	mta.began = peer_now();
	if (mta.listener < 0 || mta.poller < 0)
		peer_fail("socket");
	setsockopt(mta.listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(mta.listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(mta.listener, plan.backlog) != 0)
		peer_fail("listen");
	struct epoll_event event = {.events = EPOLLIN};
	if (!plan.accepts_none && epoll_ctl(mta.poller, EPOLL_CTL_ADD, mta.listener, &event) != 0)
		peer_fail("epoll_ctl");
	puts("listening");
	fflush(stdout);
}

static enum answer answer_named(const char *name)
{
	for (size_t i = 0; i < sizeof answer_names / sizeof *answer_names; i++)
		if (strcmp(name, answer_names[i]) == 0)
			return (enum answer)i;
	fprintf(stderr, "there is no answer %s\n", name);
	exit(2);
}

static void read_slow(const char *text)
{
	long from, to, needs;

	if (sscanf(text, "%ld:%ld:%ld", &from, &to, &needs) != 3) {
		fprintf(stderr, "%s is not FROM:TO:MS\n", text);
		exit(2);
	}
	plan.slow_from = from * 1000;
	plan.slow_to = to * 1000;
	plan.slow = needs;
}

static void usage(void)
{
	fputs("usage: mta [options] ADDRESS PORT\n"
	      "  -b N      backlog of the listener\n"
	      "  -N        accept nobody\n"
	      "  -d MS     wait before each CC\n"
	      "  -s MS     serve one caller after the other, each for so long\n"
	      "  -w A:B:MS in the seconds from A to B for so long\n"
	      "  -n N      stop answering after N\n"
	      "  -a HOW    cc, dr, close, at-accept, refuse, bind-error, no-bind\n"
	      "  -k        send the CC also to those that are gone\n"
	      "  -i MS     hang up on those that do not ask for so long\n"
	      "  -x        X.410 mode\n"
	      "  -l FILE   the event log\n"
	      "  -o S      its clock is so many seconds ahead\n"
	      "  -q        say nothing\n",
	      stderr);
	exit(2);
}

static void read_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "b:Nd:s:w:n:a:ki:xl:o:q")) != -1) {
		switch (option) {
		case 'b':
			plan.backlog = (int)peer_number(optarg);
			break;
		case 'N':
			plan.accepts_none = true;
			break;
		case 'd':
			plan.delay = peer_number(optarg);
			break;
		case 's':
			plan.service = peer_number(optarg);
			break;
		case 'w':
			read_slow(optarg);
			break;
		case 'n':
			plan.answers = peer_number(optarg);
			break;
		case 'a':
			plan.answer = answer_named(optarg);
			break;
		case 'k':
			plan.answers_gone = true;
			break;
		case 'i':
			plan.idle = peer_number(optarg);
			break;
		case 'x':
			plan.x410 = true;
			break;
		case 'l':
			plan.log = fopen(optarg, "w");
			if (plan.log == NULL)
				peer_fail(optarg);
			break;
		case 'o':
			plan.offset_s = (int)peer_number(optarg);
			break;
		case 'q':
			plan.quiet = true;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 2)
		usage();
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	begin(argv[optind], (uint16_t)peer_number(argv[optind + 1]));
	for (;;) {
		void *ready[PEERS_AT_ONCE];
		size_t count = peer_wait(mta.poller, work(), ready);
		for (size_t i = 0; i < count; i++) {
			struct caller *caller = ready[i];
			if (caller == NULL)
				take_calls();
			else if (caller->socket >= 0)
				listen_to(caller);
		}
	}
}
