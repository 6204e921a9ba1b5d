/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network in which every packet really travels: sender, tap, receiver, with a latency and a loss on each side of the
 * tap. What the tap saw is written to the capture; what the hosts did is known as well, and so is where a failure
 * comes from.
 */
#ifndef GENERATOR_SIM_H
#define GENERATOR_SIM_H

#include "tests/generator/capfile.h"
#include "tests/generator/pdu.h"
#include "tests/generator/random.h"

enum tap { TAP_SERVER, TAP_CLIENT, TAP_MIDDLE, TAPS };
enum side { CLIENT, SERVER, MIDDLEBOX, NOBODY };
enum ip_id_kind { ID_GLOBAL, ID_SWAPPED, ID_CONNECTION, ID_ZERO, ID_RANDOM };

/* What tells one TCP/IP implementation from another. Times are in milliseconds, lists end with 0. */
struct stack {
	const char *name;
	uint8_t ttl;
	enum ip_id_kind ip_id;
	bool stamps, sack;
	uint8_t scale; /* 255: none */
	uint16_t window;
	uint32_t syn_at[8]; /* repeats of the SYN, after the first */
	uint32_t syn_fails; /* when connect() fails */
	unsigned refused_again;
	uint32_t refused_gap;
	uint32_t synack_first; /* then doubling */
	unsigned synack_times;
	uint32_t rto_least;
	unsigned rto_times;
	uint32_t delayed_ack;
};

struct host {
	char name[24];
	struct address ip4, ip6;
	const struct stack *stack;
	unsigned hops;           /* to the tap */
	time_ns latency, jitter; /* to the tap, one way */
	uint32_t loss_ppm[2];    /* to the tap, from the tap */
	uint16_t ip_id;
	uint32_t stamp_start;
	uint16_t next_port;
	/* An MTA's queue: its workers' next free moments, and what one answer costs. */
	time_ns worker_free[8];
	unsigned workers;
	time_ns service;
	time_ns slow_from, slow_to; /* in between an answer costs slow_times as much */
	int64_t slow_times;
	time_ns dead_from, dead_to; /* no link in between */
	uint32_t cb_used[512];      /* connection id + 1 by control block */
	unsigned cb_last;
	bool logs;
};

enum mark {
	MARK_CR,
	MARK_CC,
	MARK_DR,
	MARK_CONNECT,
	MARK_ACCEPT,
	MARK_REFUSE,
	MARK_ABORT,
	MARK_DATA_STARTS,
	MARK_MESSAGE,
	MARK_CHECKPOINT,
	MARK_CHECKPOINT_ANSWER,
	MARK_DATA,
	MARK_DATA_ANSWER,
	MARK_S7_REQUEST,
	MARK_S7_ANSWER,
	MARK_FINISH,
	MARK_DISCONNECT,
	MARKS
};

/* Where in a side's bytes a PDU ends; offset 1 is the first byte after the SYN. */
struct boundary {
	uint64_t end;
	enum mark mark;
};

struct range {
	uint64_t start, end;
};

enum { RANGES = 24 };

/* Bytes that arrived somewhere: all below prefix, and some islands. */
struct coverage {
	uint64_t prefix;
	struct range island[RANGES];
	unsigned islands;
};

enum end_state { END_IDLE, END_SYN_SENT, END_SYN_RECEIVED, END_OPEN, END_FINISHED, END_GONE };

/* One host's end of a connection. */
struct tcp_end {
	enum end_state state;
	uint32_t iss;
	uint8_t *out;
	size_t out_length, out_capacity;
	struct boundary *boundary;
	size_t boundaries, boundary_capacity;
	uint64_t acked, next; /* offsets: 0 is the SYN */
	bool fin_wanted, fin_sent, fin_acked, fin_arrived, closed_by_application;
	uint64_t fin_offset_arrived;
	struct coverage arrived;
	size_t next_boundary; /* of the peer's, not yet told to the application */
	unsigned tries;
	time_ns rto;
	uint32_t rto_round, ack_round, application_round;
	bool ack_owed;
	uint16_t ip_id;
	uint32_t peer_stamp;
	unsigned syns;
	unsigned refusals;
};

