/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The captures that are shipped: small, one story each, the same bytes wherever they are made. */
#include "tests/generator/sim.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEERS = 8, HOSTS = PEERS + 2 };

/* The MTA, a host where nothing listens or answers, and the peers. */
struct cast {
	struct host *mta, *other, *peer;
};

struct sample {
	const char *name;
	enum file_format format;
	enum link_kind link;
	enum tap tap;
	unsigned family;
	unsigned seconds; /* the capture's length */
	bool log;
	void (*play)(struct sim *sim, struct cast *cast);
};

static time_ns start_of_samples(void)
{
	return civil_seconds(2002, 2, 26, 19, 40, 0) * NS_PER_S;
}

static void hosts_of(struct sim *sim, struct cast *cast)
{
	static const struct {
		const char *name;
		unsigned stack, hops, ms;
	} made[HOSTS] = {
	    {"EXCHANGE", STACK_NT4, 6, 21},   {"SPARE", STACK_WIN2K, 6, 24},    {"BERLIN", STACK_NT4, 4, 12},
	    {"PARIS", STACK_WIN2K, 5, 17},    {"MADRID", STACK_SOLARIS, 7, 25}, {"OSLO", STACK_LINUX24, 6, 22},
	    {"LISBON", STACK_BSD, 8, 31},     {"VIENNA", STACK_NT4, 3, 8},      {"ZURICH", STACK_WIN2K, 4, 14},
	    {"DUBLIN", STACK_SOLARIS, 9, 38},
	};

	sim->host_count = HOSTS;
	sim->hosts = memory_get_zeroed(HOSTS, sizeof *sim->hosts);
	for (unsigned i = 0; i < HOSTS; i++) {
		struct host *host = &sim->hosts[i];
		char text[ADDRESS_TEXT_SIZE];
		bool server = i < 2;
		bool near = sim->tap == (server ? TAP_SERVER : TAP_CLIENT);
		snprintf(host->name, sizeof host->name, "%s", made[i].name);
		snprintf(text, sizeof text, server ? "10.20.0.%u" : "10.20.1.%u", server ? i + 1 : i + 7);
		address_parse(text, &host->ip4);
		snprintf(text, sizeof text, server ? "fd20::%u" : "fd20:1::%u", server ? i + 1 : i + 7);
		address_parse(text, &host->ip6);
		host->stack = &stacks[made[i].stack];
		host->hops = near ? 0 : made[i].hops;
		host->latency = near ? 60 * NS_PER_US : made[i].ms * NS_PER_MS;
		host->jitter = near ? 8 * NS_PER_US : made[i].ms * 30 * NS_PER_US;
		host->ip_id = (uint16_t)chance_bits(&sim->chance);
		host->stamp_start = (uint32_t)chance_bits(&sim->chance) / 4;
		host->next_port = (uint16_t)(1042 + 13 * i);
		host->workers = 1;
		host->service = 24 * NS_PER_MS;
		host->logs = server;
	}
	*cast = (struct cast){&sim->hosts[0], &sim->hosts[1], &sim->hosts[2]};
}

static struct plan plan_at(struct sim *sim, struct cast *cast, unsigned peer, time_ns ms)
{
	return (struct plan){
	    .scenario = "sample",
	    .start = start_of_samples() + ms * NS_PER_MS,
	    .client = &cast->peer[peer % PEERS],
	    .server = cast->mta,
	    .port = 102,
	    .six = sim->samples_six,
	    .ok_timer = 30 * NS_PER_S,
	    .bind_timer = 60 * NS_PER_S,
	    .think = 2 * NS_PER_MS,
	    .answer_after = -1,
	    .bind_after = 11 * NS_PER_MS,
	    .idle_limit = 60 * NS_PER_S,
	    .cc_reserved = 0x11,
	    .mode = peer % 2 == 0 ? MODE_X410 : MODE_NORMAL,
	    .messages = 1,
	    .message_size = 400 + 90 * (peer % PEERS),
	};
}

/* Peers who are served well meanwhile, one every so often. */
static void company(struct sim *sim, struct cast *cast, time_ns from_ms, time_ns to_ms, time_ns every_ms)
{
	unsigned peer = 3;

	for (time_ns at = from_ms; at < to_ms; at += every_ms, peer++) {
		struct plan plan = plan_at(sim, cast, peer, at + chance_between(&sim->chance, 0, 400));
		sim_connect(sim, &plan);
	}
}

static void healthy(struct sim *sim, struct cast *cast)
{
	struct plan plan = plan_at(sim, cast, 0, 100);

	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 1, 2500);
	plan.messages = 2;
	plan.join = true;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 4, 4800);
	plan.chop[CLIENT] = 19;
	plan.chop[SERVER] = 7;
	plan.message_size = 60;
	sim_connect(sim, &plan);
}

