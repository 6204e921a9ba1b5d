/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "command_output.h"
#include "companion.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* NULL: the companion does it */
	const char *does;
};

static const struct command commands[] = {
    {"analyze", command_analyze, "say where connection failures come from"},
    {"merge", command_merge, "say it of what several runs read, as if one had"},
    {"events", command_events, "list the events of an MTA's logs"},
    {"live", NULL, "capture, and say it while it happens"},
    {"show", command_show, "show one connection, packet by packet"},
    {"bundle", NULL, "put all about a case into one bag, to be handed on"},
    {"verify", NULL, "check a bundle, and come to the same from its inputs"},
    {"explain", command_explain, "tell what is known of a cause"},
};

static void print_help(FILE *out)
{
	fputs("usage: mtascope COMMAND [OPTIONS] …\n\n"
	      "Finds where an MTA's connection timeouts come from, in packet captures and MTA event logs.\n\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].does);
	fputs("\n`mtascope COMMAND --help` tells a command's options, `mtascope --version` the versions.\n", out);
}

int main(int argc, char **argv)
{
	prepare_hashes();
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return end_output(EXIT_DONE);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		print_version();
		return end_output(EXIT_DONE);
	}
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run == NULL ? companion_run(argv)
						       : end_output(commands[i].run(argc - 1, argv + 1));
	fprintf(stderr, "mtascope: there is no command '%s'; `mtascope --help` lists them\n", argv[1]);
	return EXIT_USAGE;
}
