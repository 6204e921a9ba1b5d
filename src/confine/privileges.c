/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* nobody and nogroup, where the databases need not be asked: Debian Policy 9.2.2. */
enum { NOBODY = 65534 };

static bool parse_number(const char *text, uint32_t *number)
{
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	*number = (uint32_t)value;
	return errno == 0 && *end == '\0' && value < UINT32_MAX;
}

bool identity_find(const char *user, struct identity *identity)
{
	uint32_t number, group;

	if (user == NULL) {
		bool sudo = parse_number(getenv("SUDO_UID"), &number) && number != 0 &&
			    parse_number(getenv("SUDO_GID"), &group) && group != 0;
		*identity = sudo ? (struct identity){number, group} : (struct identity){NOBODY, NOBODY};
		return true;
	}
	const struct passwd *entry = parse_number(user, &number) ? getpwuid(number) : getpwnam(user);
	if (entry == NULL || entry->pw_uid == 0)
		return false;
	*identity = (struct identity){entry->pw_uid, entry->pw_gid};
	return true;
}

static int get_capabilities(uint64_t *permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data) != 0)
		return errno;
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static int set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
	    {.effective = (uint32_t)set, .permitted = (uint32_t)set},
	    {.effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32)}};

	return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}

/* No program run later could have them either; only who may (CAP_SETPCAP) can and need do that. */
static void forget_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

int privileges_drop(const struct identity *identity, uint64_t kept)
{
	uint64_t permitted = 0;
	int error = get_capabilities(&permitted);

	if (error != 0)
		return error;
	forget_bounding_set();
	if (identity != NULL) {
		/* What is kept must outlive the change. */
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		if (setgroups(0, NULL) != 0 || setresgid(identity->group, identity->group, identity->group) != 0 ||
		    setresuid(identity->user, identity->user, identity->user) != 0)
			return errno;
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	}
	return set_capabilities(permitted & kept);
}

void privileges_hand_on(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (geteuid() == 0 || syscall(SYS_capget, &header, data) != 0)
		return;
	for (unsigned word = 0; word < 2; word++)
		data[word].inheritable |= data[word].permitted;
	/* Where it may not, the other program says what it misses. */
	if (syscall(SYS_capset, &header, data) != 0)
		return;
	for (unsigned long capability = 0; capability < 64; capability++)
		if ((data[capability / 32].permitted >> capability % 32 & 1) != 0)
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}