/* Arrivals speed up, each answer costs more: the queue grows past what the peers' timers bear, and drains again. */
/* How an MTA falls behind: when, how much slower it gets, and how fast peers come meanwhile and otherwise. */
struct overload {
	time_ns slow_for, busy_until; /* from two minutes in, since the start: ns and ms */
	unsigned slow_times;
	unsigned gap_least, gap_most; /* between arrivals while it is busy, ms */
	time_ns stray;                /* an incident of nobody's, since the start */
};

static void overload(struct sim *sim, struct cast *cast, const struct overload *how)
{
	time_ns at = 300;

	cast->mta->slow_from = start_of_samples() + 120 * NS_PER_S;
	cast->mta->slow_to = cast->mta->slow_from + how->slow_for;
	cast->mta->slow_times = how->slow_times;
	cast->mta->service = 26 * NS_PER_MS;
	for (unsigned i = 0; i < 143; i++) {
		struct plan plan = plan_at(sim, cast, i * 5 + i / 8, at);
		plan.ok_timer = 30 * NS_PER_S + chance_between(&sim->chance, 0, 12) * NS_PER_MS;
		plan.messages = 1;
		plan.message_size = 300;
		sim_connect(sim, &plan);
		bool busy = at >= 118000 && at < how->busy_until;
		at += busy ? chance_between(&sim->chance, how->gap_least, how->gap_most)
			   : chance_between(&sim->chance, 2600, 6800);
	}
	log_stray_at(sim, start_of_samples() + 61 * NS_PER_S + 400 * NS_PER_MS);
	log_stray_at(sim, start_of_samples() + how->stray);
	for (unsigned i = 0; i < 9; i++)
		log_other_at(sim, start_of_samples() + (time_ns)(17 + i * 29) * NS_PER_S + 90 * NS_PER_MS);
}

static void overloaded(struct sim *sim, struct cast *cast)
{
	overload(sim, cast,
		 &(struct overload){.slow_for = 200 * NS_PER_S,
				    .busy_until = 310000,
				    .slow_times = 240,
				    .gap_least = 2300,
				    .gap_most = 6200,
				    .stray = 247 * NS_PER_S + 700 * NS_PER_MS});
}

static void overload_burst(struct sim *sim, struct cast *cast)
{
	overload(sim, cast,
		 &(struct overload){.slow_for = 84 * NS_PER_S,
				    .busy_until = 197000,
				    .slow_times = 60,
				    .gap_least = 550,
				    .gap_most = 1100,
				    .stray = 171 * NS_PER_S + 700 * NS_PER_MS});
}

static void full_listen_queue(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 24000, 3900);
	for (unsigned i = 0; i < 2; i++) {
		struct plan plan = plan_at(sim, cast, i == 0 ? 0 : 5, 9000 + 6200 * (time_ns)i);
		plan.syn_policy = SYN_RESET;
		sim_connect(sim, &plan);
	}
	struct plan plan = plan_at(sim, cast, 3, 12100);
	plan.syn_policy = SYN_RESET;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 1, 18000);
	plan.syn_policy = SYN_RESET;
	plan.syn_policy_times = 2;
	sim_connect(sim, &plan);
}

static void nobody_listening(struct sim *sim, struct cast *cast)
{
	static const unsigned peers[] = {0, 3, 2, 1, 5};

	for (unsigned i = 0; i < 5; i++) {
		struct plan plan = plan_at(sim, cast, peers[i], 500 + 4100 * (time_ns)i);
		plan.syn_policy = SYN_RESET;
		sim_connect(sim, &plan);
	}
}

static void syn_unanswered(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 50000, 5200);
	struct plan plan = plan_at(sim, cast, 0, 6000);
	plan.syn_policy = SYN_DROP;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 1, 21000);
	plan.syn_policy = SYN_DROP;
	sim_connect(sim, &plan);
}

static void syn_lost(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 40000, 6100);
	struct plan plan = plan_at(sim, cast, 0, 6000);
	plan.drop[0] = (struct drop){.active = true, .what = DROP_SYN, .after_tap = true};
	sim_connect(sim, &plan);
}

static void icmp_unreachable(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 9000, 2900);
	for (unsigned i = 0; i < 2; i++) {
		struct plan plan = plan_at(sim, cast, i * 3, 4000 + 2500 * (time_ns)i);
		plan.server = cast->other;
		plan.syn_policy = SYN_UNREACHABLE;
		plan.icmp_code = 1;
		sim_connect(sim, &plan);
	}
}

