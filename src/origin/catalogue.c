/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/catalogue.h"

#include <string.h>

static const struct cause causes[] = {
    {"slow-answer",
     "the server's TCP has the request, and the MTA above it does not answer before the peer stops waiting",
     "look at the MTA at those times: queue lengths, CPU, disk, thread and control block counts; install the fix of "
     "the article if the MTA is an Exchange 5.5 SP4",
     {"Q319936", "Q266792", "Q243632"}},
    {"busy",
     "the server answers that it is busy or congested",
     "raise the limits that the article names, or spread the load",
     {"Q194589", "Q166602"}},
    {"refused",
     "the server answers with a refusal",
     "read the refusal's reason; names, passwords, selectors and modes must agree on both sides",
     {"Q166308", "Q171113", "Q169716", "Q252843"}},
    {"listen-queue-full",
     "the server's TCP refuses some connections while it accepts others: its listen queue is full",
     "find what keeps the MTA from accepting; the size of the queue is the system's and the application's",
     {"Q113576"}},
    {"nobody-listening",
     "the server's host refuses every connection: nothing listens on the port",
     "see that the MTA runs and that its RFC 1006 port is the one that is called",
     {"Q170056"}},
    {"syn-ignored",
     "the server's TCP drops SYNs that reach it while it answers others",
     "look for a full listen queue on a system that drops instead of refusing, or a filter on the host",
     {NULL}},
    {"request-ignored",
     "the server's TCP does not acknowledge a request that reached it",
     "look for a full accept queue on the server's host",
     {NULL}},
    {"peer-or-path-down",
     "nothing comes back: the peer is down, or the path to it or from it",
     "capture beside the server at the same time",
     {"Q152941", "Q175354"}},
    {"request-lost",
     "what the client sends is lost on its way to the server",
     "look for loss, a duplex mismatch or a filter on the way; capture on both ends of the suspected link",
     {"Q257727", "Q225206"}},
    {"answer-lost",
     "what the server sends is lost on its way to the client",
     "look for loss, a duplex mismatch or an asymmetric route on the way back; capture beside the client",
     {"Q257727", "Q225206"}},
    {"middlebox-reset",
     "a box between the two closes the connection in the name of one of them",
     "look at firewalls, load balancers and address translators on the way: idle timers and inspection rules; the hop "
     "limit tells on which side of the capture the box is",
     {NULL}},
    {"never-asked",
     "the client connects and asks for nothing",
     "look for port scanners, health checks and load balancers among the clients",
     {NULL}},
    {"gave-up-early", "the client closes before an answer can be due", "look at the client's log of that time", {NULL}},
    {"client-gone",
     "the client does not finish its handshake",
     "look for a client that crashed, or a forged source address",
     {NULL}},
    {"dislikes-ok",
     "the client closes as soon as it gets the OK",
     "compare the CC's parameters with what the client's maker allows; one known case is the second byte of the TPKT",
     {"Q151626", "Q157015"}},
    {"closed-at-accept",
     "the server closes at once after it accepted",
     "look for event 9301: an MTA does so with a peer whose address no connector knows",
     {"Q193380", "Q197378", "Q169113"}},
};

const struct cause *catalogue_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof causes / sizeof causes[0]; i++)
		if (strcmp(causes[i].name, name) == 0)
			return &causes[i];
	return NULL;
}
