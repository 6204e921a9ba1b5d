/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What companion.h tells of. main.c has seen to all that is no such command. */
#include "command.h"
#include "command_output.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	/* For who looks for the running program by its name. */
	prctl(PR_SET_NAME, "mtascope");
	prepare_hashes();
	if (argc > 1 && strcmp(argv[1], "live") == 0)
		return command_live(argc - 1, argv + 1); /* its terminal may be gone when it ends */
	if (argc > 1 && strcmp(argv[1], "bundle") == 0)
		return end_output(command_bundle(argc - 1, argv + 1));
	if (argc > 1 && strcmp(argv[1], "verify") == 0)
		return end_output(command_verify(argc - 1, argv + 1));
	fputs("mtascope-companion is run by `mtascope live`, `mtascope bundle` and `mtascope verify`\n", stderr);
	return EXIT_USAGE;
}
