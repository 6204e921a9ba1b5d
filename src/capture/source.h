/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures in: files of any format that is read, one or several merged by time. */
#ifndef MTASCOPE_CAPTURE_SOURCE_H
#define MTASCOPE_CAPTURE_SOURCE_H

#include "base/ports.h"
#include "capture/bystander.h"
#include "capture/info.h"
#include "capture/segment.h"

#include <stdbool.h>
#include <stddef.h>

struct capture_set;
struct capture_part;

/*
 * Opens every path ("-" is standard input). filter is a libpcap filter expression, or NULL; a packet that it rejects is
 * counted but not given out, so that frame numbers stay those of the file. Returns NULL, with *error set to a sentence
 * that the caller frees, when the filter is wrong for the link type that a capture begins with; a file that can't be
 * read does not stop the others: its info says so.
 */
struct capture_set *capture_set_open(const char *const *paths, size_t count, const char *filter, char **error);

/*
 * The same in two steps. capture_set_prepare does what a confined program can't do any more, and reads no capture yet:
 * it looks up the filter's names and makes the nameless temporary file. It returns NULL, with *error as above, when the
 * filter is wrong for whatever capture. capture_set_start then opens the captures; where it returns false, with *error
 * as above, the set is closed.
 */
struct capture_set *capture_set_prepare(const char *const *paths, size_t count, const char *filter, char **error);
bool capture_set_start(struct capture_set *set, char **error);

/*
 * Between the two, before all else that goes there: of each capture a part is read or written (part.h). parts must
 * outlive the set; there is one for each capture.
 */
void capture_set_parts(struct capture_set *set, const struct capture_part *parts);

/*
 * What the set will open to be read, to be freed, and its number; and the folder in which it writes parts, NULL: it
 * writes none.
 */
const char **capture_set_files(const struct capture_set *set, size_t *count);
const char *capture_set_folder(const struct capture_set *set);

/*
 * Between the two, and before the program is confined: up to so many other processes, of which confine is asked to do
 * the same with each, open and read the captures, and the set gives out what they hand over, in the same order, without
 * comments and interfaces. Of packets that have nothing to do with ports, which must outlive the call, no more is given
 * than that they were there (packet->light). What capture_set_start could not open in them is told as always. Returns
 * false with errno where no process can be made; the set then reads the captures itself.
 */
enum { CAPTURE_PROCESSES = 64 };
typedef bool capture_confine(const struct capture_set *set);
bool capture_set_spread(struct capture_set *set, const char *filter, const struct watched_ports *ports,
			size_t processes, capture_confine *confine);

/*
 * From now on packets that another process hands over are shown to expect some at a time, at most PACKETS_EXPECTED,
 * before the first of them is given out, so that what they will need is fetched beforehand. Where the set reads the
 * captures itself nothing is shown.
 */
typedef void capture_expect(void *user, const struct packet *const *packets, size_t count);
void capture_set_expect(struct capture_set *set, capture_expect *expect, void *user);

/*
 * Packets that bystanders takes are passed over, where a single capture is read, in its order, without a filter or
 * parts; elsewhere all are given out. bystanders must live as long as packets are asked for.
 */
void capture_set_pass(struct capture_set *set, struct bystanders *bystanders);

/* Between the two: a packet that another capture has given already is given all the same. */
void capture_set_keep_copies(struct capture_set *set);

/* Between the two: each capture's packets are to be given out in the order in which it has them. */
void capture_set_as_stored(struct capture_set *set);

void capture_set_close(struct capture_set *set);

/*
 * A set of captures that are no files: capture_set_next gives nothing of them, who captures fills in what is told of
 * them. names must stay valid. capture_set_live_link adds the interface itself, once it is open, and returns the index
 * of its link type among the info's; filter (copied) may be NULL.
 */
struct capture_set *capture_set_live(const char *const *names, size_t count);
struct capture_info *capture_set_live_info(struct capture_set *set, size_t index);
size_t capture_set_live_link(struct capture_set *set, size_t index, int link_type, uint32_t snap_length,
			     const char *filter);

/*
 * The next packet of all captures by time; captures that agree on a time go in the order they were given, and packets
 * of one capture in that of the file. What stands behind a later packet of its capture, by up to a second, is put in
 * order (sort.h); further back only a clock goes that was set, and its packets come as they stand. A packet that
 * another capture has given already is left out and counted. Returns false at the end. packet->data and
 * packet->comments are valid until the next call.
 */
bool capture_set_next(struct capture_set *set, struct packet *packet);

size_t capture_set_count(const struct capture_set *set);
const struct capture_info *capture_set_info(const struct capture_set *set, size_t index);

/* A capture's name in all that is told of it, and the SHA-256 of its bytes or NULL; both must outlive the set. */
void capture_set_call(struct capture_set *set, size_t index, const char *name, const char *sha256);

/* Adds a problem that only decoding could find. says is copied. */
void capture_set_note(struct capture_set *set, size_t index, const char *says);

#endif
