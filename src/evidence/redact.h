/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets and events without the names of who sent them: what a verdict rests on is copied, and everything else is not.
 * The same name becomes the same pseudonym wherever it stands, for as long as the key is the same.
 */
#ifndef MTASCOPE_EVIDENCE_REDACT_H
#define MTASCOPE_EVIDENCE_REDACT_H

#include "analyze.h"
#include "base/address.h"
#include "capture/decode.h"

struct redactor;

/* key of any length is copied; NULL: a random one, which nobody ever learns. */
struct redactor *redactor_new(const void *key, size_t length);
void redactor_free(struct redactor *redactor);

/* Two addresses that agree in their first n bits have pseudonyms that agree in their first n bits, and no more. */
void redact_address(const struct redactor *redactor, struct address *address);

/* The address that has this pseudonym. */
void redact_address_back(const struct redactor *redactor, struct address *address);

/* For excerpt_options.change. user is the struct redactor. */
void redact_packet(void *user, struct packet *packet, const struct decode *parsed);

/* For event_table_write. user is the struct redactor. */
void redact_words(void *user, char *text);

/* The options of an analysis of what was redacted: with the pseudonyms of its addresses, which are freed by the next.
 */
void redact_options(const struct redactor *redactor, struct analysis_options *options);
void redact_options_free(struct analysis_options *options);

#endif
