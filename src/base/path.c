/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"

#include "base/memory.h"

#include <string.h>

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return memory_text(".", 1);
	/* The root keeps its slash. */
	return memory_text(path, slash == path ? 1 : (size_t)(slash - path));
}
