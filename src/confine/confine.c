/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/confine.h"

#include "confine/calls.h"
#include "confine/landlock.h"
#include "confine/privileges.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#ifdef MTASCOPE_SANITIZE
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

static enum confined fail(char *says, const char *what, const char *why)
{
	snprintf(says, CONFINE_SAYS, "%s: %s", what, why);
	return CONFINED_NOT;
}

static uint64_t kept_by(const struct confine_plan *plan)
{
	bool reads = plan->file_count > 0 || plan->more_file_count > 0 || plan->read_folder_count > 0;

	return (reads ? CAPABILITY_READ : 0) | (plan->interfaces ? CAPABILITY_PACKETS : 0);
}

/* Gives up users and capabilities, and asks whether what is left can do the work. */
static enum confined drop_privileges(const struct confine_plan *plan, char *says)
{
	bool leaves = plan->leaves_root && geteuid() == 0;
	struct identity identity;

	if (leaves && !identity_find(plan->user, &identity))
		return fail(says, plan->user, "there is no such user other than root; --user names another");
	int error = privileges_drop(leaves ? &identity : NULL, kept_by(plan));
	if (error != 0)
		return fail(says, "privileges cannot be given up", strerror(error));
	for (size_t i = 0; i < plan->write_folder_count; i++)
		if (access(plan->write_folders[i], W_OK | X_OK) != 0)
			return fail(says, plan->write_folders[i],
				    "the user that the program becomes cannot write there; give it to that user, or "
				    "name another with --user");
	return CONFINED;
}

static enum confined limit(const struct confine_plan *plan, int rules, char *says)
{
	bool landlock = rules >= 0 && landlock_obey(rules) == 0;
	bool calls = calls_limit(plan) == 0;

	if (landlock && calls)
		return CONFINED;
	snprintf(says, CONFINE_SAYS, "this kernel does not confine the program with %s%s%s", landlock ? "" : "Landlock",
		 landlock || calls ? "" : " and ", calls ? "" : "seccomp");
	return CONFINED_PARTLY;
}

/*
 * What the C library reads when it is first asked, which is too late then: /etc/localtime, and the character set of the
 * environment's locale, which stays known to it as long as somebody has it.
 */
static void load_late_files(void)
{
	static locale_t locale;

	tzset();
	if (locale == (locale_t)0)
		locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
}

enum confined confine(const struct confine_plan *plan, char *says)
{
	const char *missing;

	says[0] = '\0';
	load_late_files();
	/* The folders are looked up while that is allowed for sure. */
	int rules = landlock_rules(plan, &missing);
	if (missing != NULL)
		return fail(says, missing, "there is no such folder");
	enum confined result = drop_privileges(plan, says);
	if (result == CONFINED && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		snprintf(says, CONFINE_SAYS, "this kernel has no no_new_privs");
		result = CONFINED_PARTLY;
	} else if (result == CONFINED && sanitized) {
		snprintf(says, CONFINE_SAYS, "built with AddressSanitizer, the program keeps its system calls");
		result = CONFINED_PARTLY;
	} else if (result == CONFINED) {
		result = limit(plan, rules, says);
	}
	if (rules >= 0)
		close(rules);
	return result;
}
