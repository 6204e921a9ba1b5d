/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion.h"

#include "command.h"
#include "confine/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

static const char name[] = "mtascope-companion";

/*
 * Who has this program only by a link, in a folder of his own, must not have another run with capabilities that a file
 * gave this one (AT_SECURE): then only folders are believed that nobody but root can write into.
 */
static bool is_believed(int folder)
{
	struct stat there;

	return getauxval(AT_SECURE) == 0 ||
	       (fstat(folder, &there) == 0 && there.st_uid == 0 && (there.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

/* Returns only where it can't: errno. */
static int become(const char *path, char **argv)
{
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return errno;
	int program = is_believed(folder) ? openat(folder, name, O_PATH | O_CLOEXEC) : (errno = EACCES, -1);
	if (program >= 0)
		fexecve(program, argv, environ);
	int error = errno;
	if (program >= 0)
		close(program);
	close(folder);
	return error;
}

int companion_run(char **argv)
{
	char here[PATH_MAX], there[PATH_MAX + sizeof COMPANION_FOLDER];

	/* Where /proc is not mounted, the path by which it was run is the next best. */
	if (realpath("/proc/self/exe", here) == NULL &&
	    realpath((const char *)getauxval(AT_EXECFN), here) == NULL) { // NOLINT(performance-no-int-to-ptr)
		fprintf(stderr, "mtascope: cannot tell where it is: %s\n", strerror(errno));
		return EXIT_USAGE;
	}
	*strrchr(here, '/') = '\0';
	snprintf(there, sizeof there, "%s/%s", here, COMPANION_FOLDER);
	privileges_hand_on();
	int error = become(here, argv);
	if (error == ENOENT)
		error = become(there, argv);
	fprintf(stderr,
		"mtascope: %s, which does this, cannot be run from %s/ nor %s/: %s; the two programs are installed "
		"together, so install or copy both\n",
		name, here, there, strerror(error));
	return EXIT_USAGE;
}
