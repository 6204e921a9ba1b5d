/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random worlds: which hosts, where the tap, what goes wrong how often. Everything is drawn from the seed. */
#include "tests/generator/sim.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS_MAX = 64, MTAS_MAX = 3, SPECIAL = 2 };

struct world;

struct scenario {
	const char *name;
	void (*set)(struct sim *sim, struct world *world, struct plan *plan);
};

struct world {
	struct host *clients, *mtas, *nobody, *silent;
	unsigned client_count, mta_count;
	struct conn *last[CLIENTS_MAX];
	time_ns timers[CLIENTS_MAX];
	uint32_t weights[64];
	unsigned left;
	time_ns gap;
	unsigned burst;
	uint32_t burst_ppm, noise_ppm;
	int six; /* 0: IPv4, 1: IPv6, 2: both */
	uint32_t chop_ppm;
	long loss_ppm, reorder_ppm; /* negative: drawn */
	unsigned retries;           /* of a failed connection */
};

static time_ns between(struct sim *sim, time_ns low, time_ns high)
{
	return chance_between(&sim->chance, low, high);
}

static bool often(struct sim *sim, unsigned percent)
{
	return chance_ppm(&sim->chance, percent * 10000);
}

static void healthy(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	(void)world;
	(void)plan;
}

static void drop(struct plan *plan, int what, bool to_client, bool after_tap, unsigned times)
{
	struct drop *rule = &plan->drop[plan->drop[0].active ? 1 : 0];

	*rule =
	    (struct drop){.active = true, .to_client = to_client, .after_tap = after_tap, .what = what, .times = times};
}

/* Which side of the tap a loss on the long part of the path falls on. */
static bool loses_after(struct sim *sim, bool to_client)
{
	if (sim->tap == TAP_MIDDLE)
		return often(sim, 50);
	return (sim->tap == TAP_SERVER) == to_client;
}

static void syn_lost_once(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	unsigned times = (unsigned)between(sim, 1, 2);
	drop(plan, DROP_SYN, false, loses_after(sim, false), times);
}

static void synack_lost_once(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	drop(plan, DROP_SYNACK, true, loses_after(sim, true), 1);
}

static void synack_lost(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	drop(plan, DROP_SYNACK, true, loses_after(sim, true), 0);
}

static void queue_full(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->syn_policy = SYN_RESET;
	plan->syn_policy_times = often(sim, 30) ? (unsigned)between(sim, 1, 3) : 0;
}

static void nobody_listens(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	plan->server = world->nobody;
	plan->syn_policy = SYN_RESET;
}

static void silent_host(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	plan->server = world->silent;
	plan->syn_policy = SYN_DROP;
}

static void syn_dropped(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->syn_policy = SYN_DROP;
	plan->syn_policy_times = often(sim, 25) ? (unsigned)between(sim, 1, 2) : 0;
}

static void syn_lost(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	drop(plan, DROP_SYN, false, sim->tap != TAP_SERVER, sim->tap == TAP_SERVER ? 1 : 0);
}

static void unreachable(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	static const uint8_t codes[] = {0, 1, 13};

	/* Beside the server the tap sees nothing of the router's refusal. */
	if (sim->tap == TAP_SERVER) {
		plan->scenario = "healthy";
		return;
	}
	plan->syn_policy = SYN_UNREACHABLE;
	plan->icmp_code = plan->six ? (uint8_t)between(sim, 0, 1) * 3 : codes[between(sim, 0, 2)];
}

static void vanishes_syn(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	(void)world;
	plan->way = WAY_VANISHES_SYN;
}

static void scanner(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	(void)world;
	plan->way = WAY_RESETS_SYNACK;
}

static void never_asks(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->way = WAY_NEVER_ASKS;
	plan->think = between(sim, NS_PER_MS, 50 * NS_PER_S);
}

static void idle_closed(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	(void)world;
	plan->way = WAY_NEVER_ASKS_STAYS;
}

static void closed_at_once(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->answer = ANSWER_CLOSE_AT_ONCE;
	plan->think = between(sim, 20, 200) * NS_PER_MS;
}

static void no_answer(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	(void)world;
	plan->answer = ANSWER_NOTHING;
}

static void slow_answer(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->answer_after = plan->ok_timer + between(sim, 100 * NS_PER_MS, 20 * NS_PER_S);
	plan->answers_closed = often(sim, 60);
}

