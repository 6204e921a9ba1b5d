/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/screen.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The alternate screen, without a cursor; no line goes on in the next one. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

enum { COLUMNS_USUAL = 80, LINES_USUAL = 24, LINES_MOST = 1000, PATIENCE_MS = 500 };

struct screen {
	int descriptor;
	bool gone;
	char *shown; /* the last picture */
	bool known;  /* it is what stands there */
	unsigned columns, lines;
	char *pending;
	size_t pending_length, pending_done;
};

/* For a signal's handler and the program's end, which know no screen. */
static struct {
	volatile sig_atomic_t entered;
	int descriptor;
	bool has_found;
	struct termios found; /* as the terminal was */
} own;

/* Only what a signal's handler may do. A terminal that takes nothing any more is not waited for. */
static void leave(void)
{
	struct pollfd polled = {.fd = own.descriptor, .events = POLLOUT};

	if (!own.entered)
		return;
	own.entered = 0;
	if (poll(&polled, 1, PATIENCE_MS) == 1)
		(void)!write(own.descriptor, LEAVE, sizeof LEAVE - 1);
	if (!own.has_found)
		return;
	/* What was typed blindly is not for the shell. */
	tcflush(own.descriptor, TCIFLUSH);
	tcsetattr(own.descriptor, TCSANOW, &own.found);
}

static void on_crash(int number)
{
	leave();
	/* The handler is gone by now (SA_RESETHAND): the crash takes its course. */
	raise(number);
}

static void catch_crashes(void)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGQUIT};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaction(numbers[i], &action, NULL);
}

/* What is typed is not shown, but Ctrl-C and Ctrl-Z still mean what they mean. */
static void enter(void)
{
	struct termios quiet;

	own.has_found = tcgetattr(own.descriptor, &own.found) == 0;
	if (own.has_found) {
		quiet = own.found;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
		quiet.c_cc[VMIN] = 0;
		quiet.c_cc[VTIME] = 0;
		tcsetattr(own.descriptor, TCSANOW, &quiet);
	}
	own.entered = 1;
}

static void keep(struct screen *screen, const char *data, size_t length)
{
	screen->pending = memory_resize(screen->pending, screen->pending_length + length + 1);
	memcpy(screen->pending + screen->pending_length, data, length);
	screen->pending_length += length;
}

struct screen *screen_open(int descriptor, const char **why)
{
	const char *term = getenv("TERM");
	char name[256];

	*why = isatty(descriptor) != 1                                      ? "standard output is no terminal"
	       : term == NULL || *term == '\0' || strcmp(term, "dumb") == 0 ? "this terminal (TERM) only shows lines"
									    : NULL;
	if (*why != NULL)
		return NULL;
	/*
	 * Others share this descriptor, such as the shell, and would not like it to become one that does not wait: so
	 * the terminal is opened once more. Who may not (after su) writes to the shared one, and may have to wait.
	 */
	int again =
	    ttyname_r(descriptor, name, sizeof name) == 0 ? open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
	if (again < 0)
		again = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
	if (again < 0) {
		*why = strerror(errno);
		return NULL;
	}
	struct screen *screen = memory_get_zeroed(1, sizeof *screen);
	screen->descriptor = again;
	return screen;
}

void screen_close(struct screen *screen)
{
	if (screen == NULL)
		return;
	screen_end(screen);
	close(screen->descriptor);
	free(screen->shown);
	free(screen->pending);
	free(screen);
}

void screen_begin(struct screen *screen)
{
	own.descriptor = screen->descriptor;
	catch_crashes();
	atexit(leave);
	enter();
	keep(screen, ENTER, sizeof ENTER - 1);
}

void screen_end(struct screen *screen)
{
	/* Half a sequence would swallow what follows: CAN ends it (ECMA-48). */
	if (own.entered && screen->pending_done > 0 && !screen->gone)
		(void)!write(screen->descriptor, "\030", 1);
	leave();
}

/* Goes on with what is not out yet. */
static void push(struct screen *screen)
{
	while (!screen->gone && screen->pending_done < screen->pending_length) {
		ssize_t written = write(screen->descriptor, screen->pending + screen->pending_done,
					screen->pending_length - screen->pending_done);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (written <= 0)
			screen->gone = true;
		else
			screen->pending_done += (size_t)written;
	}
	screen->pending_length = 0;
	screen->pending_done = 0;
}

bool screen_is_ready(struct screen *screen)
{
	push(screen);
	return screen->pending_length == 0 && !screen->gone;
}

bool screen_is_gone(const struct screen *screen)
{
	struct termios now;

	return screen->gone || (tcgetattr(screen->descriptor, &now) != 0 && errno == EIO);
}

void screen_size(const struct screen *screen, unsigned *columns, unsigned *lines)
{
	struct winsize window = {0};

	(void)ioctl(screen->descriptor, TIOCGWINSZ, &window);
	*columns = window.ws_col > 0 ? window.ws_col : COLUMNS_USUAL;
	*lines = window.ws_row > 0 ? window.ws_row : LINES_USUAL;
	if (*lines > LINES_MOST)
		*lines = LINES_MOST;
}

void screen_forget(struct screen *screen)
{
	screen->known = false;
}

/* The next line of *at, which moves behind it; without its end. An empty one where there is none. */
static size_t next_line(const char **at, const char **line)
{
	const char *end = *at == NULL ? NULL : strchr(*at, '\n');

	*line = *at;
	if (end == NULL) {
		*at = NULL;
		return 0;
	}
	*at = end + 1;
	return (size_t)(end - *line);
}

void screen_show(struct screen *screen, const char *text)
{
	unsigned columns_now, lines_now;
	const char *at = text;

	screen_size(screen, &columns_now, &lines_now);
	if (columns_now != screen->columns || lines_now != screen->lines)
		screen->known = false;
	screen->columns = columns_now;
	screen->lines = lines_now;
	const char *before = screen->known ? screen->shown : NULL;
	if (!screen->known)
		keep(screen, "\033[0m\033[2J", 8);
	for (unsigned i = 0; i < lines_now; i++) {
		const char *line, *line_before;
		char code[32];
		size_t length = next_line(&at, &line);
		size_t length_before = next_line(&before, &line_before);
		if (length == length_before && (length == 0 || memcmp(line, line_before, length) == 0))
			continue;
		/* Emptied before, for behind the last column there is no place from which to empty the rest. */
		int code_length = snprintf(code, sizeof code, "\033[%u;1H\033[2K", i + 1);
		keep(screen, code, (size_t)code_length);
		if (length > 0)
			keep(screen, line, length);
	}
	free(screen->shown);
	screen->shown = memory_text(text, strlen(text));
	screen->known = true;
	push(screen);
}

bool screen_key(struct screen *screen)
{
	char typed[64];
	bool any = false;

	/* VMIN is 0, so that this does not wait on a shared descriptor either. */
	while (!screen->gone && own.has_found && read(screen->descriptor, typed, sizeof typed) > 0)
		any = true;
	return any;
}

void screen_stop(struct screen *screen)
{
	leave();
	raise(SIGSTOP);
	enter();
	screen->pending_length = 0;
	screen->pending_done = 0;
	keep(screen, ENTER, sizeof ENTER - 1);
	screen->known = false;
}