static void handshake_unfinished(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 30000, 4700);
	struct plan plan = plan_at(sim, cast, 0, 5000);
	plan.way = WAY_VANISHES_SYN;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 3, 9000);
	plan.way = WAY_RESETS_SYNACK;
	sim_connect(sim, &plan);
}

static void lost(struct sim *sim, struct cast *cast, int what, bool to_client, bool after_tap, time_ns to_ms)
{
	company(sim, cast, 200, to_ms, 6200);
	struct plan plan = plan_at(sim, cast, 0, 5000);
	/* Shorter than what it takes the peer's TCP to give up on unacknowledged data. */
	plan.ok_timer = what == MARK_CR ? 15 * NS_PER_S : plan.ok_timer;
	plan.drop[0] = (struct drop){.active = true, .what = what, .to_client = to_client, .after_tap = after_tap};
	sim_connect(sim, &plan);
}

static void synack_lost(struct sim *sim, struct cast *cast)
{
	lost(sim, cast, DROP_SYNACK, true, true, 40000);
}

static void ok_lost(struct sim *sim, struct cast *cast)
{
	lost(sim, cast, MARK_CC, true, true, 50000);
}

static void ok_hole(struct sim *sim, struct cast *cast)
{
	lost(sim, cast, MARK_CC, true, false, 50000);
}

static void request_lost(struct sim *sim, struct cast *cast)
{
	lost(sim, cast, MARK_CR, false, true, 50000);
}

static void request_hole(struct sim *sim, struct cast *cast)
{
	lost(sim, cast, MARK_CR, false, false, 50000);
}

static void box_reset(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 15000, 2600);
	struct plan plan = plan_at(sim, cast, 0, 6000);
	plan.answer_after = 60 * NS_PER_MS;
	plan.box.active = plan.box.to_server = true;
	plan.box.place = CLIENT;
	plan.box.after = MARK_CR;
	plan.box.delay = 9 * NS_PER_MS;
	plan.box.quirks = QUIRK_TTL | QUIRK_ID;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 3, 9000);
	plan.answer_after = 70 * NS_PER_MS;
	plan.box.active = plan.box.to_server = true;
	plan.box.place = CLIENT;
	plan.box.after = MARK_CR;
	plan.box.delay = 9 * NS_PER_MS;
	plan.box.quirks = QUIRK_TTL;
	sim_connect(sim, &plan);
}

static void box_both(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 15000, 2600);
	struct plan plan = plan_at(sim, cast, 0, 6000);
	plan.answer_after = 60 * NS_PER_MS;
	plan.box.active = plan.box.to_server = plan.box.to_client = true;
	plan.box.place = NOBODY;
	plan.box.after = MARK_CR;
	plan.box.delay = 4 * NS_PER_MS;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 1, 9000);
	plan.bind_after = 80 * NS_PER_MS;
	plan.box.active = plan.box.to_server = plan.box.to_client = true;
	plan.box.place = NOBODY;
	plan.box.after = MARK_CONNECT;
	plan.box.delay = 4 * NS_PER_MS;
	sim_connect(sim, &plan);
}

static void never_asks(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 66000, 14000);
	struct plan plan = plan_at(sim, cast, 0, 3000);
	plan.way = WAY_NEVER_ASKS;
	plan.think = 8 * NS_PER_S;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 1, 5000);
	plan.way = WAY_NEVER_ASKS_STAYS;
	sim_connect(sim, &plan);
}

static void gives_up(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 16000, 3100);
	for (unsigned i = 0; i < 3; i++) {
		struct plan plan = plan_at(sim, cast, 5, 2500 + 4000 * (time_ns)i);
		plan.ok_timer = 40 * NS_PER_MS;
		plan.answer_after = 350 * NS_PER_MS;
		sim_connect(sim, &plan);
	}
}

static void late_ok(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 50000, 7300);
	for (unsigned i = 0; i < 3; i++) {
		struct plan plan = plan_at(sim, cast, i * 2, 4000 + 2300 * (time_ns)i);
		plan.answer_after = 33 * NS_PER_S + (time_ns)i * 700 * NS_PER_MS;
		plan.answers_closed = true;
		sim_connect(sim, &plan);
	}
}

static void refused_dr(struct sim *sim, struct cast *cast)
{
	static const uint8_t reasons[] = {1, 2, 3};

	company(sim, cast, 200, 12000, 3300);
	for (unsigned i = 0; i < 3; i++) {
		struct plan plan = plan_at(sim, cast, i, 1500 + 2800 * (time_ns)i);
		plan.answer = ANSWER_DR;
		plan.dr_reason = reasons[i];
		sim_connect(sim, &plan);
	}
}

