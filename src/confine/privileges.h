/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_CONFINE_PRIVILEGES_H
#define MTASCOPE_CONFINE_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct identity {
	uid_t user;
	gid_t group;
};

/*
 * Who user is, a name or a number; NULL: who called sudo, or else nobody. Root is nobody to become. Returns false when
 * there is no such user. Asks the system's databases for a name, and only then.
 */
bool identity_find(const char *user, struct identity *identity);

/* One capability as a bit of a set, by the numbers of capabilities(7). */
#define CAPABILITY_READ    (UINT64_C(1) << 2)  /* CAP_DAC_READ_SEARCH */
#define CAPABILITY_PACKETS (UINT64_C(1) << 13) /* CAP_NET_RAW */

/*
 * Becomes identity with no other groups (NULL: stays who it is), and keeps of its capabilities those in kept. Returns 0
 * or an errno; then some privileges may be gone.
 */
int privileges_drop(const struct identity *identity, uint64_t kept);

/* Lets the program that this one becomes have the capabilities that a file gave this one; root's come by themselves. */
void privileges_hand_on(void);

#endif
