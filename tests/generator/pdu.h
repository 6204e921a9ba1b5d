/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol data units of an X.400 association over RFC 1006, each as the bytes that TCP gets, TPKT included. */
#ifndef GENERATOR_PDU_H
#define GENERATOR_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BYTES_MAX = 12288 };

struct bytes {
	size_t length;
	uint8_t data[BYTES_MAX];
};

enum association_mode { MODE_NORMAL, MODE_X410 };

/* What an association is opened with. */
struct bind_terms {
	enum association_mode mode;
	const char *name; /* the MTA's own */
	bool selectors;   /* session selectors also where the mode has none */
	bool recovers;    /* the association goes on with an interrupted one */
	bool no_window;   /* the request asks for none */
	unsigned window;  /* checkpoints; 0: what the mode's requests and answers usually say */
};

void bytes_add(struct bytes *out, const void *data, size_t length);

void pdu_cr(struct bytes *out, uint16_t reference, const char *calling, const char *called);
void pdu_cc(struct bytes *out, uint16_t reference, uint16_t own, uint8_t reserved, const char *calling,
	    const char *called);
void pdu_dr(struct bytes *out, uint16_t reference, uint8_t reason);

/* Session CONNECT and ACCEPT with the P1 bind inside. */
void pdu_connect(struct bytes *out, const struct bind_terms *terms);
void pdu_accept(struct bytes *out, const struct bind_terms *terms);

/* Session REFUSE with nothing but a reason, or with the P1 bind error (normal mode) or RTS refusal (X.410). */
void pdu_refuse(struct bytes *out, uint8_t reason);
void pdu_bind_error(struct bytes *out, enum association_mode mode, uint8_t error);

/* Session ABORT: the user's, or a provider's. */
void pdu_abort(struct bytes *out, bool user);

/* The activity that carries one message: its start with the message's first bytes, the message, its end and answer. */
void pdu_activity_start(struct bytes *out, uint32_t number);
void pdu_message(struct bytes *out, enum association_mode mode, uint32_t number, size_t size);
/* The same in parts: the octets that reliable transfer moves, a part of them, a checkpoint, and its acknowledgement. */
void pdu_apdu(struct bytes *out, enum association_mode mode, uint32_t number, size_t size);
void pdu_segment(struct bytes *out, enum association_mode mode, const uint8_t *octets, size_t length);
void pdu_checkpoint(struct bytes *out, unsigned serial);
void pdu_checkpoint_answer(struct bytes *out, unsigned serial);

void pdu_activity_end(struct bytes *out);
void pdu_activity_end_answer(struct bytes *out);

/* S7comm's Setup Communication and its answer. */
void pdu_s7(struct bytes *out, bool request);

/* Orderly release. */
void pdu_finish(struct bytes *out, enum association_mode mode);
void pdu_disconnect(struct bytes *out, enum association_mode mode);

#endif
