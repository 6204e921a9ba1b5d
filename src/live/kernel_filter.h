/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel lets through: the watched ports, and everything in which they may be wrapped. */
#ifndef MTASCOPE_LIVE_KERNEL_FILTER_H
#define MTASCOPE_LIVE_KERNEL_FILTER_H

#include "tcp/tracker.h"

#include <stddef.h>

/*
 * How much of what may carry the watched ports a filter names: link types differ in what can be asked of their packets
 * (libpcap refuses `vlan` on some), so that the next narrower one is tried where one cannot be compiled.
 */
enum kernel_filter_width {
	FILTER_WHOLE, /* tags, labels, tunnels, fragments, ICMP */
	FILTER_NO_TAGS,
	FILTER_IP,
	FILTER_WIDTHS
};

enum { KERNEL_FILTER_SIZE = 1 << 15 };

/*
 * Writes a pcap-filter(7) expression into text, which holds KERNEL_FILTER_SIZE bytes, and returns its length, or 0
 * where it does not fit. A port alone would lose every fragment but the first, ICMP's refusals, IPv6 behind extension
 * headers, and what a mirror port wraps around the packets (tags, MPLS, PPPoE, GRE, VXLAN …): of those all pass, and
 * the ports are looked for in the packets. own is a further expression that must hold too; NULL: none.
 */
size_t kernel_filter(char *text, const struct watched_ports *ports, const char *own, enum kernel_filter_width width);

#endif
