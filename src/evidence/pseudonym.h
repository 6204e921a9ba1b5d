/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One secret key, and what it makes of names: HMAC-SHA-256 (RFC 2104) as the pseudorandom function. */
#ifndef MTASCOPE_EVIDENCE_PSEUDONYM_H
#define MTASCOPE_EVIDENCE_PSEUDONYM_H

#include "base/address.h"

#include <stddef.h>

struct pseudonyms;

struct pseudonyms *pseudonyms_new(const void *key, size_t length);
void pseudonyms_free(struct pseudonyms *pseudonyms);

void pseudonym_address(struct pseudonyms *pseudonyms, struct address *address);
void pseudonym_address_back(struct pseudonyms *pseudonyms, struct address *address);

/* Of an Ethernet address: the group bit is kept, and the one that says that it was assigned locally is set. */
void pseudonym_mac(struct pseudonyms *pseudonyms, uint8_t mac[6]);

/* Each word of letters and digits: no letter stays what it was, but a letter, and no digit; what case it has stays. */
void pseudonym_words(struct pseudonyms *pseudonyms, char *text, size_t length);

/* Bytes of any kind: as words where all are printable, else any. */
void pseudonym_bytes(struct pseudonyms *pseudonyms, uint8_t *bytes, size_t length);

#endif