enum syn_policy { SYN_ACCEPT, SYN_RESET, SYN_DROP, SYN_UNREACHABLE, SYN_ACCEPT_QUEUE_FULL, SYN_BOX_RESET };
enum client_way {
	WAY_NORMAL,
	WAY_NEVER_ASKS,       /* connects, waits, closes */
	WAY_NEVER_ASKS_STAYS, /* connects and waits for ever */
	WAY_CLOSES_AFTER_OK,  /* dislikes the OK */
	WAY_VANISHES_SYN,     /* sends a SYN and is gone */
	WAY_RESETS_SYNACK,    /* a scanner */
	WAY_VANISHES_REQUEST, /* is gone once it has asked */
	WAY_BREAKS_OFF,       /* aborts as soon as the bind is accepted */
};
enum answer { ANSWER_YES, ANSWER_NOTHING, ANSWER_DR, ANSWER_CLOSE, ANSWER_CLOSE_AT_ONCE };
enum bind_answer { BIND_YES, BIND_NOTHING, BIND_REFUSE, BIND_ERROR, BIND_ABORT, BIND_CLOSE };
enum quirk { QUIRK_TTL = 1, QUIRK_ID = 2, QUIRK_SEQ = 4, QUIRK_STAMP = 8 };

/* Packets that the path swallows. */
struct drop {
	bool active;
	bool to_client;
	bool after_tap; /* the tap still sees them */
	int what;       /* an enum mark, or one of the below */
	unsigned times; /* 0: always */
};
enum { DROP_SYN = MARKS, DROP_SYNACK, DROP_HANDSHAKE_ACK, DROP_EVERYTHING, DROP_AFTER_HANDSHAKE };

/* What one connection is meant to do. */
struct plan {
	const char *scenario;
	time_ns start;
	struct host *client, *server;
	uint16_t port, client_port; /* client_port 0: the next */
	bool six;
	enum syn_policy syn_policy;
	unsigned syn_policy_times; /* then SYNs are accepted; 0: never */
	uint8_t icmp_code;
	enum client_way way;
	time_ns connect_timer, ok_timer, bind_timer; /* 0: the stack's, or for ever */
	time_ns think, vanish_after;
	bool client_resets; /* closes with RST */
	enum answer answer;
	time_ns answer_after; /* negative: as the queue has it */
	uint8_t dr_reason, cc_reserved;
	bool answers_closed; /* the MTA does not notice that the client left, and answers */
	enum bind_answer bind;
	time_ns bind_after;
	uint8_t bind_reason;
	time_ns idle_limit; /* the MTA closes when nobody asks */
	bool server_resets;
	struct drop drop[2];
	struct {
		bool active, to_client, to_server;
		int after; /* enum mark seen by the receiver's TCP, or DROP_SYN */
		time_ns delay;
		unsigned quirks;
		enum side place; /* CLIENT: between client and tap; SERVER; NOBODY: at the tap */
	} box;
	bool s7; /* another service on port 102, one that has no bind */
	enum association_mode mode;
	unsigned retries;
	unsigned messages;
	size_t message_size;
	size_t checkpoint;       /* bytes between checkpoints; 0: there are none */
	unsigned window;         /* checkpoints that may be unanswered */
	unsigned stalls_message; /* of this one, from 1, the MTA answers no checkpoint after stalls_after; 0: of none */
	unsigned stalls_after;
	bool shuts_window;      /* and from then on its TCP offers no window */
	bool selectors;         /* the CONNECT has session selectors, whatever the mode */
	bool recovers;          /* the association goes on with an interrupted one */
	bool asks_no_window;    /* the bind leaves the window out */
	unsigned grants;        /* the window of the answer; 0: the usual one */
	bool unlogged;          /* the MTA logs nothing of its end */
	time_ns transfer_timer; /* how long the client bears it */
	size_t chop[2];         /* largest segment; 0: the MSS */
	bool join;              /* several PDUs in one write */
	time_ns hold;           /* how long the association idles before its release */
};

struct seen {
	time_ns time;
	uint64_t frame; /* 0: never */
};

