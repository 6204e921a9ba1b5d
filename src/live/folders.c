/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/folders.h"

#include "base/memory.h"
#include "base/path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void folders_add(struct folders *folders, const char *folder)
{
	folders->list = memory_grow(folders->list, folders->count, &folders->capacity, sizeof(char *));
	folders->list[folders->count++] = memory_text(folder, strlen(folder));
}

void folders_add_of(struct folders *folders, const char *file)
{
	char *folder = path_folder(file);

	folders_add(folders, folder);
	free(folder);
}

void folders_add_of_share(struct folders *folders, const char *file)
{
	char above[PATH_MAX];
	struct stat here, there;

	folders_add_of(folders, file);
	snprintf(above, sizeof above, "%s/..", folders->list[folders->count - 1]);
	if (stat(folders->list[folders->count - 1], &here) == 0 && stat(above, &there) == 0 &&
	    here.st_dev != there.st_dev)
		folders_add(folders, above);
}

void folders_free(struct folders *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		free(folders->list[i]);
	free(folders->list);
	*folders = (struct folders){0};
}
