/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics/server.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Some scrapers at a time, none of which may sit there for long. */
enum { CLIENTS = 16, CLIENT_MEMORY = 16384, CLIENT_SECONDS = 10 };

struct metrics_server {
	struct MHD_Daemon *daemon;
	const struct metrics *metrics;
	int descriptor;
	uint16_t port;
};

static enum MHD_Result answer_with(struct MHD_Connection *connection, unsigned status, const char *type, char *text,
				   size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);

	if (response == NULL) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_in_words(struct MHD_Connection *connection, unsigned status, const char *words)
{
	return answer_with(connection, status, "text/plain; charset=utf-8", memory_text(words, strlen(words)),
			   strlen(words));
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *path, const char *method,
			      const char *version, const char *data, size_t *size, void **state)
{
	const struct metrics_server *server = user;
	char *text = NULL;
	size_t length = 0;

	(void)version;
	(void)data;
	(void)state;
	/* What a client sends along is of no interest. */
	if (*size > 0) {
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_in_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
	if (strcmp(path, "/metrics") != 0)
		return answer_in_words(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
	FILE *out = open_memstream(&text, &length);
	if (out == NULL)
		return MHD_NO;
	metrics_write(server->metrics, out);
	if (fclose(out) != 0) {
		free(text);
		return MHD_NO;
	}
	return answer_with(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, length);
}

/* MHD takes no length: it goes by the family. */
union listening {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

static union listening listening_at(const struct endpoint *at)
{
	union listening address = {.ipv4 = {.sin_family = AF_INET,
					    .sin_port = htons(at->port),
					    .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}}};

	if (at->ip.family == 4) {
		memcpy(&address.ipv4.sin_addr, at->ip.bytes, sizeof address.ipv4.sin_addr);
	} else if (at->ip.family == 6) {
		address.ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(at->port)};
		memcpy(&address.ipv6.sin6_addr, at->ip.bytes, sizeof address.ipv6.sin6_addr);
	}
	return address;
}

struct metrics_server *metrics_server_open(const struct endpoint *at, const struct metrics *metrics)
{
	struct metrics_server *server = memory_get_zeroed(1, sizeof *server);
	union listening address = listening_at(at);
	unsigned flags = (unsigned)MHD_USE_EPOLL | (at->ip.family == 6 ? (unsigned)MHD_USE_IPv6 : 0);

	server->metrics = metrics;
	errno = 0;
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, answer, server, MHD_OPTION_SOCK_ADDR, &address.any,
					  MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS,
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CLIENT_MEMORY,
					  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CLIENT_SECONDS, MHD_OPTION_END);
	if (server->daemon == NULL) {
		int error = errno == 0 ? EIO : errno;
		free(server);
		errno = error;
		return NULL;
	}
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
	server->port = info == NULL ? at->port : info->port;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->descriptor = info == NULL ? -1 : info->epoll_fd;
	return server;
}

void metrics_server_close(struct metrics_server *server)
{
	if (server == NULL)
		return;
	MHD_stop_daemon(server->daemon);
	free(server);
}

uint16_t metrics_server_port(const struct metrics_server *server)
{
	return server->port;
}

int metrics_server_descriptor(const struct metrics_server *server)
{
	return server->descriptor;
}

void metrics_server_run(struct metrics_server *server)
{
	MHD_run(server->daemon);
}