/* One kind of reason alone: what the other kind looks like. */
static void dr_reason(struct sim *sim, struct cast *cast, uint8_t reason)
{
	company(sim, cast, 200, 6000, 3300);
	struct plan plan = plan_at(sim, cast, 0, 1500);
	plan.answer = ANSWER_DR;
	plan.dr_reason = reason;
	sim_connect(sim, &plan);
}

static void busy_not(struct sim *sim, struct cast *cast)
{
	dr_reason(sim, cast, 3);
}

static void refused_not(struct sim *sim, struct cast *cast)
{
	dr_reason(sim, cast, 1);
}

/* The MTA closes before the peer says anything. */
static void closed_at_accept(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 6000, 3300);
	struct plan plan = plan_at(sim, cast, 0, 1500);
	plan.way = WAY_NEVER_ASKS_STAYS;
	plan.idle_limit = 300 * NS_PER_MS;
	sim_connect(sim, &plan);
}

static void refused_session(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 9000, 3300);
	struct plan plan = plan_at(sim, cast, 1, 2500);
	plan.bind = BIND_REFUSE;
	plan.bind_reason = 1;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 0, 5500);
	plan.bind = BIND_REFUSE;
	plan.bind_reason = 129;
	sim_connect(sim, &plan);
}

static void refused_bind(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 9000, 3300);
	struct plan plan = plan_at(sim, cast, 1, 2500);
	plan.bind = BIND_ERROR;
	plan.bind_reason = 2;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 2, 5500);
	plan.bind = BIND_ERROR;
	plan.bind_reason = 0;
	sim_connect(sim, &plan);
}

static void closed_after_ok(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 12000, 3300);
	for (unsigned i = 0; i < 2; i++) {
		struct plan plan = plan_at(sim, cast, i == 0 ? 4 : 1, 2500 + 4000 * (time_ns)i);
		plan.way = WAY_CLOSES_AFTER_OK;
		plan.client_resets = i == 1;
		sim_connect(sim, &plan);
	}
	struct plan plan = plan_at(sim, cast, 0, 8100);
	plan.bind = BIND_CLOSE;
	plan.bind_after = 900 * NS_PER_MS;
	sim_connect(sim, &plan);
}

/*
 * Messages with checkpoints in both modes; of one of each mode the MTA answers no more checkpoints, so that the
 * sender's window closes and it gives up.
 */
static void cut_short(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 9000, 3300);
	for (unsigned i = 0; i < 4; i++) {
		struct plan plan = plan_at(sim, cast, i, 1500 + 1200 * (time_ns)i);
		plan.messages = 2;
		plan.message_size = 8000 + 500 * (size_t)i;
		plan.checkpoint = i % 2 == 0 ? 1024 : 2048;
		plan.window = 3;
		if (i >= 2) {
			plan.stalls_message = 2;
			plan.stalls_after = 1;
			plan.transfer_timer = 20 * NS_PER_S;
		}
		sim_connect(sim, &plan);
	}
}

static void mid_stream(struct sim *sim, struct cast *cast)
{
	struct plan plan = plan_at(sim, cast, 1, -4000);

	plan.messages = 3;
	plan.hold = 6 * NS_PER_S;
	sim_connect(sim, &plan);
	plan = plan_at(sim, cast, 0, -20000);
	plan.answer = ANSWER_NOTHING;
	sim_connect(sim, &plan);
	company(sim, cast, 500, 9000, 2700);
}

static void pending(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 500, 16000, 3700);
	struct plan plan = plan_at(sim, cast, 0, 9000);
	plan.answer = ANSWER_NOTHING;
	sim_connect(sim, &plan);
}

static void server_closes(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 40000, 6300);
	for (unsigned i = 0; i < 3; i++) {
		struct plan plan = plan_at(sim, cast, i * 3, 3000 + 7100 * (time_ns)i);
		plan.answer = ANSWER_CLOSE;
		plan.answer_after = i == 2 ? 12 * NS_PER_MS : 15 * NS_PER_S;
		plan.ok_timer = 60 * NS_PER_S;
		sim_connect(sim, &plan);
	}
}

static void syn_ladder(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 16000, 3700);
	struct plan plan = plan_at(sim, cast, 0, 3000);
	plan.syn_policy = SYN_DROP;
	plan.syn_policy_times = 1;
	sim_connect(sim, &plan);
}

/* ---- Faults that only the log tells, or that show beside the failures ---- */

#define DRIVER "(BASE IL TCP/IP DRVR(8) Proc 218)"
#define OTHERS "(BASE IL TCP/IP DRVR(8) Proc 256)"

static void event_at(struct sim *sim, time_ns ms, const char *header, const char *where, const char *first,
		     const char *second)
{
	struct log_words words = {.header = header, .where = where};

	snprintf(words.lines[0], sizeof words.lines[0], "%s", first);
	snprintf(words.lines[1], sizeof words.lines[1], "%s", second);
	log_words_at(sim, start_of_samples() + ms * NS_PER_MS, &words);
}