static void server_closes_unasked(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->answer = ANSWER_CLOSE;
	plan->answer_after = often(sim, 50) ? between(sim, 1, 80) * NS_PER_MS : between(sim, 1, 19) * NS_PER_S;
}

static void gives_up(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->ok_timer = between(sim, 5, 400) * NS_PER_MS;
	plan->answer_after = plan->ok_timer + between(sim, 1, 3000) * NS_PER_MS;
	plan->answers_closed = often(sim, 30);
}

static void request_lost(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	drop(plan, MARK_CR, false, loses_after(sim, false), 0);
	plan->idle_limit = often(sim, 50) ? 60 * NS_PER_S : 0;
}

static void request_lost_once(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	unsigned times = (unsigned)between(sim, 1, 2);
	drop(plan, MARK_CR, false, loses_after(sim, false), times);
}

static void ok_lost(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	drop(plan, MARK_CC, true, loses_after(sim, true), 0);
	plan->answer_after = between(sim, 10, 400) * NS_PER_MS;
}

static void vanishes_request(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->way = WAY_VANISHES_REQUEST;
	plan->vanish_after = between(sim, 10, 300) * NS_PER_MS;
	plan->answer_after = between(sim, 400, 5000) * NS_PER_MS;
}

static void refused_dr(struct sim *sim, struct world *world, struct plan *plan)
{
	static const uint8_t reasons[] = {0, 1, 2, 3, 128};

	(void)world;
	plan->answer = ANSWER_DR;
	plan->dr_reason = reasons[between(sim, 0, 4)];
}

static void refused_session(struct sim *sim, struct world *world, struct plan *plan)
{
	static const uint8_t reasons[] = {0, 1, 129, 130, 131, 134};

	(void)world;
	plan->bind = BIND_REFUSE;
	plan->bind_reason = reasons[between(sim, 0, 5)];
}

static void refused_bind(struct sim *sim, struct world *world, struct plan *plan)
{
	static const uint8_t errors[] = {0, 2, 3};

	(void)world;
	plan->bind = BIND_ERROR;
	plan->bind_reason = errors[between(sim, 0, 2)];
}

static void bind_aborted(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)sim;
	(void)world;
	plan->bind = BIND_ABORT;
}

static void bind_unanswered(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->bind = often(sim, 50) ? BIND_NOTHING : BIND_CLOSE;
	plan->bind_after = between(sim, 1, 2000) * NS_PER_MS;
}

static void bind_lost(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	if (often(sim, 50))
		drop(plan, MARK_CONNECT, false, loses_after(sim, false), 0);
	else
		drop(plan, MARK_ACCEPT, true, loses_after(sim, true), 0);
}

static void s7(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->s7 = true;
	plan->cc_reserved = 0;
	if (often(sim, 20))
		plan->bind = often(sim, 50) ? BIND_NOTHING : BIND_CLOSE;
}

static void closes_after_ok(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	plan->way = WAY_CLOSES_AFTER_OK;
	plan->client_resets = often(sim, 40);
}

static void accept_queue_full(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	/* Only these stacks take the handshake and then forget it. */
	if (plan->server->stack != &stacks[STACK_LINUX] && plan->server->stack != &stacks[STACK_LINUX24]) {
		plan->scenario = "healthy";
		return;
	}
	plan->syn_policy = SYN_ACCEPT_QUEUE_FULL;
	plan->syn_policy_times = often(sim, 40) ? (unsigned)between(sim, 1, 4) : 0;
}

static unsigned quirks_for(struct sim *sim, const struct plan *plan)
{
	unsigned possible[6], count = 0;
	bool global = plan->client->stack->ip_id != ID_RANDOM && plan->server->stack->ip_id != ID_RANDOM;

	possible[count++] = QUIRK_TTL;
	possible[count++] = QUIRK_SEQ;
	if (global && !plan->six) {
		possible[count++] = QUIRK_ID;
		possible[count++] = QUIRK_TTL | QUIRK_ID;
	}
	if (plan->client->stack->stamps && plan->server->stack->stamps)
		possible[count++] = QUIRK_STAMP;
	return possible[between(sim, 0, count - 1)];
}

