/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/catalogue.h"

#include <string.h>

static const struct cause causes[] = {
#include "origin/causes.def"
};

const struct cause *catalogue_at(size_t index)
{
	return index < sizeof causes / sizeof causes[0] ? &causes[index] : NULL;
}

const struct cause *catalogue_find(const char *name)
{
	const struct cause *cause;

	for (size_t i = 0; name != NULL && (cause = catalogue_at(i)) != NULL; i++)
		if (strcmp(cause->name, name) == 0)
			return cause;
	return NULL;
}
