/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal that shows one picture, line by line, until it is given back as it was found: also when the program
 * crashes. It never waits for the terminal: what does not go out at once goes later. Plain ECMA-48 sequences and
 * xterm's alternate screen; one screen in a process.
 */
#ifndef MTASCOPE_LIVE_SCREEN_H
#define MTASCOPE_LIVE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen;

/*
 * For a descriptor that is a terminal which can do it; else NULL, and *why is a static sentence. Nothing is shown yet.
 */
struct screen *screen_open(int descriptor, const char **why);
void screen_close(struct screen *screen);

/* Takes the terminal: nothing else may be written to it from here on. Gives it back, if it was taken. */
void screen_begin(struct screen *screen);
void screen_end(struct screen *screen);

/* The window's size now, in columns and lines; 80 by 24 where the terminal does not say. */
void screen_size(const struct screen *screen, unsigned *columns, unsigned *lines);

/* Whether all of the last picture is out: then another may be shown. Goes on with what is not. */
bool screen_is_ready(struct screen *screen);

/*
 * Shows a picture: text of lines that each end in '\n' and are no wider than the window; what is below it becomes
 * empty. Only lines that have changed are written.
 */
void screen_show(struct screen *screen, const char *text);

/* What stands there is no longer what was shown: the next picture is written whole. */
void screen_forget(struct screen *screen);

/* Whether somebody has pressed a key since the last call. */
bool screen_key(struct screen *screen);

/* Gives the terminal back for the time that the program is stopped, and stops it (SIGTSTP). */
void screen_stop(struct screen *screen);

/* The terminal does not exist any more. */
bool screen_is_gone(const struct screen *screen);

#endif