enum outcome {
	OUT_NONE,
	OUT_PARTIAL,
	OUT_SYN_REFUSED,
	OUT_SYN_UNANSWERED,
	OUT_HANDSHAKE_UNFINISHED,
	OUT_NO_REQUEST,
	OUT_REFUSED,
	OUT_LATE_OK,
	OUT_OK_LOST,
	OUT_NO_OK,
	OUT_CLOSED_AFTER_OK,
	OUT_PENDING,
	OUT_OK,
	OUTS
};

enum close_how { HOW_NONE, HOW_FIN, HOW_RST, HOW_DR, HOW_ABORT, HOW_ICMP };

/* What the tap saw of one connection. */
struct view {
	struct seen first, last, syn, synack, established, request, ok, bind_request, bind_result, data, close;
	struct seen settled; /* the bind's result or, without a bind, the first thing after the OK */
	struct seen first_refusal, last_refusal, refused;
	struct seen spoke[2]; /* the last of each side's packets, resets aside */
	uint64_t frames;
	bool start_missing, ok_acked, ok_again, seen_injected[2];
	bool request_acked;
	enum side by;
	enum close_how how;
	unsigned syns, synacks, refusals;
	struct coverage bytes[2];
	uint64_t highest[2]; /* one past the highest offset seen */
	size_t next_boundary[2];
};

/* What the hosts did, whatever the tap saw. */
struct facts {
	time_ns cr_sent, cr_arrived, ok_sent, ok_arrived, bind_sent, bind_arrived, result_sent, result_arrived;
	time_ns syn_arrived, synack_arrived, handshake_arrived;
	time_ns first_close;
	enum side closer; /* whose decision it was */
	bool by_timer, by_kernel, box_fired, client_gone;
};

struct conn {
	uint32_t id;
	struct plan plan;
	struct tcp_end end[2];
	struct view view;
	struct view whole; /* had the tap missed nothing; its frame numbers mean nothing */
	unsigned missed;
	struct facts facts;
	time_ns last_tap[2], last_arrival[2];
	struct endpoint address[2];
	unsigned stage; /* the client's */
	unsigned message;
	size_t carried;                     /* bytes of the message in hand */
	unsigned points, answered, stopped; /* its checkpoints: sent, answered as the client knows, and by the MTA */
	int cb;
	bool shut;          /* the server's TCP offers no window any more */
	bool closed_in_log; /* its incident is not written yet: the control block stays taken */
	bool logged;
	uint16_t reference;
	bool freed;
};

/* A packet on its way. */
struct packet {
	struct segment segment;
	struct conn *conn; /* NULL: noise */
	bool to_client, lost_after, injected;
	uint64_t offset; /* the sender's, of the first payload byte (or of SYN or FIN) */
	uint64_t acknowledges;
	size_t length;
	uint8_t payload[];
};

enum event_kind {
	EVENT_START,
	EVENT_TAP,
	EVENT_ARRIVE,
	EVENT_RTO,
	EVENT_ACK,
	EVENT_CLIENT,
	EVENT_SERVER,
	EVENT_BOX,
	EVENT_LOG,
	EVENT_NOISE
};

struct happening {
	time_ns time;
	uint64_t order;
	enum event_kind kind;
	int code;
	uint32_t round;
	uint32_t side;
	void *thing;
};

struct incident_truth {
	uint32_t connection; /* id + 1; 0: a stray */
	int cb;
	time_ns event_time; /* real time at which it was logged */
	time_ns close;
	int64_t t_local;
	unsigned line;
};

struct log_plan {
	bool active, with_4258, with_others, another_day;
	int32_t zone_s;
	time_ns skew;
	int32_t drift_ppm;
	time_ns lag_most, between_most; /* close to events; 4258 to its 4283 */
	uint32_t miss_ppm;              /* closes that make no incident */
	unsigned strays;
	int error_code;
};

/* An event of the MTA's that tells of no incident, ready to be written. */
struct log_words {
	const char *header, *where;
	char lines[3][96]; /* empty ones are left out */
};

enum { WORDS_MOST = 32 };

