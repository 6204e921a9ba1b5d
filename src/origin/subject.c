/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/subject.h"

/* No timer in use is shorter, and no server of use takes so long to hang up when it means to. */
#define AT_ONCE_US INT64_C(1000000)
#define SOON_US    INT64_C(2000000)
#define SLOW_OK_US INT64_C(2000000)
/* The MTA's association lifetime by default (Q234157), and a little. */
#define IDLE (305 * NS_PER_S)

/* X.228 7.1.1.2: the window where none is asked for. */
enum { WINDOW_USUAL = 3, AGAIN_LEAST = 3, AGAIN_ONE_IN = 20, CARRIED_LEAST = 20 };

static const struct moment *at(const struct connection *connection, enum milestone milestone)
{
	return &connection->milestones[milestone];
}

static bool closed(const struct connection *connection)
{
	return moment_seen(at(connection, MILESTONE_CLOSE));
}

static bool closed_by_server(const struct connection *connection)
{
	return connection->close_by == SIDE_SERVER &&
	       (connection->close_how == CLOSE_FIN || connection->close_how == CLOSE_RST) &&
	       moment_seen(at(connection, MILESTONE_ESTABLISHED));
}

/* The server hung up without a word, less than so long after the request or, without one, the handshake. */
static bool hung_up_within(const struct connection *connection, int64_t us)
{
	const struct moment *since = at(connection, MILESTONE_REQUEST);

	if (!closed_by_server(connection) || moment_seen(at(connection, MILESTONE_OK)))
		return false;
	if (!moment_seen(since))
		since = at(connection, MILESTONE_ESTABLISHED);
	int64_t span = moment_span_us(since, at(connection, MILESTONE_CLOSE));
	return span >= 0 && span < us;
}

static bool no_ok(const struct connection *connection)
{
	return closed(connection) && moment_seen(at(connection, MILESTONE_ESTABLISHED)) &&
	       !moment_seen(at(connection, MILESTONE_OK)) && !connection->refusal.set;
}

static bool request_acked(const struct connection *connection)
{
	return moment_seen(&connection->facts.request.acked);
}

static bool client_closes(const struct connection *connection)
{
	return closed(connection) && connection->close_by == SIDE_CLIENT;
}

static bool closed_at_once(const struct connection *connection)
{
	return hung_up_within(connection, AT_ONCE_US);
}

static bool closed_soon(const struct connection *connection)
{
	return hung_up_within(connection, SOON_US);
}

static bool closed_later(const struct connection *connection)
{
	return moment_seen(at(connection, MILESTONE_REQUEST)) && hung_up_within(connection, INT64_MAX) &&
	       !closed_soon(connection);
}

static bool refused(const struct connection *connection)
{
	return connection->refusal.set && !connection->refusal.word.congestion;
}

static bool turned_away(const struct connection *connection)
{
	if (!moment_seen(at(connection, MILESTONE_REQUEST)))
		return false;
	return closed_soon(connection) || (refused(connection) && connection->refusal.word.layer == LAYER_COTP);
}

static bool slow_ok(const struct connection *connection)
{
	return connection->outcome == OUTCOME_OK &&
	       moment_span_us(at(connection, MILESTONE_REQUEST), at(connection, MILESTONE_OK)) >= SLOW_OK_US;
}

static bool x410_selector(const struct connection *connection)
{
	return connection->association != NULL && connection->association->mode == PRESENTATION_X410_1984 &&
	       connection->association->session_selector;
}

static bool window_grew(const struct connection *connection)
{
	const struct association_details *association = connection->association;

	/* Where the request was not read whole, nobody knows what it asked for. */
	if (association == NULL || association->window_agreed < 0 ||
	    !moment_seen(at(connection, MILESTONE_BIND_REQUEST)) || connection->facts.cut[FROM_CLIENT] > 0 ||
	    connection->missing_bytes[FROM_CLIENT] > 0)
		return false;
	return association->window_agreed > (association->window_asked < 0 ? WINDOW_USUAL : association->window_asked);
}

static bool caller_breaks(const struct connection *connection)
{
	return moment_seen(at(connection, MILESTONE_BIND_RESULT)) && !connection->refusal.set &&
	       !connection->facts.released && connection->transfers.total == 0 && client_closes(connection);
}

