/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_CONFINE_LANDLOCK_H
#define MTASCOPE_CONFINE_LANDLOCK_H

#include "confine/confine.h"

/*
 * A set of rules that lets files be opened as the plan says and no others, as a descriptor, which the caller closes; -1
 * where the kernel has no Landlock. The folders must be there: else -1 as well, and *missing tells which one is not.
 */
int landlock_rules(const struct confine_plan *plan, const char **missing);

/* From now on the rules hold. no_new_privs must have been set. Returns 0 or an errno. */
int landlock_obey(int rules);

#endif