struct sim {
	struct chance chance;
	time_ns now;
	struct happening *heap;
	size_t heap_count, heap_capacity;
	uint64_t order;
	enum tap tap;
	time_ns from, to; /* the capture's */
	struct capfile capfile;
	uint64_t first_frame_time;
	time_ns capture_first, capture_last;
	struct host *hosts;
	size_t host_count;
	struct conn **conns;
	size_t conn_count, conn_capacity;
	uint32_t reorder_ppm;
	uint32_t gap_ppm; /* packets that the tap misses, though they pass */
	bool samples_six;
	bool duplicates; /* the mirror port copies each packet twice */
	struct log_plan log;
	FILE *log_file;
	unsigned log_line;
	struct log_words words[WORDS_MOST];
	unsigned word_count;
	struct incident_truth *incidents;
	size_t incident_count, incident_capacity;
	void (*next_plan)(struct sim *sim);                      /* on EVENT_START without a connection */
	void (*retry)(struct sim *sim, const struct conn *conn); /* when the client failed; may be NULL */
	void *scenario;
};

/* sim.c: time and travel */
void sim_at(struct sim *sim, time_ns time, enum event_kind kind, void *thing, int code, uint32_t side, uint32_t round);
void sim_send(struct sim *sim, struct packet *packet);
struct conn *sim_connect(struct sim *sim, const struct plan *plan);
void sim_noise(struct sim *sim, struct host *a, struct host *b, time_ns at);
void sim_run(struct sim *sim);
void sim_free(struct sim *sim);
struct packet *sim_packet(struct conn *conn, bool to_client, size_t length);
bool host_dead(const struct host *host, time_ns now);
bool coverage_add(struct coverage *coverage, uint64_t start, uint64_t end);

/* tcp.c */
void tcp_connect(struct sim *sim, struct conn *conn);
void tcp_write(struct sim *sim, struct conn *conn, enum side side, const struct bytes *bytes, enum mark mark);
void tcp_push(struct sim *sim, struct conn *conn, enum side side);
void tcp_close(struct sim *sim, struct conn *conn, enum side side, bool reset);
void tcp_arrive(struct sim *sim, struct packet *packet);
void tcp_timer(struct sim *sim, const struct happening *event);
void tcp_ack_timer(struct sim *sim, const struct happening *event);
void tcp_forget(struct conn *conn, enum side side);

/* app.c: told by tcp.c */
void app_established(struct sim *sim, struct conn *conn, enum side side);
void app_got(struct sim *sim, struct conn *conn, enum side side, enum mark mark);
void app_peer_closed(struct sim *sim, struct conn *conn, enum side side, bool reset);
void app_failed(struct sim *sim, struct conn *conn, enum side side);
void app_client_event(struct sim *sim, const struct happening *event);
void app_server_event(struct sim *sim, const struct happening *event);
void app_connecting(struct sim *sim, struct conn *conn);

/* box.c */
void box_trigger(struct sim *sim, struct conn *conn, int after);
void box_event(struct sim *sim, const struct happening *event);

/* view.c */
void view_packet(struct sim *sim, struct view *view, const struct packet *packet);
enum outcome view_outcome(const struct view *view);

/* truth.c */
bool truth_write(struct sim *sim, const char *path);

/* mtalog.c */
void log_begin(struct sim *sim, FILE *file);
void log_close_request(struct sim *sim, struct conn *conn);
void log_event(struct sim *sim, const struct happening *event);
void log_stray_at(struct sim *sim, time_ns time);
void log_other_at(struct sim *sim, time_ns time);
void log_words_at(struct sim *sim, time_ns time, const struct log_words *words);

/* stacks.c */
extern const struct stack stacks[];
extern const unsigned stack_count;
enum { STACK_NT4, STACK_NT4_THREE, STACK_WIN2K, STACK_LINUX24, STACK_LINUX, STACK_BSD, STACK_SOLARIS };

/* run.c, samples.c */
int run_command(int argc, char **argv);
int sample_command(const char *name, const char *folder, const char *truths);
int samples_command(const char *folder, const char *truths);

#endif
