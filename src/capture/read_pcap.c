/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcap in the variants that libpcap knows and read_plain.c does not:
 * https://www.tcpdump.org/manpages/pcap-savefile.5.html. */
#include "base/memory.h"
#include "capture/reader.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_LENGTH = 4 };

struct magic {
	const char *bytes;
	const char *format;
	unsigned digits;
};

/* "Modified" is Alexey Kuznetzov's, with longer packet headers. */
static const struct magic magics[] = {
    {"\xa1\xb2\xc3\xd4", "pcap", 6},
    {"\xd4\xc3\xb2\xa1", "pcap", 6},
    {"\xa1\xb2\x3c\x4d", "pcap", 9},
    {"\x4d\x3c\xb2\xa1", "pcap", 9},
    {"\xa1\xb2\xcd\x34", "pcap (modified)", 6},
    {"\x34\xcd\xb2\xa1", "pcap (modified)", 6},
};

struct pcap_state {
	pcap_t *pcap;
	FILE *stream;
	void *buffer;
	int link_type;
};

static const struct magic *magic_of(const uint8_t *data, size_t length)
{
	for (size_t i = 0; length >= MAGIC_LENGTH && i < sizeof magics / sizeof magics[0]; i++)
		if (memcmp(data, magics[i].bytes, MAGIC_LENGTH) == 0)
			return &magics[i];
	return NULL;
}

static bool pcap_probe(const uint8_t *data, size_t length)
{
	return magic_of(data, length) != NULL;
}

/* ---- The input as a stdio stream, which is what libpcap reads ---- */

static ssize_t stream_read(void *cookie, char *data, size_t size)
{
	struct input *input = cookie;

	return (ssize_t)input_read(input, data, size);
}

/* Only the question "where are we": the input may be a pipe. */
static int stream_seek(void *cookie, off64_t *offset, int whence)
{
	const struct input *input = cookie;

	if (whence != SEEK_CUR || *offset != 0)
		return -1;
	*offset = (off64_t)input->offset;
	return 0;
}

static uint64_t position(const struct capture_file *file, FILE *stream)
{
	off_t offset = ftello(stream);

	return offset < 0 ? file->input.offset : (uint64_t)offset;
}

static void *pcap_begin(struct capture_file *file)
{
	char error[PCAP_ERRBUF_SIZE];
	size_t length;
	const uint8_t *data = input_look(&file->input, MAGIC_LENGTH, &length);
	const struct magic *magic = magic_of(data, length);
	struct pcap_state *state = memory_get_zeroed(1, sizeof *state);

	file->info.format = magic->format;
	file->info.digits = magic->digits;
	state->buffer = memory_get(file->input.block);
	state->stream =
	    fopencookie(&file->input, "rb", (cookie_io_functions_t){.read = stream_read, .seek = stream_seek});
	if (state->stream == NULL) {
		capture_file_note(file, NO_OFFSET, "there is no memory to read it");
		free(state->buffer);
		free(state);
		return NULL;
	}
	setvbuf(state->stream, state->buffer, _IOFBF, file->input.block);
	state->pcap = pcap_fopen_offline_with_tstamp_precision(state->stream, PCAP_TSTAMP_PRECISION_NANO, error);
	if (state->pcap == NULL) {
		capture_file_note(file, position(file, state->stream),
				  "the file header cannot be read (%s): the file is damaged or cut off", error);
		fclose(state->stream);
		free(state->buffer);
		free(state);
		return NULL;
	}
	const struct capture_text none = {NULL, 0};
	/* Files of OpenBSD have its own number for raw IP, which libpcap leaves as it is. */
	state->link_type = capture_link_type((uint32_t)pcap_datalink(state->pcap));
	capture_file_link(file, state->link_type, "DLT", (unsigned long)state->link_type);
	capture_file_interface(file, state->link_type, (uint32_t)pcap_snapshot(state->pcap), none, none, none);
	return state;
}

/* libpcap says so in words alone. */
static bool header_cannot_be(pcap_t *pcap)
{
	return strstr(pcap_geterr(pcap), "invalid packet capture length") != NULL;
}

static bool pcap_step(struct capture_file *file, struct packet *packet)
{
	struct pcap_state *state = file->state;
	struct pcap_pkthdr *header;
	const u_char *data;
	int result = pcap_next_ex(state->pcap, &header, &data);

	if (result != 1) {
		const char *trouble = input_trouble(&file->input);
		if (trouble != NULL)
			capture_file_note(file, position(file, state->stream),
					  "cannot be read on after packet %llu: %s",
					  (unsigned long long)file->info.packets, trouble);
		else if (result == PCAP_ERROR)
			capture_file_note(
			    file, position(file, state->stream), "is cut off or damaged after packet %llu (%s); %s",
			    (unsigned long long)file->info.packets, pcap_geterr(state->pcap),
			    file->info.packets == 1 && header_cannot_be(state->pcap) ? CAPTURE_LONGER_HEADERS
										     : "everything before it was read");
		return false;
	}
	/* Of USB and D-Bus libpcap lets more pass. */
	if (header->caplen > CAPTURE_PACKET_MAX) {
		capture_file_note(file, position(file, state->stream),
				  "packet %llu is longer than can be; everything before it was read",
				  (unsigned long long)file->info.packets + 1);
		return false;
	}
	/* libpcap has scaled the fraction to nanoseconds already. */
	bool sound = header->ts.tv_usec >= 0 && header->ts.tv_usec < NS_PER_S;
	packet->moment.time =
	    capture_file_time(file, header->ts.tv_sec, sound ? (uint32_t)header->ts.tv_usec : UINT32_MAX);
	packet->link_type = state->link_type;
	packet->link = 0;
	packet->interface = 0;
	packet->data = data;
	packet->captured = header->caplen;
	packet->length = header->len;
	return true;
}

static void pcap_finish(struct capture_file *file)
{
	struct pcap_state *state = file->state;

	/* Not what was read ahead. */
	file->input.offset = position(file, state->stream);
	/* Closes the stream too. */
	pcap_close(state->pcap);
	free(state->buffer);
	free(state);
}

const struct capture_reader reader_pcap = {"pcap", pcap_probe, pcap_begin, pcap_step, pcap_finish};
