/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live view: a board (board.h) on a terminal (live/screen.h), kept up to date a few times a second at most. */
#ifndef MTASCOPE_PANEL_H
#define MTASCOPE_PANEL_H

#include "board.h"
#include "live/screen.h"

struct panel;

/* NULL where standard output is no terminal that can show it; *why is then a static sentence. */
struct panel *panel_open(const char **why);

void panel_close(struct panel *panel);

/* Takes the terminal: nothing else may be written to it from here on. Gives it back. */
void panel_begin(struct panel *panel);
void panel_end(struct panel *panel);

/* A warning: user is the panel. */
void panel_warning(void *user, const struct warning *warning);

/* What the board tells of the last minutes: recent.h. */
struct recent *panel_recent(struct panel *panel);

/* Whether it is time for another picture, at that monotonic time in nanoseconds, and the terminal has taken the last.
 */
bool panel_is_due(struct panel *panel, int64_t now);

/* Draws it; the panel adds the warnings and what recent.h knows. */
void panel_show(struct panel *panel, struct board *board);

/* The next picture is written whole, and at once: the window has changed, or something else wrote to it. */
void panel_redraw(struct panel *panel);

/* Stops the program as SIGTSTP does, with the terminal given back meanwhile. */
void panel_stop(struct panel *panel);

/* The terminal does not exist any more. */
bool panel_is_gone(const struct panel *panel);

#endif
