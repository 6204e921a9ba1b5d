/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnids as its examples use it: raw packets in, both directions of every connection to port 102 collected, checksums
 * and scan detection off. It counts connections and bytes and says nothing else of them.
 */
#include <inttypes.h>
#include <nids.h>
#include <stdio.h>

enum { PORT = 102, SLOTS = 65536 };

static uint64_t connections, bytes;

static void on_tcp(struct tcp_stream *stream, void **user)
{
	(void)user;
	if (stream->nids_state == NIDS_JUST_EST) {
		if (stream->addr.dest != PORT)
			return;
		connections++;
		stream->client.collect++;
		stream->server.collect++;
	} else if (stream->nids_state == NIDS_DATA) {
		bytes += (uint64_t)(stream->client.count_new + stream->server.count_new);
	}
}

static void quiet(int type, int error, struct ip *packet, void *data)
{
	(void)type;
	(void)error;
	(void)packet;
	(void)data;
}

int main(int argc, char **argv)
{
	static struct nids_chksum_ctl no_checksums = {.netaddr = 0, .mask = 0, .action = NIDS_DONT_CHKSUM};

	if (argc != 2) {
		fputs("usage: bench-nids CAPTURE\n", stderr);
		return 2;
	}
	nids_params.filename = argv[1];
	nids_params.n_tcp_streams = SLOTS;
	nids_params.scan_num_hosts = 0;
	nids_params.syslog = quiet;
	nids_register_chksum_ctl(&no_checksums, 1);
	if (!nids_init()) {
		fprintf(stderr, "bench-nids: %s\n", nids_errbuf);
		return 1;
	}
	/* Its prototype takes a pointer to void where it wants a function. */
	nids_register_tcp(__extension__(void *) on_tcp);
	nids_run();
	printf("%" PRIu64 " connections, %" PRIu64 " bytes\n", connections, bytes);
	return 0;
}
