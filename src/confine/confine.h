/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Least privilege: before the first byte of a capture or a log is read, the program gives up all that it will not need.
 * What is open stays open; what may still be opened, and how, is said beforehand.
 */
#ifndef MTASCOPE_CONFINE_CONFINE_H
#define MTASCOPE_CONFINE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

struct confine_plan {
	const char *const *files; /* that may be opened to be read; those that are not there do no harm */
	size_t file_count;
	const char *const *more_files; /* the same */
	size_t more_file_count;
	const char *const *read_folders; /* in and below which any file may be opened to be read */
	size_t read_folder_count;
	const char *const *write_folders; /* in and below which files may be made, written, renamed and removed */
	size_t write_folder_count;
	bool packets;     /* reads packets from sockets that are open, and waits for descriptors */
	bool interfaces;  /* opens an interface again that went away: packet sockets can be made, but nothing be sent */
	bool sends;       /* to whoever the sockets that are open are connected to, such as the system's log */
	bool threads;     /* makes some; those that are there already are not confined */
	bool serves;      /* answers whoever connects to a listening socket that is open */
	bool terminal;    /* sets the modes of a terminal that is open */
	bool leaves_root; /* becomes user, when it is root */
	const char *user; /* a name or a number; NULL: who called sudo, or else nobody */
};

enum confined {
	CONFINED,        /* all of it */
	CONFINED_PARTLY, /* all that this kernel has; says tells what is missing, and the work may go on */
	CONFINED_NOT     /* something that must not fail did, says tells what; the work must not go on */
};

enum { CONFINE_SAYS = 256 };

/*
 * Gives up, for good: being root and the groups (where the plan says so), every capability but that of reading what
 * the plan names (CAP_DAC_READ_SEARCH; CAP_NET_RAW for interfaces; where they were there), gaining any (no_new_privs),
 * system calls (seccomp), and files (Landlock, since Linux 5.13). Afterwards no socket can be made (but of interfaces),
 * no program run, no process made or looked into, and no file opened but those of the plan. What is refused fails with
 * EPERM or EACCES. It holds for the calling thread and those it makes. says has room for CONFINE_SAYS bytes and is ""
 * for CONFINED.
 *
 * A program built with AddressSanitizer keeps its system calls and files, because its leak check needs them.
 */
enum confined confine(const struct confine_plan *plan, char *says);

#endif