static void middlebox(struct sim *sim, struct world *world, struct plan *plan)
{
	static const int stages[] = {MARK_CR, MARK_CC, MARK_CONNECT};
	int stage = stages[between(sim, 0, 2)];

	(void)world;
	plan->box.active = true;
	plan->box.after = stage;
	plan->box.delay = between(sim, 0, 3000) * NS_PER_US;
	plan->box.quirks = quirks_for(sim, plan);
	plan->answer_after = between(sim, 20, 60) * NS_PER_MS;
	plan->bind_after = between(sim, 20, 60) * NS_PER_MS;
	plan->box.place = sim->tap == TAP_SERVER ? CLIENT : sim->tap == TAP_CLIENT ? SERVER : NOBODY;
	if (often(sim, 30)) {
		plan->box.place = NOBODY;
		plan->box.to_client = plan->box.to_server = true;
		if (often(sim, 50))
			plan->box.quirks = 0; /* both at once give it away by themselves */
		return;
	}
	plan->box.to_client = plan->box.place == SERVER || (plan->box.place == NOBODY && often(sim, 50));
	plan->box.to_server = !plan->box.to_client;
}

static void middlebox_syn(struct sim *sim, struct world *world, struct plan *plan)
{
	(void)world;
	if (sim->tap == TAP_SERVER) {
		plan->scenario = "healthy";
		return;
	}
	plan->syn_policy = SYN_BOX_RESET;
	plan->box.active = true;
	plan->box.after = DROP_SYN;
	plan->box.to_client = true;
	plan->box.place = SERVER;
	plan->box.quirks = QUIRK_TTL | QUIRK_ID;
}

