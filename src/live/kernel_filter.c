/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/kernel_filter.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct writer {
	char *text;
	size_t length;
	bool full;
};

static void add(struct writer *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct writer *to, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(to->text + to->length, KERNEL_FILTER_SIZE - to->length, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= KERNEL_FILTER_SIZE - to->length)
		to->full = true;
	else
		to->length += (size_t)length;
}

/* ip[6:2] holds the flag "more fragments" and the offset (RFC 791 3.1); ip6[6] is the next header (RFC 8200 3). */
static void add_ip(struct writer *to, const struct watched_ports *ports)
{
	if (ports->any)
		add(to, "tcp");
	for (size_t i = 0; !ports->any && i < ports->count; i++)
		add(to, "%stcp port %u", i == 0 ? "" : " or ", ports->list[i]);
	add(to, " or icmp or icmp6 or (ip[6:2] & 0x3fff != 0) or (ip6 and ip6[6] != 6 and ip6[6] != 17)");
	/* IP, IPv6, GRE, AH, EtherIP and MPLS within IP; L2TP, GTP, Teredo, VXLAN, Geneve, MPLS and TZSP over UDP. */
	add(to, " or ip proto 4 or ip proto 41 or ip proto 47 or ip proto 51 or ip proto 97 or ip proto 137");
	add(to, " or udp port 1701 or udp port 2152 or udp port 3544 or udp port 4789 or udp port 4790"
		" or udp port 6081 or udp port 6635 or udp port 8472 or udp port 37008");
}

/* MPLS, PPPoE, HSR, VN-Tag, E-Tag, and the tags that `vlan` does not know. */
static void add_labels(struct writer *to)
{
	add(to, " or ether proto 0x8847 or ether proto 0x8848 or ether proto 0x8864 or ether proto 0x892f"
		" or ether proto 0x8926 or ether proto 0x893f or ether proto 0x9200 or ether proto 0x9300");
}

/* After `vlan` all offsets are those behind the tag, to the end of the expression: it comes last. */
static void add_tagged(struct writer *to, const struct watched_ports *ports)
{
	add(to, " or (vlan and (");
	add_ip(to, ports);
	add_labels(to);
	add(to, " or (vlan and (");
	add_ip(to, ports);
	add_labels(to);
	add(to, " or vlan))))");
}

size_t kernel_filter(char *text, const struct watched_ports *ports, const char *own, enum kernel_filter_width width)
{
	struct writer to = {.text = text};

	if (own != NULL)
		add(&to, "(%s) and (", own);
	add_ip(&to, ports);
	if (width != FILTER_IP)
		add_labels(&to);
	if (width == FILTER_WHOLE)
		add_tagged(&to, ports);
	if (own != NULL)
		add(&to, ")");
	return to.full ? 0 : to.length;
}
