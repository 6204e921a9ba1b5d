/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets and events without the names of who sent them: what a verdict rests on is copied, and everything else is not.
 * The same name becomes the same pseudonym wherever it stands, for as long as the key is the same.
 */
#ifndef MTASCOPE_EVIDENCE_REDACT_H
#define MTASCOPE_EVIDENCE_REDACT_H

#include "analyze.h"
#include "base/address.h"
#include "evidence/excerpt.h"

/* Bytes of one direction of a connection that are looked through; of all; what is beyond becomes zeros. */
enum { REDACT_STREAM = 1 << 20, REDACT_STREAMS = 256 << 20 };

/* Names of MTAs and messages that become pseudonyms; what is beyond becomes zeros. */
enum { REDACT_NAMES = 1 << 16 };

struct redactor;

/* key of any length is copied; NULL: a random one, which nobody ever learns. */
struct redactor *redactor_new(const void *key, size_t length);
void redactor_free(struct redactor *redactor);

/*
 * Two addresses that agree in their first n bits have pseudonyms that agree in their first n bits, and no more (as
 * Crypto-PAn does it: Xu, Fan, Ammar and Moon, 2002). The second finds the address that has this pseudonym.
 */
void redact_address(const struct redactor *redactor, struct address *address);
void redact_address_back(const struct redactor *redactor, struct address *address);

/* A pseudonym in the place of each word of letters and digits, of the same length. */
void redact_name(const struct redactor *redactor, char *name, size_t length);

/*
 * An event's words, which the caller frees: the MTA's own vocabulary and small numbers as they are, addresses and all
 * other words as pseudonyms. user is the struct redactor.
 */
char *redact_words(void *user, const char *text);

/* For excerpt_options; valid as long as the redactor. */
const struct excerpt_change *redactor_change(struct redactor *redactor);

/* The options of an analysis of what was redacted: with the pseudonyms of its addresses, which are freed by the next.
 */
void redact_options(const struct redactor *redactor, struct analysis_options *options);
void redact_options_free(struct analysis_options *options);

#endif
