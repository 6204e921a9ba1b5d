/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two halves of a file's path. */
#ifndef MTASCOPE_BASE_PATH_H
#define MTASCOPE_BASE_PATH_H

/* The name behind the last slash, which stands in path. */
const char *path_name(const char *path);

/* The folder before it, "." where path names none; the caller frees it. */
char *path_folder(const char *path);

#endif
