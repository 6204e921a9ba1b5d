/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every capture format has to do, and what it finds to do it with. */
#ifndef MTASCOPE_CAPTURE_READER_H
#define MTASCOPE_CAPTURE_READER_H

#include "capture/info.h"
#include "capture/input.h"
#include "capture/segment.h"

/* One file while it is read. */
struct capture_file {
	struct input input;
	struct capture_info info;
	const struct capture_reader *reader;
	void *state; /* the reader's */
	size_t interface_capacity;
	bool odd_time;  /* has been noted */
	bool untimed;   /* the packet that next gave has no time of its own */
	char *texts[2]; /* what info's format and compression point to, where they are its own; NULL */
};

struct capture_reader {
	const char *name;
	/* Whether the first bytes of a file, at most INPUT_PEEK, are of this format. */
	bool (*probe)(const uint8_t *data, size_t length);
	/*
	 * Reads the file's header; the input stands at the file's first byte. Returns the reader's state, or NULL with
	 * a note. May set info.format (which is name otherwise), info.digits and info.clock.
	 */
	void *(*open)(struct capture_file *file);
	/*
	 * Fills in *packet but for its frame and capture; data and comments are valid until the next call. Returns
	 * false at the end of the file, and where it can't be read on, with a note.
	 */
	bool (*next)(struct capture_file *file, struct packet *packet);
	void (*close)(struct capture_file *file);
};

extern const struct capture_reader reader_plain, reader_pcap, reader_pcapng, reader_netmon, reader_snoop;

/* No format's packets are longer: what says so is damage. */
enum { CAPTURE_PACKET_MAX = 1 << 18 };

/* What may be wrong where the second packet of a pcap file cannot be: some systems wrote longer packet headers. */
#define CAPTURE_LONGER_HEADERS                                                                                         \
	"everything before it was read; Red Hat 6.1, SuSE 6.3 and Nokia wrote pcap in a way of their own, which "      \
	"`editcap -F pcapng IN OUT.pcapng` converts"

#define NO_OFFSET UINT64_MAX

/* Opens path (input.h) and chooses the reader. Returns false with a note when there is nothing to read. */
bool capture_file_open(struct capture_file *file, const char *path, size_t block, struct input_pool *pool);

/* The next packet, with its frame number, counted in the info. */
bool capture_file_next(struct capture_file *file, struct packet *packet);

/* Closes the file; its info stays. */
void capture_file_end(struct capture_file *file);

/* Frees the info and closes the file. */
void capture_file_free(struct capture_file *file);

/* Says what could not be read, in a sentence without the file's name; the capture counts as not read whole. */
void capture_file_note(struct capture_file *file, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what was read, but not as one would want. */
void capture_file_remark(struct capture_file *file, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Adds a link type, named by libpcap or, where it does not know it, by format and number. Returns its place in the
 * info's links; what is beyond CAPTURE_LINKS shares the last.
 */
size_t capture_file_link(struct capture_file *file, int link_type, const char *format, unsigned long number);

/*
 * Adds an interface. The texts are copied and cut to CAPTURE_INTERFACE_TEXT; each may be NULL. Returns its index, 0
 * for what is beyond CAPTURE_INTERFACES.
 */
uint32_t capture_file_interface(struct capture_file *file, int link_type, uint32_t snap_length,
				struct capture_text name, struct capture_text description, struct capture_text filter);

/* Times outside 1970 to 2255 are damage; kept within, no sum or difference of two of them overflows. */
#define CAPTURE_LATEST_S INT64_C(9000000000)

/* A packet's time. What is before 1970 or after 2255 is cut to fit, and noted once. */
time_ns capture_file_odd_time(struct capture_file *file, int64_t seconds); /* what is cut */
static inline time_ns capture_file_time(struct capture_file *file, int64_t seconds, uint32_t nanoseconds)
{
	if (seconds >= 0 && seconds < CAPTURE_LATEST_S && nanoseconds < NS_PER_S)
		return seconds * NS_PER_S + nanoseconds;
	return capture_file_odd_time(file, seconds);
}

/* The DLT_… of a LINKTYPE_… that stands in a file: https://www.tcpdump.org/linktypes.html. */
int capture_link_type(uint32_t linktype);

/* The other way round; LINK_FOREIGN where there is none. */
int capture_linktype_of(int link_type);

#endif
