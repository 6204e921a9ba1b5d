/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded to count instructions: valgrind needs system calls of its own that the program gives up for the whole
 * process. The program goes on as on a kernel that has neither seccomp nor Landlock.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int seccomp_load(const void *context);

int seccomp_load(const void *context)
{
	(void)context;
	if (getenv("MTASCOPE_TELL_CONFINED") != NULL)
		fputs("asked to be confined\n", stderr);
	return -EOPNOTSUPP;
}

long syscall(long number, ...)
{
	long (*next)(long, ...);
	long given[6];
	va_list arguments;

	if (number == SYS_landlock_create_ruleset) {
		errno = ENOSYS;
		return -1;
	}
	/* POSIX's way from an object's address to a function's. */
	*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		given[i] = va_arg(arguments, long);
	va_end(arguments);
	return next(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
