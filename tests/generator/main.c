/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/sim.h"

#include <stdio.h>
#include <string.h>

static int usage(void)
{
	fputs(
	    "usage: mtascope-generate sample NAME DIR\n"
	    "       mtascope-generate samples DIR\n"
	    "       mtascope-generate run SEED SCALE OUT_PREFIX [key=value...]\n"
	    "keys of run: tap=server|client|middle format=pcap|pcap-ns|pcap-be|pcapng|pcapng-ns\n"
	    "  link=ethernet|vlan|sll|raw|null ip=4|6|46 clients=N mtas=N gap=MS bursts=PERCENT healthy=WEIGHT\n"
	    "  only=SCENARIO log=0|1 strays=PER_MILLE_OF_CONNECTIONS lag=MS with4258=0|1 drift=PPM zone=HOURS skew=MS\n"
	    "  missed=PERCENT otherday=0|1 dup=0|1 gaps=PPM snap=BYTES\n"
	    "  loss=PPM reorder=PPM retries=N\n",
	    stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int result = 2;

	if (argc >= 5 && strcmp(argv[1], "run") == 0)
		result = run_command(argc - 2, argv + 2);
	else if ((argc == 4 || argc == 5) && strcmp(argv[1], "sample") == 0)
		result = sample_command(argv[2], argv[3], argv[4]);
	else if ((argc == 3 || argc == 4) && strcmp(argv[1], "samples") == 0)
		result = samples_command(argv[2], argv[3]);
	else
		return usage();
	return result;
}