static const struct scenario scenarios[] = {
    {"healthy", healthy},
    {"syn-lost-once", syn_lost_once},
    {"synack-lost-once", synack_lost_once},
    {"synack-lost", synack_lost},
    {"full-listen-queue", queue_full},
    {"nobody-listening", nobody_listens},
    {"silent-host", silent_host},
    {"syn-dropped", syn_dropped},
    {"syn-lost", syn_lost},
    {"unreachable", unreachable},
    {"vanishes-syn", vanishes_syn},
    {"scanner", scanner},
    {"never-asks", never_asks},
    {"idle-closed", idle_closed},
    {"closed-at-once", closed_at_once},
    {"no-answer", no_answer},
    {"slow-answer", slow_answer},
    {"server-closes", server_closes_unasked},
    {"gives-up", gives_up},
    {"request-lost", request_lost},
    {"request-lost-once", request_lost_once},
    {"ok-lost", ok_lost},
    {"vanishes-request", vanishes_request},
    {"refused-dr", refused_dr},
    {"refused-session", refused_session},
    {"refused-bind", refused_bind},
    {"bind-aborted", bind_aborted},
    {"bind-unanswered", bind_unanswered},
    {"bind-lost", bind_lost},
    {"s7", s7},
    {"closes-after-ok", closes_after_ok},
    {"accept-queue-full", accept_queue_full},
    {"middlebox", middlebox},
    {"middlebox-syn", middlebox_syn},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static void set_ordinary(struct sim *sim, struct world *world, struct plan *plan)
{
	unsigned client = (unsigned)between(sim, 0, world->client_count - 1);

	/* One draw a statement: within an initializer or among arguments their order is the compiler's choice. */
	*plan = (struct plan){.scenario = "healthy",
			      .client = &world->clients[client],
			      .port = 102,
			      .bind_timer = 60 * NS_PER_S,
			      .answer_after = -1,
			      .idle_limit = 60 * NS_PER_S};
	plan->start = sim->now + between(sim, 0, 3 * NS_PER_MS);
	plan->server = &world->mtas[between(sim, 0, world->mta_count - 1)];
	plan->six = world->six == 1 || (world->six == 2 && often(sim, 50));
	plan->ok_timer = world->timers[client] + between(sim, 0, 90) * NS_PER_MS;
	plan->think = between(sim, 200, 6000) * NS_PER_US;
	plan->bind_after = between(sim, 1, 40) * NS_PER_MS;
	plan->answers_closed = often(sim, 40);
	plan->cc_reserved = often(sim, 30) ? 0x11 : 0;
	plan->mode = often(sim, 50) ? MODE_X410 : MODE_NORMAL;
	plan->messages = (unsigned)between(sim, 0, 3);
	plan->message_size = (size_t)between(sim, 200, 5000);
	plan->join = often(sim, 50);
	plan->hold = often(sim, 20) ? between(sim, 1, 20) * NS_PER_S : 0;
	plan->client_resets = often(sim, 10);
	if (chance_ppm(&sim->chance, world->chop_ppm))
		plan->chop[CLIENT] = (size_t)between(sim, 16, 536);
	if (chance_ppm(&sim->chance, world->chop_ppm))
		plan->chop[SERVER] = (size_t)between(sim, 16, 536);
	struct conn *last = world->last[client];
	bool over = last != NULL && last->end[CLIENT].state >= END_FINISHED && last->end[SERVER].state >= END_FINISHED;
	/* The same port again, soon after: another incarnation of the 4-tuple. */
	if (over && sim->now - last->view.last.time > 2 * NS_PER_S && often(sim, 15)) {
		plan->client_port = last->plan.client_port;
		plan->server = last->plan.server;
	}
}

/* A failed peer tries again some seconds later, and most often runs into the same. */
static void retry(struct sim *sim, const struct conn *conn)
{
	struct world *world = sim->scenario;
	struct plan plan;

	if (conn->plan.retries == 0)
		return;
	set_ordinary(sim, world, &plan);
	plan.client = conn->plan.client;
	plan.server = conn->plan.server;
	plan.six = conn->plan.six;
	plan.client_port = 0;
	plan.start = sim->now + between(sim, 1, 20) * NS_PER_S;
	plan.ok_timer = conn->plan.ok_timer;
	plan.retries = conn->plan.retries - 1;
	bool same = often(sim, 70);
	for (size_t i = 1; same && i < SCENARIOS; i++) {
		if (strcmp(scenarios[i].name, conn->plan.scenario) != 0)
			continue;
		plan.scenario = scenarios[i].name;
		scenarios[i].set(sim, world, &plan);
		break;
	}
	sim_connect(sim, &plan);
}

static void next_plan(struct sim *sim)
{
	struct world *world = sim->scenario;
	struct plan plan;

	set_ordinary(sim, world, &plan);
	size_t which = chance_weighted(&sim->chance, world->weights, SCENARIOS);
	plan.scenario = scenarios[which].name;
	scenarios[which].set(sim, world, &plan);
	plan.retries = world->retries;
	struct conn *conn = sim_connect(sim, &plan);
	world->last[plan.client - world->clients] = conn;
	if (chance_ppm(&sim->chance, world->noise_ppm))
		sim_noise(sim, plan.client, plan.server, sim->now);
	if (--world->left == 0)
		return;
	if (world->burst == 0 && chance_ppm(&sim->chance, world->burst_ppm))
		world->burst = (unsigned)between(sim, 3, 12);
	time_ns wait = chance_exponential(&sim->chance, world->gap);
	if (world->burst > 0) {
		world->burst--;
		wait = between(sim, 1, 60) * NS_PER_MS;
	}
	sim_at(sim, sim->now + wait, EVENT_START, NULL, 0, 0, 0);
}

static void name_host(struct host *host, const char *kind, unsigned number, unsigned subnet)
{
	char text[ADDRESS_TEXT_SIZE];

	snprintf(host->name, sizeof host->name, "%s-%u", kind, number);
	snprintf(text, sizeof text, "10.20.%u.%u", subnet, number);
	address_parse(text, &host->ip4);
	snprintf(text, sizeof text, "fd00:20::%u:%u", subnet, number);
	address_parse(text, &host->ip6);
}

/* near: on the tap's own segment. */
static void place_host(struct sim *sim, struct host *host, bool near)
{
	host->hops = near ? 0 : (unsigned)between(sim, 1, 18);
	host->latency = near ? between(sim, 20, 150) * NS_PER_US : between(sim, 300, 90000) * NS_PER_US;
	host->jitter = near ? 10000 : host->latency / between(sim, 10, 200);
	host->ip_id = (uint16_t)chance_bits(&sim->chance);
	host->stamp_start = (uint32_t)chance_bits(&sim->chance);
	host->next_port = (uint16_t)between(sim, 1030, 40000);
	host->stack = &stacks[between(sim, 0, stack_count - 1)];
}

static void build_hosts(struct sim *sim, struct world *world)
{
	static const uint8_t seconds[] = {21, 30, 30, 30, 45, 60, 60, 75, 120};

	sim->host_count = world->client_count + world->mta_count + SPECIAL;
	sim->hosts = memory_get_zeroed(sim->host_count, sizeof *sim->hosts);
	world->mtas = sim->hosts;
	world->nobody = world->mtas + world->mta_count;
	world->silent = world->nobody + 1;
	world->clients = world->silent + 1;
	for (unsigned i = 0; i < world->mta_count + SPECIAL; i++) {
		struct host *host = &world->mtas[i];
		name_host(host, "MTA", i + 1, 0);
		place_host(sim, host, sim->tap == TAP_SERVER);
		host->workers = (unsigned)between(sim, 1, 4);
		host->service = between(sim, 4, 60) * NS_PER_MS;
		host->logs = i == 0;
	}
	/* One stack for the MTAs of a site, mostly Windows: that is where these MTAs live. */
	for (unsigned i = 1; i < world->mta_count; i++)
		world->mtas[i].stack = world->mtas[0].stack;
	for (unsigned i = 0; i < world->client_count; i++) {
		name_host(&world->clients[i], "PEER", i + 10, 1);
		place_host(sim, &world->clients[i], sim->tap == TAP_CLIENT);
		world->timers[i] = seconds[between(sim, 0, 8)] * NS_PER_S;
	}
}

/* Loss on the far parts, in some runs; a busy time and a dead time of an MTA, in some. */
static void build_trouble(struct sim *sim, struct world *world, time_ns length)
{
	if (often(sim, 35)) {
		uint32_t loss = (uint32_t)between(sim, 500, 15000);
		for (size_t i = 0; i < sim->host_count; i++) {
			if (sim->hosts[i].hops > 0)
				sim->hosts[i].loss_ppm[0] = sim->hosts[i].loss_ppm[1] = loss;
		}
	}
	if (often(sim, 30))
		sim->reorder_ppm = (uint32_t)between(sim, 200, 10000);
	for (size_t i = 0; world->loss_ppm >= 0 && i < sim->host_count; i++) {
		if (sim->hosts[i].hops > 0)
			sim->hosts[i].loss_ppm[0] = sim->hosts[i].loss_ppm[1] = (uint32_t)world->loss_ppm;
	}
	if (world->reorder_ppm >= 0)
		sim->reorder_ppm = (uint32_t)world->reorder_ppm;
	struct host *mta = &world->mtas[0];
	if (often(sim, 50)) {
		mta->slow_from = sim->now + length / 3;
		mta->slow_to = mta->slow_from + length / 6;
		/* Slow enough for the queue to grow: some times what the workers can do. */
		time_ns load = world->gap * mta->workers * world->mta_count;
		mta->slow_times = load * between(sim, 12, 25) / 10 / mta->service + 1;
	}
	if (often(sim, 15)) {
		mta = &world->mtas[world->mta_count - 1];
		mta->dead_from = sim->now + length / 10 * 7;
		mta->dead_to = mta->dead_from + between(sim, 10, 90) * NS_PER_S;
	}
}

static void build_weights(struct sim *sim, struct world *world)
{
	world->weights[0] = (uint32_t)between(sim, 60, 900);
	for (unsigned i = 1; i < SCENARIOS; i++) {
		if (often(sim, 40))
			world->weights[i] = (uint32_t)between(sim, 2, 40);
	}
}

static void build_log(struct sim *sim)
{
	static const int8_t zones[] = {-8, -5, -5, 0, 1, 2, 9};
	struct log_plan *log = &sim->log;

	log->active = true;
	log->with_4258 = often(sim, 35);
	log->with_others = true;
	log->another_day = often(sim, 5);
	log->zone_s = zones[between(sim, 0, 6)] * 3600;
	log->skew = often(sim, 20) ? 0 : between(sim, -300000, 300000) * NS_PER_MS;
	log->drift_ppm = often(sim, 50) ? 0 : (int32_t)between(sim, -120, 120);
	log->lag_most = often(sim, 40) ? 0 : between(sim, 100, 4000) * NS_PER_MS;
	log->miss_ppm = often(sim, 40) ? 0 : (uint32_t)between(sim, 10000, 500000);
	log->strays = often(sim, 30) ? 0 : (unsigned)between(sim, 1, 50);
	log->between_most = often(sim, 60) ? 0 : between(sim, 1, 900) * NS_PER_MS;
	log->error_code = often(sim, 80) ? 8464 : 8465;
}

struct settings {
	uint64_t seed;
	unsigned scale;
	enum file_format format;
	enum link_kind link;
};

static int choice(const char *value, const char *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(value, names[i]) == 0)
			return i;
	}
	return -1;
}