/* Of connections that carried something: one request that is repeated into a void is no poor line. */
static bool retransmits(const struct connection *connection)
{
	uint64_t again = (uint64_t)connection->retransmissions[FROM_CLIENT] + connection->retransmissions[FROM_SERVER];
	uint64_t all =
	    (uint64_t)connection->facts.payload_packets[FROM_CLIENT] + connection->facts.payload_packets[FROM_SERVER];

	return moment_seen(at(connection, MILESTONE_BIND_RESULT)) && all >= CARRIED_LEAST && again >= AGAIN_LEAST &&
	       again * AGAIN_ONE_IN >= all;
}

static bool has_reset(const struct connection *connection)
{
	return moment_seen(&connection->facts.reset[FROM_CLIENT]) || moment_seen(&connection->facts.reset[FROM_SERVER]);
}

static bool reset_after_end(const struct connection *connection)
{
	return connection->facts.released && has_reset(connection);
}

static bool recovery_broken(const struct connection *connection)
{
	bool broken = connection->close_how == CLOSE_RST || connection->close_how == CLOSE_ABORT;

	return connection->association != NULL && connection->association->recover && broken &&
	       !connection->facts.released && connection->transfers.acknowledged == 0;
}

static bool window_shut(const struct connection *connection)
{
	return has_reset(connection) && !connection->facts.released &&
	       (connection->facts.window_shut[FROM_CLIENT] || connection->facts.window_shut[FROM_SERVER]);
}

static bool idle(const struct connection *connection)
{
	return moment_seen(at(connection, MILESTONE_BIND_RESULT)) && !connection->refusal.set && !closed(connection) &&
	       !connection->facts.released && connection->facts.watched_until - connection->last.time > IDLE;
}

typedef bool shows(const struct connection *connection);

static shows *const shown[SIGNS] = {
    [SIGN_NO_OK] = no_ok,
    [SIGN_REQUEST_ACKED] = request_acked,
    [SIGN_CLIENT_CLOSES] = client_closes,
    [SIGN_CLOSED_AT_ONCE] = closed_at_once,
    [SIGN_CLOSED_SOON] = closed_soon,
    [SIGN_CLOSED_LATER] = closed_later,
    [SIGN_TURNED_AWAY] = turned_away,
    [SIGN_SLOW_OK] = slow_ok,
    [SIGN_X410_SELECTOR] = x410_selector,
    [SIGN_REFUSED] = refused,
    [SIGN_WINDOW_GREW] = window_grew,
    [SIGN_CALLER_BREAKS] = caller_breaks,
    [SIGN_RETRANSMITS] = retransmits,
    [SIGN_RESET_AFTER_END] = reset_after_end,
    [SIGN_RECOVERY_BROKEN] = recovery_broken,
    [SIGN_WINDOW_SHUT] = window_shut,
    [SIGN_IDLE] = idle,
};

struct subject subject_of(const struct connection *connection)
{
	/* What is open goes on, also where nobody says anything. */
	struct subject subject = {.id = connection->id,
				  .client = connection->client.ip,
				  .first = connection->first.time,
				  .last = closed(connection) ? connection->last.time : connection->facts.watched_until};

	for (int sign = SIGN_NONE + 1; sign < SIGNS; sign++)
		if (shown[sign] != NULL && shown[sign](connection))
			subject.signs |= sign_bit((enum sign)sign);
	return subject;
}

bool subject_matters(const struct subject *subject)
{
	/* The window and the initiator's end matter together, and each alone is nothing special. */
	uint64_t alone = sign_bit(SIGN_SLOW_OK) | sign_bit(SIGN_RETRANSMITS) | sign_bit(SIGN_RESET_AFTER_END) |
			 sign_bit(SIGN_RECOVERY_BROKEN) | sign_bit(SIGN_WINDOW_SHUT) | sign_bit(SIGN_IDLE);
	uint64_t together = sign_bit(SIGN_WINDOW_GREW) | sign_bit(SIGN_CALLER_BREAKS);

	return (subject->signs & alone) != 0 || (subject->signs & together) == together;
}
