/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_COMMAND_H
#define MTASCOPE_COMMAND_H

/* The exit status of every command: docs/records.md. */
enum { EXIT_DONE = 0, EXIT_INPUT = 1, EXIT_USAGE = 2 };

/* argv[0] is the command's name. Each returns an exit status. */
int command_analyze(int argc, char **argv);
int command_events(int argc, char **argv);
int command_live(int argc, char **argv);
int command_show(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_bundle(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_verify(int argc, char **argv);

/* Once, before any command. */
void prepare_hashes(void);

/* Prints the version of the program and of its libraries to standard output. */
void print_version(void);

#endif
