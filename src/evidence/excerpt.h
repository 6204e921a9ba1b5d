/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An annotated excerpt of captures: the packets of the connections that failed, or of those named, as they were
 * recorded, with what was made of them as comments. The captures are read twice more: once to find the packets (an
 * earlier fragment is known for a connection's only when the last has come), once to write them.
 *
 *	excerpt = excerpt_new(&options);
 *	analysis_options.judged = excerpt_judged;  analysis_options.judged_user = excerpt;
 *	analysis = analyze(…);
 *	excerpt_write(excerpt, analysis, &input, pcapng_to_file, out, &error);
 *	excerpt_free(excerpt);
 */
#ifndef MTASCOPE_EVIDENCE_EXCERPT_H
#define MTASCOPE_EVIDENCE_EXCERPT_H

#include "analyze.h"
#include "capture/decode.h"
#include "capture/write_pcapng.h"
#include "report/exchange.h"

/* Who changes packets before they are written. Comments of the captures, and names of interfaces, are then left out. */
struct excerpt_change {
	void *user;
	/* A connection whose packets will be shown, before the captures are read for the second time. */
	void (*judged)(void *user, const struct connection *connection);
	/* Of such a connection, at the second reading: bytes in order, and bytes that never come. */
	void (*data)(void *user, const struct tcp_connection *tcp, enum direction direction, const uint8_t *data,
		     size_t length);
	void (*gap)(void *user, const struct tcp_connection *tcp, enum direction direction, size_t length);
	/*
	 * At the third: makes *packet what is to be written; parsed is what it was decoded to, connection whose it is,
	 * and of headers alone no payload is to be written. What packet points to must stay valid until the next call.
	 * False: it is left out.
	 */
	bool (*packet)(void *user, struct packet *packet, const struct decode *parsed, uint32_t connection,
		       bool headers);
};

struct excerpt_options {
	const struct exchange_wanted *wanted; /* must outlive the excerpt; none: all that failed */
	size_t wanted_count;
	enum ok_kind ok; /* as analysis_options.ok */
	/*
	 * Of the other connections, what verdicts rest on: their packets up to the OK response, and, without a byte of
	 * theirs, the first and the last packet of the captures, which show from when to when they were watched.
	 * Another analysis of the excerpt then comes to the same verdicts. Later packets of the others are only kept
	 * where the capture's losses or a host's IP IDs were judged by them, and lose their payload.
	 */
	bool context;
	const struct excerpt_change *change; /* NULL: packets are written as they are */
};

/* Where the packets are: the same captures, filter and ports as the analysis had. */
struct excerpt_input {
	const char *const *paths;
	size_t count;
	const char *filter; /* NULL: none */
	/*
	 * Both sets of them that are going to be read, made by capture_set_prepare for a program that is confined
	 * since; excerpt_write closes them. NULL: they can be opened when it is time.
	 */
	struct capture_set *prepared[2];
	const struct timeline_observer *beside; /* is told of the second reading too; NULL: nobody */
};

struct excerpt;

struct excerpt *excerpt_new(const struct excerpt_options *options);
void excerpt_free(struct excerpt *excerpt);

/* For analysis_options.judged; user is the struct excerpt. */
void excerpt_judged(void *user, const struct connection *connection);

/* The first of the wanted that no connection was; NULL: each was found. */
const struct exchange_wanted *excerpt_missing(const struct excerpt *excerpt);

/*
 * Writes a whole pcapng file to sink. Returns false, with *error a sentence that the caller frees, when it could not be
 * written, or when the captures are no longer what was analysed.
 */
bool excerpt_write(struct excerpt *excerpt, const struct analysis *analysis, const struct excerpt_input *input,
		   pcapng_sink *sink, void *user, char **error);

/* After excerpt_write: how many packets and connections, context aside, are in it. */
uint64_t excerpt_packets(const struct excerpt *excerpt);
uint64_t excerpt_connections(const struct excerpt *excerpt);

#endif
