/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_BASE_PORTS_H
#define MTASCOPE_BASE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WATCHED_PORTS = 64, PORT_NUMBERS = 1 << 16 };

/* A connection's server side is on one of these ports. */
struct watched_ports {
	uint16_t list[WATCHED_PORTS];
	size_t count;
	bool any; /* whatever the port; the list says which side serves where no SYN tells */
};

/* Sets of each port whether it is watched; watched has PORT_NUMBERS entries. */
static inline void watched_ports_mark(const struct watched_ports *ports, bool *watched)
{
	memset(watched, ports->any, PORT_NUMBERS * sizeof *watched);
	for (size_t i = 0; i < ports->count; i++)
		watched[ports->list[i]] = true;
}

#endif
