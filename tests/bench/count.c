/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that a program with libpcap can do: counts the packets of a capture, and their bytes. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

struct counts {
	uint64_t packets, bytes;
};

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	struct counts *counts = (struct counts *)(void *)user;

	(void)data;
	counts->packets++;
	counts->bytes += header->caplen;
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct counts counts = {0};
	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;

	if (pcap == NULL) {
		fprintf(stderr, "bench-count: %s\n", argc == 2 ? error : "usage: bench-count CAPTURE");
		return 2;
	}
	int status = pcap_loop(pcap, -1, count, (u_char *)&counts);
	pcap_close(pcap);
	printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", counts.packets, counts.bytes);
	return status == 0 ? 0 : 1;
}
