/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of one TCP connection attempt: the struct that leaves the timeline and that align, origin and report
 * read. The words are those of docs/records.md.
 */
#ifndef MTASCOPE_TIMELINE_CONNECTION_H
#define MTASCOPE_TIMELINE_CONNECTION_H

#include "base/address.h"
#include "base/moment.h"
#include "capture/segment.h"
#include "dissectors/bind.h"
#include "dissectors/cotp.h"
#include "dissectors/transfer.h"
#include "tcp/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum side { SIDE_NONE, SIDE_CLIENT, SIDE_SERVER, SIDE_MIDDLEBOX };

enum close_kind { CLOSE_NONE, CLOSE_FIN, CLOSE_RST, CLOSE_DR, CLOSE_ABORT, CLOSE_ICMP };

enum milestone {
	MILESTONE_SYN,
	MILESTONE_SYNACK,
	MILESTONE_ESTABLISHED,
	MILESTONE_REQUEST,
	MILESTONE_OK,
	MILESTONE_BIND_REQUEST,
	MILESTONE_BIND_RESULT,
	MILESTONE_FIRST_DATA,
	MILESTONE_CLOSE,
	MILESTONES
};

/* In the order of the table in docs/records.md: the first that fits is the outcome. */
enum outcome {
	OUTCOME_PARTIAL,
	OUTCOME_SYN_REFUSED,
	OUTCOME_SYN_UNANSWERED,
	OUTCOME_HANDSHAKE_UNFINISHED,
	OUTCOME_NO_REQUEST,
	OUTCOME_REFUSED,
	OUTCOME_LATE_OK,
	OUTCOME_OK_LOST,
	OUTCOME_NO_OK,
	OUTCOME_CLOSED_AFTER_OK,
	OUTCOME_PENDING,
	OUTCOME_OK,
	OUTCOMES
};

enum origin {
	ORIGIN_NONE, /* null: nothing failed, or it is not known to have */
	ORIGIN_SERVER_APPLICATION,
	ORIGIN_SERVER_TCP,
	ORIGIN_PATH_TO_SERVER,
	ORIGIN_PATH_TO_CLIENT,
	ORIGIN_CLIENT,
	ORIGIN_MIDDLEBOX,
	ORIGIN_UNDETERMINED,
	ORIGINS
};

/* Which answer counts as the OK response. */
enum ok_kind {
	OK_CC,      /* the COTP connection confirm */
	OK_SESSION, /* the session ACCEPT */
	OK_BIND     /* the accepted P1 bind */
};

/* The server's "no", by the innermost layer that said it. */
struct refused {
	bool set;
	struct refusal word;
	struct moment moment;
};

/* X.224 13.3: what the CR asked for, and the TPDU size that the CC granted. */
struct transport {
	bool set;
	uint8_t class_number;
	struct cotp_tsap calling, called;
	uint32_t tpdu_size; /* bytes; 0: not said */
};

/* How long one direction's stretch waited for its acknowledgement. */
struct delivery {
	bool set;
	uint32_t repeats;
	struct moment acked;
	struct moment first_repeat, last_repeat;
};

/* What the packets showed beside the milestones: the origin rules rest on it. */
struct facts {
	uint32_t syn_at_ms[SYN_TIMES]; /* SYN repeats after the first */
	uint8_t syn_attempts, synack_attempts, syns_after_synack, refusals, syns_after_refusal;
	struct moment last_syn, last_synack;
	enum direction close_side; /* the sender that the closing packet names */
	uint8_t close_forgery;     /* FORGERY_… */
	bool close_refuses;        /* it answered a SYN */
	bool close_has_ack;
	struct moment peer_close;
	struct moment confirm;              /* the CC, whatever counts as the OK */
	struct moment more;                 /* whatever the server sent after the OK, readable or not */
	struct moment foreign_answer;       /* the server's bytes proved to be no TPKT */
	struct moment first_dt[DIRECTIONS]; /* each side's first data TPDU */
	struct moment reset[DIRECTIONS];
	struct moment disowned[DIRECTIONS]; /* to the peer's FIN its host answers that it has no such connection */
	struct address icmp_from;
	uint8_t icmp_version, icmp_type, icmp_code;
	struct delivery request, ok, bind_request;
	struct delivery data;               /* of the client's first data TPDU */
	uint64_t cut[DIRECTIONS];           /* bytes that came, and were cut off by the snap length */
	uint64_t missing_acked[DIRECTIONS]; /* of the missing bytes: they reached the peer, the capture lacks them */
	uint32_t packets[DIRECTIONS];
	uint32_t payload_packets[DIRECTIONS];
	time_ns last_time[DIRECTIONS];
	bool window_shut[DIRECTIONS]; /* the last TCP window that the side offered, RSTs aside, is none at all */
	bool released;                /* an orderly release of the association: FINISH or DISCONNECT (X.225 7.3) */
	bool answer_never_seen;       /* nothing of the server's side is in the capture, though the client acts on it */
	bool foreign;                 /* the client's bytes are no TPKT */
	bool tpkt;                    /* at least one TPDU was understood */
	bool at_end;                  /* the captures end before it did */
	bool out_of_order;            /* its packets did not stand by time in the capture */
	bool given_up;                /* so they do as far as it was followed: there was no room for it */
	bool server_alive;     /* the server's host sent something, on this connection or another, after the SYN */
	time_ns watched_until; /* packet time at which it was finished */
};

/* One sentence's worth of evidence; evidence_format makes the sentence. */
struct evidence {
	const char *says; /* static; %s stands for value as a duration, where has_value */
	struct moment moment;
	bool has_value;
	int64_t value_us;
};

enum { EVIDENCE_MAX = 6, CONNECTION_NONE_US = -1 };

struct connection {
	uint32_t id; /* counts connections by their first packet */
	struct endpoint client, server;
	struct vlan_path vlan;
	struct moment first, last;
	uint64_t packets;
	struct moment milestones[MILESTONES];
	enum side close_by;
	enum close_kind close_how;
	int64_t wait_us; /* CONNECTION_NONE_US: it waited for nothing */
	uint32_t syn_attempts;
	uint32_t retransmissions[DIRECTIONS];
	uint64_t missing_bytes[DIRECTIONS];
	enum outcome outcome;
	bool early_close;
	struct refused refusal;
	struct refused aborted; /* why one side aborted the association, before or after it was open */
	enum side aborted_by;
	struct transport transport;
	struct association_details *association; /* owned by the connection; NULL: none was seen */
	struct transfers transfers;              /* what it carried; owned by the connection */
	const char *service;                     /* static; NULL: not told */
	struct {
		uint32_t id, attempt;
	} ladder;
	struct facts facts;

	/* Origin's. */
	enum origin origin;
	float confidence;
	const char *cause; /* the catalogue's name, static; NULL */
	struct evidence evidence[EVIDENCE_MAX];
	size_t evidence_count;
};

/* b minus a in whole microseconds (cut, not rounded), or CONNECTION_NONE_US when one was not seen or b is earlier. */
int64_t moment_span_us(const struct moment *a, const struct moment *b);

/* The words of the records for the enumerations above; NULL for SIDE_NONE, CLOSE_NONE and ORIGIN_NONE. */
const char *side_name(enum side side);
const char *close_kind_name(enum close_kind kind);
const char *milestone_name(enum milestone milestone);
const char *outcome_name(enum outcome outcome);
const char *origin_name(enum origin origin);

#endif
