/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_CONFINE_CALLS_H
#define MTASCOPE_CONFINE_CALLS_H

#include "confine/confine.h"

/*
 * From now on only the system calls that the plan needs are made, others fail with EPERM (seccomp). no_new_privs must
 * have been set. Returns 0 or an errno.
 */
int calls_limit(const struct confine_plan *plan);

#endif
