/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/outlet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

void outlet_person(void *user, const struct warning *warning)
{
	char time[TIME_TEXT_SIZE];

	time_format(warning->time, 0, time);
	fprintf(user, "%s %s %s: %s\n", time, warning->good ? "good" : "WARNING", warning_kind_name(warning->kind),
		warning->says);
	fflush(user);
}

static int priority_of(const struct warning *warning)
{
	return warning->good ? LOG_NOTICE : LOG_WARNING;
}

void outlet_syslog(void *user, const struct warning *warning)
{
	static bool open;

	(void)user;
	if (!open)
		openlog("mtascope", LOG_PID, LOG_DAEMON);
	open = true;
	syslog(priority_of(warning), "%s: %s", warning_kind_name(warning->kind), warning->says);
}

int outlet_journal_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path == NULL ? "/run/systemd/journal/socket" : path);
	if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0)
		return descriptor;
	int failed = errno;
	close(descriptor);
	errno = failed;
	return -1;
}

void outlet_journal(void *user, const struct warning *warning)
{
	const int *descriptor = user;
	char text[WARNING_TEXT_SIZE + 256];
	/* No text of a warning holds a line's end, which would need the protocol's other form. */
	int length = snprintf(
	    text, sizeof text, "MESSAGE=%s: %s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=mtascope\nMTASCOPE_KIND=%s\n",
	    warning_kind_name(warning->kind), warning->says, priority_of(warning), warning_kind_name(warning->kind));

	if (warning->connection != 0 && length > 0 && (size_t)length < sizeof text)
		length += snprintf(text + length, sizeof text - (size_t)length, "MTASCOPE_CONNECTION=%u\n",
				   warning->connection);
	if (length > 0 && (size_t)length < sizeof text)
		send(*descriptor, text, (size_t)length, MSG_NOSIGNAL);
}

void outlet_record(void *user, const struct warning *warning)
{
	struct json *json = user;

	json_object(json, NULL);
	json_text(json, "record", "warning");
	json_text(json, "kind", warning_kind_name(warning->kind));
	json_time(json, "t", warning->time, 9);
	json_bool(json, "good", warning->good);
	json_count_or_null(json, "connection", warning->connection == 0 ? -1 : (int64_t)warning->connection);
	json_text(json, "says", warning->says);
	json_object_end(json);
	json_line(json);
}
