/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/ready.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int ready_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path == NULL ? 0 : strlen(path);

	if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(address.sun_path, path, length);
	/* A name that no file system has begins with a zero, and is as long as it is said to be. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return -1;
	if (connect(descriptor, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0)
		return descriptor;
	close(descriptor);
	return -1;
}

void ready_tell(int descriptor)
{
	static const char says[] = "READY=1";

	if (descriptor < 0)
		return;
	send(descriptor, says, sizeof says - 1, MSG_NOSIGNAL);
	close(descriptor);
}
