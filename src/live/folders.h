/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders that live capture goes on to read and write in, once it may open nothing else. */
#ifndef MTASCOPE_LIVE_FOLDERS_H
#define MTASCOPE_LIVE_FOLDERS_H

#include <stddef.h>

struct folders {
	char **list;
	size_t count, capacity;
};

/* Adds the folder itself; the caller's text is copied. */
void folders_add(struct folders *folders, const char *folder);

/* Adds the folder that the file is in. */
void folders_add_of(struct folders *folders, const char *file);

/*
 * The same, where a share that is mounted there may go away and come back: then it is another one, which can only be
 * reached by way of the folder that it is mounted in.
 */
void folders_add_of_share(struct folders *folders, const char *file);

void folders_free(struct folders *folders);

#endif