/* 9301 with the peer's address. */
static void caller_at(struct sim *sim, struct cast *cast, unsigned peer, time_ns ms)
{
	const uint8_t *ip = cast->peer[peer % PEERS].ip4.bytes;
	char line[96];

	snprintf(line, sizeof line, "Network address %02X%02X%02X%02X", ip[0], ip[1], ip[2], ip[3]);
	event_at(sim, ms, "message NMI9301: Interface Event, severity 10", DRIVER, line, "Gateway could not be found");
}

static void blocks_at(struct sim *sim, time_ns ms, unsigned network)
{
	char line[96];

	snprintf(line, sizeof line, "There are no free control blocks available for network type %u", network);
	event_at(sim, ms, "message NMI9156: Resource Monitoring Event, severity 10", OTHERS, line,
		 "The configured count is 20");
}

/* A few requests that the MTA answers too late, so that its log can be lined up with the capture. */
static void slow_answers(struct sim *sim, struct cast *cast, time_ns from_ms)
{
	static const unsigned after[] = {0, 1300, 5900, 8800, 16100};

	for (unsigned i = 0; i < sizeof after / sizeof after[0]; i++) {
		struct plan plan = plan_at(sim, cast, i * 2, from_ms + after[i]);
		plan.answer = ANSWER_NOTHING;
		plan.ok_timer = 20 * NS_PER_S;
		sim_connect(sim, &plan);
	}
}

/* The MTA knows no connector of VIENNA's address, and hangs up on it. */
static void caller_unknown(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 3; i++) {
		time_ns at = 50000 + 9100 * (time_ns)i;
		struct plan plan = plan_at(sim, cast, 5, at);
		plan.answer = ANSWER_CLOSE;
		plan.answer_after = 140 * NS_PER_MS;
		plan.unlogged = true;
		sim_connect(sim, &plan);
		caller_at(sim, cast, 5, at + 60);
		event_at(sim, at + 170, "message NMI9202: Internal Operating System Error, severity 12", OTHERS,
			 "Accept failed on CB 31", "Socket error 0");
	}
}

/* ZURICH is served, once the MTA has looked long for its name. RPC's control blocks are no concern of TCP's. */
static void slow_lookup(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 2; i++) {
		time_ns at = 51000 + 14700 * (time_ns)i;
		struct plan plan = plan_at(sim, cast, 6, at);
		plan.answer_after = 6 * NS_PER_S + (time_ns)i * 300 * NS_PER_MS;
		sim_connect(sim, &plan);
		caller_at(sim, cast, 6, at + 60);
	}
	blocks_at(sim, 13000, 5);
}

/* Two calls for a T-selector that the MTA lacks: one gets a DR, the other is hung up on. */
static void selector_mismatch(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 2; i++) {
		time_ns at = 52000 + 11300 * (time_ns)i;
		struct plan plan = plan_at(sim, cast, i + 1, at);
		plan.answer = i == 0 ? ANSWER_DR : ANSWER_CLOSE;
		plan.dr_reason = 3;
		plan.answer_after = 25 * NS_PER_MS;
		plan.unlogged = true;
		sim_connect(sim, &plan);
		event_at(sim, at + 90, "message NMI4293: X.400 Service Event, severity 12", "(POP4 POP4 UP(7) Proc 39)",
			 "Incoming Connection rejected due to an incorrect T-selector",
			 "Called T-Selector is: EXCHANGE");
	}
}

static void window_of(struct sim *sim, struct cast *cast, bool asked)
{
	company(sim, cast, 200, 9000, 3300);
	for (unsigned i = 0; i < 2; i++) {
		struct plan plan = plan_at(sim, cast, i, 2500 + 2900 * (time_ns)i);
		plan.way = WAY_BREAKS_OFF;
		plan.asks_no_window = !asked;
		plan.grants = asked ? 3 : 5;
		sim_connect(sim, &plan);
	}
}

static void window_too_large(struct sim *sim, struct cast *cast)
{
	window_of(sim, cast, false);
}

static void window_asked(struct sim *sim, struct cast *cast)
{
	window_of(sim, cast, true);
}

static void x410_refused(struct sim *sim, struct cast *cast, bool selectors)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 2; i++) {
		time_ns at = 52000 + 11300 * (time_ns)i;
		struct plan plan = plan_at(sim, cast, 2, at);
		plan.selectors = selectors;
		plan.bind = BIND_ERROR;
		plan.bind_reason = 2;
		sim_connect(sim, &plan);
		event_at(sim, at + 150, "message NMI0051: X.400 Service Event, severity 12",
			 "(MTA XFER-IN(17) Proc 43)", "An unknown MTA has attempted to bind", "The MTA name is MADRID");
	}
}

