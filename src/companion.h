/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second program of the same package, which has the commands that need libraries with many others behind them:
 * libmicrohttpd and libarchive would more than double what each start of every command takes.
 */
#ifndef MTASCOPE_COMPANION_H
#define MTASCOPE_COMPANION_H

/*
 * Becomes that program, with the same arguments, environment, descriptors and capabilities. It is looked for beside
 * this one, as in a build tree, then in the installation's folder for such programs. Returns only when there is none
 * that can be run: an exit status, and what was wrong has been said.
 */
int companion_run(char **argv);

#endif