static bool set_log_option(struct sim *sim, const char *key, long value)
{
	struct log_plan *log = &sim->log;

	if (strcmp(key, "log") == 0)
		log->active = value != 0;
	else if (strcmp(key, "strays") == 0)
		log->strays = (unsigned)value;
	else if (strcmp(key, "lag") == 0)
		log->lag_most = value * NS_PER_MS;
	else if (strcmp(key, "with4258") == 0)
		log->with_4258 = value != 0;
	else if (strcmp(key, "drift") == 0)
		log->drift_ppm = (int32_t)value;
	else if (strcmp(key, "zone") == 0)
		log->zone_s = (int32_t)value * 3600;
	else if (strcmp(key, "skew") == 0)
		log->skew = value * NS_PER_MS;
	else if (strcmp(key, "missed") == 0)
		log->miss_ppm = (uint32_t)value * 10000;
	else if (strcmp(key, "otherday") == 0)
		log->another_day = value != 0;
	else
		return false;
	return true;
}

static bool set_world_option(struct sim *sim, struct world *world, const char *key, const char *text, long value)
{
	if (strcmp(key, "clients") == 0)
		world->client_count = value < 1 ? 1 : value > CLIENTS_MAX ? CLIENTS_MAX : (unsigned)value;
	else if (strcmp(key, "mtas") == 0)
		world->mta_count = value < 1 ? 1 : value > MTAS_MAX ? MTAS_MAX : (unsigned)value;
	else if (strcmp(key, "gap") == 0)
		world->gap = value * NS_PER_MS;
	else if (strcmp(key, "dup") == 0)
		sim->duplicates = value != 0;
	else if (strcmp(key, "loss") == 0)
		world->loss_ppm = value;
	else if (strcmp(key, "reorder") == 0)
		world->reorder_ppm = value;
	else if (strcmp(key, "retries") == 0)
		world->retries = (unsigned)value;
	else if (strcmp(key, "gaps") == 0)
		sim->gap_ppm = (uint32_t)value;
	else if (strcmp(key, "snap") == 0)
		sim->capfile.snap = value < 64 ? 64 : (uint32_t)value;
	else if (strcmp(key, "bursts") == 0)
		world->burst_ppm = (uint32_t)value * 10000;
	else if (strcmp(key, "ip") == 0)
		world->six = value == 6 ? 1 : value == 4 ? 0 : 2;
	else if (strcmp(key, "healthy") == 0)
		world->weights[0] = (uint32_t)value;
	else if (strcmp(key, "only") == 0) {
		bool known = false;
		for (unsigned i = 0; i < SCENARIOS; i++) {
			bool same = strcmp(text, scenarios[i].name) == 0;
			world->weights[i] = same ? 300 : i == 0 ? 700 : 0;
			known = known || same;
		}
		return known;
	} else {
		return false;
	}
	return true;
}