static void x410_selector(struct sim *sim, struct cast *cast)
{
	x410_refused(sim, cast, true);
}

static void x410_no_selector(struct sim *sim, struct cast *cast)
{
	x410_refused(sim, cast, false);
}

/* Peers come while no control block is free. Another MTA's RPC has its own trouble. */
static void control_blocks(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 3; i++)
		blocks_at(sim, 4000 + 5200 * (time_ns)i, 1);
	event_at(sim, 9000, "message NMI9318: Interface Event, severity 12", "(BASE INCOMING RPC(25) Proc 507)",
		 "An RPC communications error occurred", "NT error code: 1722");
}

/* The timers of the MTA fire at once, where zone is one of half an hour. */
static void timer_of_zone(struct sim *sim, struct cast *cast, int32_t zone_s)
{
	static const unsigned after[] = {0, 4300, 6100, 13700, 22400, 31500, 34100, 43800, 51700};

	sim->log.zone_s = zone_s;
	company(sim, cast, 200, 60000, 9900);
	for (unsigned i = 0; i < sizeof after / sizeof after[0]; i++) {
		struct plan plan = plan_at(sim, cast, i, 3000 + after[i]);
		plan.answer = ANSWER_CLOSE;
		plan.answer_after = 4 * NS_PER_MS;
		sim_connect(sim, &plan);
		event_at(sim, 3060 + after[i], "message NMI4282: X.400 Service Event, severity 14",
			 "(POP4 MAIN BASE(1) Proc 18)", "Interface protocol was violated", "Error code = 8453");
		event_at(sim, 3070 + after[i], "message NMI4284: X.400 Service Event, severity 14",
			 "(POP4 POP4 DOWN(4) Proc 179)", "Error during connection/disconnection", "Error code = 8511");
	}
}

static void half_hour_zone(struct sim *sim, struct cast *cast)
{
	timer_of_zone(sim, cast, 5 * 3600 + 1800);
}

static void whole_hour_zone(struct sim *sim, struct cast *cast)
{
	timer_of_zone(sim, cast, 5 * 3600);
}

static void poor_line(struct sim *sim, struct cast *cast)
{
	cast->mta->loss_ppm[0] = cast->mta->loss_ppm[1] = 90000;
	for (unsigned i = 0; i < 6; i++) {
		struct plan plan = plan_at(sim, cast, i, 500 + 2300 * (time_ns)i);
		plan.message_size = 6000;
		plan.chop[CLIENT] = 300;
		plan.bind_timer = plan.ok_timer = 0;
		sim_connect(sim, &plan);
	}
}

/* Associations end in order, one of them a recovery, and the peers' TCP closes with a RST. */
static void reset_after_end(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 2; i++) {
		time_ns at = 52000 + 11300 * (time_ns)i;
		struct plan plan = plan_at(sim, cast, i, at);
		plan.client_resets = true;
		plan.recovers = i == 1;
		sim_connect(sim, &plan);
		event_at(sim, at + 700, "message NMI9221: Internal Operating System Error, severity 12",
			 "(BASE IL TCP/IP ASYNC(11) Proc 262)", "WSARecvEx failed on CB 12", "Socket error 10054");
	}
}

/* The MTA sends and its peer reads no more: the window closes, and the MTA errs and resets. */
static void window_closed(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	struct plan plan = plan_at(sim, cast, 0, 50000);
	plan.client = cast->mta;
	plan.server = &cast->peer[2];
	plan.message_size = 9000;
	plan.checkpoint = 1024;
	plan.window = 3;
	plan.stalls_message = 1;
	plan.stalls_after = 1;
	plan.shuts_window = true;
	plan.transfer_timer = 12 * NS_PER_S;
	plan.client_resets = true;
	sim_connect(sim, &plan);
	event_at(sim, 51000, "message NMI4258: Interface Event, severity 8", "(POP4 POP4 UP(7) Proc 21)",
		 "Message sent at NSI: cb 1", "LPI 1-15-1 Message type NDATA request");
	event_at(sim, 62000, "message NMI2004: Internal Processing Error, severity 14", "(BASE TCP/IP DRVR(8) Proc 0)",
		 "Attempted to log an unknown event/error", "Product identifier 0, Event/error code 255");
	event_at(sim, 62300, "message NMI9221: Internal Operating System Error, severity 12",
		 "(BASE IL TCP/IP ASYNC(11) Proc 262)", "WSARecvEx failed on CB 1", "Socket error 10054");
}

