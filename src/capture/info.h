/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of one capture, besides its packets. */
#ifndef MTASCOPE_CAPTURE_INFO_H
#define MTASCOPE_CAPTURE_INFO_H

#include "base/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CAPTURE_LINKS = 32,            /* link types of one capture that are told apart */
	CAPTURE_PROBLEMS = 50,         /* problems of one capture that are kept; the rest is counted */
	CAPTURE_INTERFACES = 1 << 16,  /* interfaces of one capture that are known by name */
	CAPTURE_INTERFACE_TEXT = 1024, /* bytes of a name, description or filter that are kept */
};

/* Link types that are no DLT_…. */
enum {
	LINK_FOREIGN = -1,  /* libpcap has no number for it */
	LINK_METADATA = -2, /* a record that has a frame number and is no packet (Network Monitor) */
};

/* What a section's comment begins with in files that this program writes, so that they are read for what they are. */
#define CAPTURE_MARK_FAILURES "mtascope: only connections that failed"
#define CAPTURE_MARK_BATCHES  "mtascope: packets in batches"

struct capture_problem {
	bool has_offset;
	uint64_t offset; /* bytes into the file; into what it unpacks to where it is compressed */
	char *says;      /* one sentence, without the file's name */
};

struct capture_link {
	int type; /* DLT_…, or LINK_FOREIGN */
	char name[32];
	uint64_t packets;
};

/* What the file tells of an interface; texts are UTF-8 as far as the file's writer kept to it, or NULL. */
struct capture_interface {
	int link_type;
	uint32_t snap_length; /* 0: not limited, or not told */
	char *name, *description, *filter;
};

/* Which clock the packets' times are of. */
enum capture_clock {
	CAPTURE_CLOCK_UTC,
	CAPTURE_CLOCK_LOCAL, /* the capturing machine's local time; its zone is not told */
};

struct capture_info {
	const char *file;                         /* as given, or as capture_set_call has it */
	const char *sha256;                       /* of its bytes, in hexadecimal; NULL: not asked */
	const char *format;                       /* "pcap", "pcapng" …; of a foreign format its usual name */
	const char *compression;                  /* "gzip", "zstd", or NULL */
	struct capture_link links[CAPTURE_LINKS]; /* those of its interfaces and of its packets */
	size_t link_count;
	struct capture_interface *interfaces;
	size_t interface_count;
	unsigned digits; /* of its times: 6, or 9 from the first interface on that has finer ones */
	enum capture_clock clock;
	uint64_t packets;
	uint64_t cut_packets; /* shorter than they were on the wire */
	uint64_t reordered;   /* packets that stood behind a later one, and were put in order */
	uint64_t duplicates;  /* packets set aside because another capture had given them */
	bool has_drops;
	uint64_t drops;      /* packets that the capturing system says it lost */
	uint64_t bytes;      /* read, after unpacking */
	time_ns first, last; /* the earliest and the latest packet; TIME_NONE without packets */
	bool failures_only;  /* it says that connections without a failure were left out */
	bool batches;        /* it says that packets are by time in each batch only, so that times go back */
	bool complete;
	struct capture_problem *problems;
	size_t problem_count;
	uint64_t problems_left_off; /* beyond CAPTURE_PROBLEMS */
};

#endif
