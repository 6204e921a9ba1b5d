/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* landlock(7). The kernel's header may be older than the kernel: what it may lack has names of its own here. */
enum {
	ACCESS_WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE,
	ACCESS_READ = LANDLOCK_ACCESS_FS_READ_FILE,
	ACCESS_LIST = LANDLOCK_ACCESS_FS_READ_DIR,
	ACCESS_REMOVE = LANDLOCK_ACCESS_FS_REMOVE_FILE,
	ACCESS_MAKE = LANDLOCK_ACCESS_FS_MAKE_REG,
	ACCESS_TRUNCATE = 1 << 14,
	TCP_BIND_CONNECT = 3,
	SCOPE_SOCKETS_SIGNALS = 3
};

struct ruleset {
	uint64_t files, network, scopes;
};

/* Everything that a version of the interface can forbid; what an older kernel does not know it would refuse. */
static struct ruleset all_of(long version)
{
	static const unsigned file_rights[] = {13, 14, 15, 15, 16};
	enum { KNOWN = sizeof file_rights / sizeof file_rights[0] };
	size_t known = version > KNOWN ? KNOWN : (size_t)version;

	return (struct ruleset){.files = (UINT64_C(1) << file_rights[known - 1]) - 1,
				.network = version >= 4 ? TCP_BIND_CONNECT : 0,
				.scopes = version >= 6 ? SCOPE_SOCKETS_SIGNALS : 0};
}

/* Fails only when the path can't be found. */
static bool allow(int rules, const char *path, uint64_t rights)
{
	struct stat status;
	int descriptor = open(path, O_PATH | O_CLOEXEC);

	if (descriptor < 0)
		return false;
	/* Where a folder is named as a file, opening it goes on to fail as it does for everybody. */
	if (rights == ACCESS_READ && fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode))
		rights = ACCESS_LIST;
	struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = descriptor};
	/* Refused for pipes, which no rule is needed for. */
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(descriptor);
	return true;
}

static const char *allow_folders(int rules, const char *const *folders, size_t count, uint64_t rights)
{
	for (size_t i = 0; i < count; i++)
		if (!allow(rules, folders[i], rights))
			return folders[i];
	return NULL;
}

int landlock_rules(const struct confine_plan *plan, const char **missing)
{
	enum { READS = ACCESS_READ | ACCESS_LIST, WRITES = READS | ACCESS_WRITE | ACCESS_REMOVE | ACCESS_MAKE };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	*missing = NULL;
	if (version < 1)
		return -1;
	struct ruleset all = all_of(version);
	size_t size = version >= 6 ? sizeof all : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
	if (rules < 0)
		return -1;
	for (size_t i = 0; i < plan->file_count; i++)
		allow(rules, plan->files[i], ACCESS_READ);
	for (size_t i = 0; i < plan->more_file_count; i++)
		allow(rules, plan->more_files[i], ACCESS_READ);
	*missing = allow_folders(rules, plan->read_folders, plan->read_folder_count, READS);
	if (*missing == NULL)
		*missing = allow_folders(rules, plan->write_folders, plan->write_folder_count,
					 WRITES | (all.files & ACCESS_TRUNCATE));
	if (*missing == NULL)
		return rules;
	close(rules);
	return -1;
}

int landlock_obey(int rules)
{
	return syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? 0 : errno;
}
