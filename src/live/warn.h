/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-line warnings: limited in their rate by kind, counted, and handed to whoever wants them. */
#ifndef MTASCOPE_LIVE_WARN_H
#define MTASCOPE_LIVE_WARN_H

#include "base/moment.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum warning_kind {
	WARNING_HANDSHAKE,   /* a SYN was refused, or is not answered */
	WARNING_EARLY_CLOSE, /* a connection was closed without an OK response */
	WARNING_TIMER,       /* waits that end after the same time again and again */
	WARNING_LATENCY,     /* the OK takes longer and longer, or does not come */
	WARNING_INCIDENT,    /* an incident of the log is a connection */
	WARNING_DROPS,       /* packets were lost by the capture */
	WARNING_INTERFACE,   /* an interface went down, or came back */
	WARNING_DISK,        /* something could not be written, or can again */
	WARNING_CLOCK,       /* the clock was set */
	WARNING_LIMIT,       /* something was let go to keep the memory's limit */
	WARNING_LOG,         /* an event log went away, came back, or began anew */
	WARNING_KINDS
};

/* "early-close" …; static. */
const char *warning_kind_name(enum warning_kind kind);

enum { WARNING_TEXT_SIZE = 512 };

struct warning {
	enum warning_kind kind;
	time_ns time;        /* packet time */
	uint32_t connection; /* its id; 0: it is about none */
	bool good;           /* something is as it should be again */
	char says[WARNING_TEXT_SIZE];
};

struct warnings;

typedef void warning_outlet(void *user, const struct warning *warning);

struct warnings *warnings_new(void);
void warnings_free(struct warnings *warnings);

enum { WARNING_OUTLETS = 6 };
void warnings_to(struct warnings *warnings, warning_outlet *outlet, void *user);

/*
 * Warns, unless more than WARNING_BURST of the kind came within WARNING_WINDOW: then it is counted, and at the window's
 * end one warning tells how many there were. The window is of packet time.
 */
enum { WARNING_BURST = 10 };
#define WARNING_WINDOW (60 * NS_PER_S)
void warn_about(struct warnings *warnings, enum warning_kind kind, time_ns now, uint32_t connection, const char *format,
		...) __attribute__((format(printf, 5, 6)));

/* The same of something that is good again, which is never held back. */
void warn_good(struct warnings *warnings, enum warning_kind kind, time_ns now, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Time has come so far: tells of what was held back. */
void warnings_time(struct warnings *warnings, time_ns now);

/* All of a kind, those that were held back included. */
uint64_t warnings_count(const struct warnings *warnings, enum warning_kind kind);

#endif