static bool set_option(struct sim *sim, struct world *world, struct settings *settings, const char *option)
{
	char key[32];
	const char *equals = strchr(option, '=');
	int chosen;

	if (equals == NULL || (size_t)(equals - option) >= sizeof key)
		return false;
	memcpy(key, option, (size_t)(equals - option));
	key[equals - option] = '\0';
	const char *text = equals + 1;
	long value = strtol(text, NULL, 10);
	static const char *const taps[TAPS] = {"server", "client", "middle"};
	if (strcmp(key, "tap") == 0) {
		chosen = choice(text, taps, TAPS);
		sim->tap = (enum tap)(chosen < 0 ? 0 : chosen);
		return chosen >= 0;
	}
	if (strcmp(key, "format") == 0) {
		chosen = choice(text, file_format_names, FILE_FORMATS);
		settings->format = (enum file_format)(chosen < 0 ? 0 : chosen);
		return chosen >= 0;
	}
	if (strcmp(key, "link") == 0) {
		chosen = choice(text, link_kind_names, LINK_KINDS);
		settings->link = (enum link_kind)(chosen < 0 ? 0 : chosen);
		return chosen >= 0;
	}
	return set_log_option(sim, key, value) || set_world_option(sim, world, key, text, value);
}

static void draw(struct sim *sim, struct world *world, struct settings *settings)
{
	sim->chance = chance_from(settings->seed);
	sim->tap = (enum tap)between(sim, 0, TAPS - 1);
	settings->format = (enum file_format)between(sim, 0, FILE_FORMATS - 1);
	settings->link = (enum link_kind)between(sim, 0, LINK_KINDS - 1);
	world->client_count = (unsigned)between(sim, 5, 40);
	world->mta_count = (unsigned)between(sim, 1, MTAS_MAX);
	world->gap = between(sim, 80, 2500) * NS_PER_MS;
	world->burst_ppm = often(sim, 50) ? 0 : (uint32_t)between(sim, 5000, 40000);
	world->noise_ppm = (uint32_t)between(sim, 0, 300000);
	world->six = (int)chance_weighted(&sim->chance, (uint32_t[]){7, 2, 1}, 3);
	world->chop_ppm = often(sim, 50) ? 0 : (uint32_t)between(sim, 10000, 300000);
	world->loss_ppm = world->reorder_ppm = -1;
	world->retries = often(sim, 50) ? 0 : (unsigned)between(sim, 1, 3);
	build_weights(sim, world);
	build_log(sim);
}

