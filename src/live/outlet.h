/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where warnings go: to a person, to syslog, to journald, into the records. */
#ifndef MTASCOPE_LIVE_OUTLET_H
#define MTASCOPE_LIVE_OUTLET_H

#include "live/warn.h"
#include "report/json.h"

/* A line of text to a stream: user is the FILE *. */
void outlet_person(void *user, const struct warning *warning);

/* syslog(3), facility daemon: user is not used. The log is opened at the first warning. */
void outlet_syslog(void *user, const struct warning *warning);

/*
 * systemd's journal by its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), with the fields
 * MTASCOPE_KIND and MTASCOPE_CONNECTION: user is a pointer to a socket from outlet_journal_open. A journal that does
 * not take the warning does without.
 */
void outlet_journal(void *user, const struct warning *warning);

/* A record (docs/records.md) beside the others: user is the struct json. */
void outlet_record(void *user, const struct warning *warning);

/* A socket to the journal at path (NULL: where systemd has it), or -1 with errno. */
int outlet_journal_open(const char *path);

#endif