/* A peer goes on with what was interrupted, and is gone again in its middle. */
static void recovery_dropped(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 9000, 3300);
	for (unsigned i = 0; i < 2; i++) {
		struct plan plan = plan_at(sim, cast, i, 2500 + 2900 * (time_ns)i);
		plan.recovers = true;
		plan.message_size = 6000;
		plan.checkpoint = 1024;
		plan.window = 3;
		plan.stalls_message = 1;
		plan.stalls_after = 2;
		plan.transfer_timer = 2 * NS_PER_S;
		plan.client_resets = true;
		sim_connect(sim, &plan);
	}
}

static void rpc(struct sim *sim, struct cast *cast)
{
	healthy(sim, cast);
	for (unsigned i = 0; i < 3; i++)
		event_at(sim, 2000 + 4100 * (time_ns)i, "message NMI9318: Interface Event, severity 12",
			 "(BASE INCOMING RPC(25) Proc 507)", "An RPC communications error occurred",
			 "NT error code: 1722");
}

/* Two associations stay open after their messages and nobody says a word; the MTA lets no more in. */
static void lost_turn(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 80000, 9300);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 2; i++) {
		struct plan plan = plan_at(sim, cast, 1, 4000 + 9100 * (time_ns)i);
		plan.hold = 3600 * NS_PER_S;
		sim_connect(sim, &plan);
	}
	for (unsigned i = 0; i < 3; i++)
		event_at(sim, 90000 + 120000 * (time_ns)i, "message NMI0057: X.400 Service Event, severity 12",
			 "(MTA XFER-IN(17) Proc 34)", "The limit on the number of associations has been reached",
			 "The limit is 9");
	struct plan last = plan_at(sim, cast, 4, 470000);
	sim_connect(sim, &last);
}

/* After its last 4283 the MTA answers nobody any more, and logs nothing. */
static void hang(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 38000, 6100);
	slow_answers(sim, cast, 3000);
	for (unsigned i = 0; i < 7; i++) {
		struct plan plan = plan_at(sim, cast, i, 43000 + 5700 * (time_ns)i);
		plan.answer = ANSWER_NOTHING;
		plan.unlogged = true;
		sim_connect(sim, &plan);
	}
}

static void request_ignored(struct sim *sim, struct cast *cast)
{
	company(sim, cast, 200, 50000, 6200);
	struct plan plan = plan_at(sim, cast, 0, 5000);
	plan.syn_policy = SYN_ACCEPT_QUEUE_FULL;
	plan.ok_timer = 15 * NS_PER_S;
	sim_connect(sim, &plan);
}