/* Strays and unrelated events, all over the capture's time. */
static void sow_log(struct sim *sim, const struct world *world, unsigned scale)
{
	(void)world;
	unsigned strays = scale * sim->log.strays / 1000;

	for (unsigned i = 0; i < strays; i++)
		log_stray_at(sim, between(sim, sim->from, sim->to - NS_PER_S));
	for (unsigned i = 0; sim->log.with_others && i < scale / 20 + 3; i++)
		log_other_at(sim, between(sim, sim->from, sim->to - NS_PER_S));
}

static bool simulate(struct sim *sim, struct world *world, const struct settings *settings, const char *prefix)
{
	char path[4096];

	snprintf(path, sizeof path, "%s.%s", prefix, settings->format >= FILE_PCAPNG ? "pcapng" : "pcap");
	if (!capfile_open(&sim->capfile, path, settings->format, settings->link))
		return false;
	snprintf(path, sizeof path, "%s.log", prefix);
	FILE *log = sim->log.active ? fopen(path, "wb") : NULL;
	if (sim->log.active && log == NULL)
		return false;
	log_begin(sim, log);
	time_ns length = (time_ns)settings->scale * world->gap;
	sim->now = civil_seconds(2002, 2, 26, 13, 0, 0) * NS_PER_S + between(sim, 0, 8 * 3600) * NS_PER_S;
	/* The capture starts in the middle of things and ends there. */
	sim->from = sim->now + between(sim, 0, length / 20 < 30 * NS_PER_S ? length / 20 : 30 * NS_PER_S);
	sim->to = sim->now + length + between(sim, 1, 240) * NS_PER_S;
	world->left = settings->scale;
	build_hosts(sim, world);
	build_trouble(sim, world, length);
	if (log != NULL)
		sow_log(sim, world, settings->scale);
	sim->scenario = world;
	sim->next_plan = next_plan;
	sim->retry = retry;
	sim_at(sim, sim->now, EVENT_START, NULL, 0, 0, 0);
	sim_run(sim);
	bool good = capfile_close(&sim->capfile);
	if (log != NULL)
		good = fclose(log) == 0 && good;
	snprintf(path, sizeof path, "%s.truth.ndjson", prefix);
	return truth_write(sim, path) && good;
}

int run_command(int argc, char **argv)
{
	struct sim *sim = memory_get_zeroed(1, sizeof *sim);
	struct world *world = memory_get_zeroed(1, sizeof *world);
	struct settings settings = {0};

	if (argc < 3)
		return 2;
	settings.seed = strtoull(argv[0], NULL, 10);
	settings.scale = (unsigned)strtoul(argv[1], NULL, 10);
	if (settings.scale == 0)
		return 2;
	draw(sim, world, &settings);
	int result = 0;
	for (int i = 3; i < argc && result == 0; i++) {
		if (!set_option(sim, world, &settings, argv[i])) {
			fprintf(stderr, "mtascope-generate: %s: no such option\n", argv[i]);
			result = 2;
		}
	}
	if (result == 0 && !simulate(sim, world, &settings, argv[2])) {
		fprintf(stderr, "mtascope-generate: %s: cannot be written\n", argv[2]);
		result = 1;
	}
	sim_free(sim);
	free(sim);
	free(world);
	return result;
}
