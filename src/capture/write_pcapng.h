/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng out: packets with the comments and interfaces that libpcap's writer has no place for.
 * https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/ 3 and 4.
 *
 *	writer = pcapng_writer_new(pcapng_to_file, out);
 *	pcapng_section(writer, &section);  pcapng_interface(writer, &interface, &index);  pcapng_packet(writer,
 *&packet); … pcapng_flush(writer); if (pcapng_error(writer) != 0) … pcapng_writer_free(writer);
 *
 * What is written depends on what is given alone: little-endian everywhere, and no clock is asked.
 */
#ifndef MTASCOPE_CAPTURE_WRITE_PCAPNG_H
#define MTASCOPE_CAPTURE_WRITE_PCAPNG_H

#include "base/moment.h"
#include "capture/segment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes length bytes, all of them. Returns 0 or an errno. */
typedef int pcapng_sink(void *user, const void *data, size_t length);

/* Sinks: user is a FILE *, which is not flushed; a pointer to a descriptor that blocks. */
pcapng_sink pcapng_to_file, pcapng_to_descriptor;

struct pcapng_writer;

/* Nothing is written before the first section. The sink and user must outlive the writer. */
struct pcapng_writer *pcapng_writer_new(pcapng_sink *sink, void *user);

/* Frees the writer; what was not flushed is lost. writer may be NULL. */
void pcapng_writer_free(struct pcapng_writer *writer);

/* Texts are UTF-8; each may be NULL. What is longer than an option can be (65,535 bytes) is cut between characters. */
struct pcapng_section {
	const char *hardware, *system, *application;
	const struct capture_text *comments;
	size_t comment_count;
};

struct pcapng_interface {
	int link_type;        /* DLT_… */
	uint32_t snap_length; /* 0: not limited */
	unsigned digits;      /* fractional digits of its packets' times, 0 to 9; what a time has beyond is cut off */
	const char *name, *description;
	const char *filter; /* libpcap's words */
};

struct pcapng_packet {
	uint32_t interface; /* as pcapng_interface numbered it */
	time_ns time;       /* not before 1970 */
	const uint8_t *data;
	uint32_t captured; /* bytes at data */
	uint32_t length;   /* bytes on the wire; at least captured */
	const struct capture_text *comments;
	size_t comment_count;
	uint32_t flags; /* epb_flags, 4.3.1; 0: nothing is told */
};

/*
 * Each writes one block, and returns false where that or anything before failed: pcapng_error tells why. A section
 * begins anew with interface 0; every other block needs one before it. *index may be NULL. What cannot be written (a
 * link type that libpcap has no number for, an interface that there is none of, a time before 1970, a packet beyond
 * PCAPNG_PACKET_MAX) fails with EINVAL before a byte of it is out.
 */
enum { PCAPNG_PACKET_MAX = 1 << 20, PCAPNG_COMMENTS_MAX = 128, PCAPNG_INTERFACES_MAX = 1 << 16 };
bool pcapng_section(struct pcapng_writer *writer, const struct pcapng_section *section);
bool pcapng_interface(struct pcapng_writer *writer, const struct pcapng_interface *interface, uint32_t *index);
bool pcapng_packet(struct pcapng_writer *writer, const struct pcapng_packet *packet);

/*
 * Interface statistics: counts since the section began, as of time. received and dropped are what the capturing system
 * tells; UINT64_MAX: it does not.
 */
bool pcapng_statistics(struct pcapng_writer *writer, uint32_t interface, time_ns time, uint64_t received,
		       uint64_t dropped);

/* Hands what is buffered to the sink: whatever was written so far is then a whole file. */
bool pcapng_flush(struct pcapng_writer *writer);

/* The first errno, or 0. */
int pcapng_error(const struct pcapng_writer *writer);

/* Bytes so far, buffered ones included: what the file's length will be. */
uint64_t pcapng_bytes(const struct pcapng_writer *writer);

#endif