static const struct sample samples[] = {
    {"healthy", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 20, false, healthy},
    {"overloaded-mta", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 700, true, overloaded},
    {"overload-burst", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 700, true, overload_burst},
    {"full-listen-queue", FILE_PCAP_US, LINK_VLAN, TAP_SERVER, 4, 40, false, full_listen_queue},
    {"nobody-listening", FILE_PCAPNG, LINK_ETHERNET, TAP_MIDDLE, 4, 40, false, nobody_listening},
    {"syn-unanswered-server-tap", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 70, false, syn_unanswered},
    {"syn-unanswered-client-tap", FILE_PCAP_NS, LINK_SLL, TAP_CLIENT, 4, 60, false, syn_lost},
    {"syn-icmp-unreachable", FILE_PCAP_US, LINK_RAW, TAP_CLIENT, 4, 15, false, icmp_unreachable},
    {"handshake-unfinished", FILE_PCAP_BE, LINK_ETHERNET, TAP_SERVER, 4, 60, false, handshake_unfinished},
    {"synack-lost", FILE_PCAPNG_NS, LINK_ETHERNET, TAP_SERVER, 4, 60, false, synack_lost},
    {"ok-lost", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 6, 70, false, ok_lost},
    {"ok-hole", FILE_PCAP_US, LINK_ETHERNET, TAP_CLIENT, 4, 70, false, ok_hole},
    {"request-lost", FILE_PCAP_US, LINK_VLAN, TAP_CLIENT, 4, 70, false, request_lost},
    {"request-hole", FILE_PCAP_US, LINK_SLL, TAP_SERVER, 4, 70, false, request_hole},
    {"middlebox-reset", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 20, false, box_reset},
    {"middlebox-both-reset", FILE_PCAP_NS, LINK_ETHERNET, TAP_MIDDLE, 4, 20, false, box_both},
    {"peer-never-asks", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 80, false, never_asks},
    {"client-gives-up", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 20, false, gives_up},
    {"late-ok", FILE_PCAPNG, LINK_VLAN, TAP_SERVER, 4, 70, true, late_ok},
    {"refused-dr", FILE_PCAP_US, LINK_ETHERNET, TAP_MIDDLE, 6, 20, false, refused_dr},
    {"refused-session", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 15, false, refused_session},
    {"refused-bind", FILE_PCAP_US, LINK_RAW, TAP_CLIENT, 6, 15, false, refused_bind},
    {"closed-after-ok", FILE_PCAP_US, LINK_NULL, TAP_SERVER, 4, 20, false, closed_after_ok},
    {"cut-short", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 40, false, cut_short},
    {"mid-stream", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 30, false, mid_stream},
    {"pending", FILE_PCAPNG, LINK_RAW, TAP_MIDDLE, 4, 25, false, pending},
    {"server-closes", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 60, true, server_closes},
    {"syn-ladder", FILE_PCAP_BE, LINK_ETHERNET, TAP_MIDDLE, 4, 30, false, syn_ladder},
    {"busy-not", FILE_PCAP_US, LINK_ETHERNET, TAP_MIDDLE, 4, 12, false, busy_not},
    {"refused-not", FILE_PCAP_US, LINK_ETHERNET, TAP_MIDDLE, 4, 12, false, refused_not},
    {"closed-at-accept", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 12, false, closed_at_accept},
    {"caller-unknown", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 100, true, caller_unknown},
    {"slow-lookup", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 100, true, slow_lookup},
    {"selector-mismatch", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 90, true, selector_mismatch},
    {"window-too-large", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 15, false, window_too_large},
    {"window-asked", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 15, false, window_asked},
    {"x410-selector", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 90, true, x410_selector},
    {"x410-no-selector", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 90, true, x410_no_selector},
    {"control-blocks", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 90, true, control_blocks},
    {"half-hour-zone", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 75, true, half_hour_zone},
    {"whole-hour-zone", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 75, true, whole_hour_zone},
    {"poor-line", FILE_PCAP_US, LINK_ETHERNET, TAP_CLIENT, 4, 120, false, poor_line},
    {"reset-after-end", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 90, true, reset_after_end},
    {"recovery-dropped", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 15, false, recovery_dropped},
    {"window-closed", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 90, true, window_closed},
    {"rpc", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 20, true, rpc},
    {"lost-turn", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 480, true, lost_turn},
    {"hang", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 130, true, hang},
    {"request-ignored", FILE_PCAP_US, LINK_ETHERNET, TAP_SERVER, 4, 70, false, request_ignored},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static void log_of(struct sim *sim)
{
	sim->log = (struct log_plan){.active = true,
				     .with_4258 = true,
				     .zone_s = -5 * 3600,
				     .skew = 37 * NS_PER_S,
				     .lag_most = 2 * NS_PER_S,
				     .error_code = 8464};
}

static bool make(struct sim *sim, const struct sample *sample, const char *folder, const char *truths)
{
	char path[4096];
	struct cast cast;

	sim->chance = chance_from(319936);
	sim->tap = sample->tap;
	sim->samples_six = sample->family == 6;
	sim->from = start_of_samples();
	sim->now = sim->from - 30 * NS_PER_S;
	sim->to = sim->from + sample->seconds * NS_PER_S;
	snprintf(path, sizeof path, "%s/%s.%s", folder, sample->name,
		 sample->format >= FILE_PCAPNG ? "pcapng" : "pcap");
	if (!capfile_open(&sim->capfile, path, sample->format, sample->link))
		return false;
	hosts_of(sim, &cast);
	snprintf(path, sizeof path, "%s/%s.log", folder, sample->name);
	if (sample->log) {
		log_of(sim);
		log_begin(sim, fopen(path, "wb"));
	}
	sample->play(sim, &cast);
	sim_run(sim);
	bool good = capfile_close(&sim->capfile);
	if (sample->log)
		good = sim->log_file != NULL && fclose(sim->log_file) == 0 && good;
	if (truths == NULL)
		return good;
	snprintf(path, sizeof path, "%s/%s.truth.ndjson", truths, sample->name);
	return truth_write(sim, path) && good;
}

static int make_one(const struct sample *sample, const char *folder, const char *truths)
{
	struct sim *sim = memory_get_zeroed(1, sizeof *sim);
	bool good = make(sim, sample, folder, truths);

	sim_free(sim);
	free(sim);
	if (!good)
		fprintf(stderr, "mtascope-generate: %s/%s: cannot be written\n", folder, sample->name);
	return good ? 0 : 1;
}

int sample_command(const char *name, const char *folder, const char *truths)
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		if (strcmp(samples[i].name, name) == 0)
			return make_one(&samples[i], folder, truths);
	}
	fprintf(stderr, "mtascope-generate: %s: no such sample\n", name);
	return 2;
}

int samples_command(const char *folder, const char *truths)
{
	int result = 0;

	for (unsigned i = 0; i < SAMPLES; i++)
		result |= make_one(&samples[i], folder, truths);
	return result;
}
