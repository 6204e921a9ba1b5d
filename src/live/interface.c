/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/interface.h"

#include "base/memory.h"
#include "live/kernel_filter.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The kernel hands packets over in blocks, at the latest after this long. libpcap's immediate mode would hand over each
 * at once, but gives every packet of the buffer the room of the longest one: a burst would overflow it.
 */
enum { BLOCK_MS = 100 };

struct interface {
	const char *name;
	const struct interface_options *options;
	pcap_t *pcap; /* NULL: not open */
	int link_type;
	bool nanoseconds;
	char *filter;
	struct interface_counts before; /* of the openings before this one */
	char trouble[PCAP_ERRBUF_SIZE * 2];
};

struct interface *interface_new(const char *name, const struct interface_options *options)
{
	struct interface *interface = memory_get_zeroed(1, sizeof *interface);

	interface->name = name;
	interface->options = options;
	return interface;
}

static void close_pcap(struct interface *interface)
{
	if (interface->pcap == NULL)
		return;
	interface->before = interface_counts(interface);
	pcap_close(interface->pcap);
	interface->pcap = NULL;
}

void interface_free(struct interface *interface)
{
	if (interface == NULL)
		return;
	close_pcap(interface);
	free(interface->filter);
	free(interface);
}

/* ---- Opening ---- */

static enum interface_state fail(struct interface *interface, enum interface_state state, const char *why,
				 const char *advice)
{
	snprintf(interface->trouble, sizeof interface->trouble, "%s%s%s", why, advice[0] == '\0' ? "" : ": ", advice);
	close_pcap(interface);
	return state;
}

/* The widest filter that the link type allows. */
static bool set_filter(struct interface *interface)
{
	char *text = memory_get(KERNEL_FILTER_SIZE);
	bool fits = false;

	for (unsigned width = FILTER_WHOLE; width < FILTER_WIDTHS && !fits; width++) {
		struct bpf_program code;
		size_t length = kernel_filter(text, &interface->options->ports, interface->options->filter,
					      (enum kernel_filter_width)width);
		if (length == 0 || pcap_compile(interface->pcap, &code, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
			continue;
		fits = pcap_setfilter(interface->pcap, &code) == 0;
		pcap_freecode(&code);
		if (fits) {
			free(interface->filter);
			interface->filter = memory_text(text, length);
		}
	}
	free(text);
	return fits;
}

static enum interface_state activate(struct interface *interface)
{
	const struct interface_options *options = interface->options;
	pcap_t *pcap = interface->pcap;

	pcap_set_snaplen(pcap, (int)options->snap_length);
	pcap_set_promisc(pcap, options->promiscuous);
	pcap_set_timeout(pcap, BLOCK_MS);
	pcap_set_buffer_size(pcap, (int)options->buffer);
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	int status = pcap_activate(pcap);
	if (status >= 0)
		return INTERFACE_OPEN;
	const char *why = pcap_geterr(pcap);
	if (why[0] == '\0')
		why = pcap_statustostr(status);
	if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
		return fail(interface, INTERFACE_WRONG, "there is no permission to capture on it",
			    "run as root, or with CAP_NET_RAW (setcap cap_net_raw+ep)");
	if (status == PCAP_ERROR_IFACE_NOT_UP)
		return fail(interface, INTERFACE_AWAY, "it is down", "");
	if (status == PCAP_ERROR_NO_SUCH_DEVICE)
		return fail(interface, INTERFACE_AWAY, "there is no such interface", "`ip link` lists them");
	return fail(interface, INTERFACE_AWAY, why, "");
}

enum interface_state interface_open(struct interface *interface)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	close_pcap(interface);
	interface->pcap = pcap_create(interface->name, error);
	if (interface->pcap == NULL)
		return fail(interface, INTERFACE_AWAY, error, "");
	enum interface_state state = activate(interface);
	if (state != INTERFACE_OPEN)
		return state;
	if (pcap_setnonblock(interface->pcap, 1, error) != 0 || pcap_get_selectable_fd(interface->pcap) < 0)
		return fail(interface, INTERFACE_WRONG, "it cannot be waited for", error);
	interface->link_type = pcap_datalink(interface->pcap);
	interface->nanoseconds = pcap_get_tstamp_precision(interface->pcap) == PCAP_TSTAMP_PRECISION_NANO;
	if (!set_filter(interface) && interface->options->filter != NULL)
		return fail(interface, INTERFACE_WRONG, "the filter cannot be used on it",
			    pcap_geterr(interface->pcap));
	return INTERFACE_OPEN;
}

/* ---- What is told of it ---- */

const char *interface_trouble(const struct interface *interface)
{
	return interface->trouble;
}

bool interface_is_up(const struct interface *interface)
{
	struct ifreq request = {0};
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncat(request.ifr_name, interface->name, sizeof request.ifr_name - 1);
	/* "any" has no flags. */
	bool down = descriptor >= 0 && ioctl(descriptor, SIOCGIFFLAGS, &request) == 0 &&
		    ((unsigned short)request.ifr_flags & IFF_UP) == 0;
	if (descriptor >= 0)
		close(descriptor);
	return !down;
}

bool interface_is_open(const struct interface *interface)
{
	return interface->pcap != NULL;
}

int interface_descriptor(const struct interface *interface)
{
	return interface->pcap == NULL ? -1 : pcap_get_selectable_fd(interface->pcap);
}

int interface_link_type(const struct interface *interface)
{
	return interface->link_type;
}

bool interface_has_nanoseconds(const struct interface *interface)
{
	return interface->nanoseconds;
}

const char *interface_filter(const struct interface *interface)
{
	return interface->filter;
}

bool interface_next(struct interface *interface, struct pcap_pkthdr **header, const uint8_t **data)
{
	int result = interface->pcap == NULL ? 0 : pcap_next_ex(interface->pcap, header, data);

	if (result < 0)
		fail(interface, INTERFACE_AWAY, pcap_geterr(interface->pcap), "");
	return result > 0;
}

struct interface_counts interface_counts(struct interface *interface)
{
	struct interface_counts counts = interface->before;
	struct pcap_stat stat;

	if (interface->pcap == NULL || pcap_stats(interface->pcap, &stat) != 0)
		return counts;
	counts.received += stat.ps_recv;
	counts.dropped += stat.ps_drop;
	counts.interface_dropped += stat.ps_ifdrop;
	return counts;
}
