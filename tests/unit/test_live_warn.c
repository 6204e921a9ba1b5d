/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What deserves a warning, how often it is said, to whom; and what the kernel is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "live/clock.h"
#include "live/kernel_filter.h"
#include "live/outlet.h"
#include "live/ready.h"
#include "live/signs.h"
#include "live/told.h"

#include <math.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define START (INT64_C(1014752599) * NS_PER_S)

struct bench {
	struct warnings *warnings;
	struct signs *signs;
	unsigned count[WARNING_KINDS], good[WARNING_KINDS];
	struct warning last;
};

static void on_warning(void *user, const struct warning *warning)
{
	struct bench *bench = user;

	(warning->good ? bench->good : bench->count)[warning->kind]++;
	bench->last = *warning;
}

static int set_up(void **state)
{
	struct bench *bench = test_calloc(1, sizeof *bench);

	bench->warnings = warnings_new();
	bench->signs = signs_new(bench->warnings, false);
	warnings_to(bench->warnings, on_warning, bench);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	signs_free(bench->signs);
	warnings_free(bench->warnings);
	test_free(bench);
	return 0;
}

/* ---- How often ---- */

static void test_rate(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 25; i++)
		warn_about(bench->warnings, WARNING_DROPS, START + i * NS_PER_S, 0, "number %d", i);
	assert_int_equal(bench->count[WARNING_DROPS], WARNING_BURST);
	assert_string_equal(bench->last.says, "number 9");
	assert_int_equal(warnings_count(bench->warnings, WARNING_DROPS), 25);
	/* Another kind is not held back. */
	warn_about(bench->warnings, WARNING_DISK, START, 0, "full");
	assert_int_equal(bench->count[WARNING_DISK], 1);
	warnings_time(bench->warnings, START + 59 * NS_PER_S);
	assert_int_equal(bench->count[WARNING_DROPS], WARNING_BURST);
	warnings_time(bench->warnings, START + 60 * NS_PER_S);
	assert_int_equal(bench->count[WARNING_DROPS], WARNING_BURST + 1);
	assert_non_null(strstr(bench->last.says, "15 more"));
	warn_about(bench->warnings, WARNING_DROPS, START + 61 * NS_PER_S, 0, "again");
	assert_string_equal(bench->last.says, "again");
}

/* A clock that was set back must not silence a kind for as long. */
static void test_rate_clock_set_back(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 15; i++)
		warn_about(bench->warnings, WARNING_DROPS, START, 0, "before");
	warn_about(bench->warnings, WARNING_DROPS, START - 3600 * NS_PER_S, 0, "after");
	assert_string_equal(bench->last.says, "after");
	assert_int_equal(bench->count[WARNING_DROPS], WARNING_BURST + 2);
}

/* ---- What deserves one ---- */

/* One connection: the times, in ms from its SYN, at which it was asked, got its OK, was closed; -1: never. */
struct story {
	int64_t asks, ok, close;
	enum direction by;
};

/* Of client id, whose SYN came then; ends are the caller's, to be filled. */
static struct live live_at(uint32_t id, time_ns syn, struct endpoint ends[DIRECTIONS])
{
	ends[FROM_CLIENT] = (struct endpoint){.port = (uint16_t)(1024 + id)};
	ends[FROM_SERVER] = (struct endpoint){.port = 102};
	assert_true(address_parse("10.20.1.9", &ends[FROM_CLIENT].ip) &&
		    address_parse("10.20.0.1", &ends[FROM_SERVER].ip));
	return (struct live){.id = id,
			     .client = &ends[FROM_CLIENT],
			     .server = &ends[FROM_SERVER],
			     .syn = moment_at(syn, 1, 1),
			     .synack = MOMENT_NONE,
			     .established = MOMENT_NONE,
			     .request = MOMENT_NONE,
			     .ok = MOMENT_NONE,
			     .close = MOMENT_NONE};
}

static void tell_of(struct bench *bench, uint32_t id, int64_t second, const struct story *story, bool said_no)
{
	struct endpoint ends[DIRECTIONS];
	time_ns syn = START + second * NS_PER_S;
	struct live live = live_at(id, syn, ends);

	live.synack = moment_at(syn, 2, 1);
	live.established = moment_at(syn, 3, 1);
	live.close_side = story->by;
	live.said_no = said_no;
	signs_reached(bench->signs, &live, MILESTONE_ESTABLISHED, &live.established);
	if (story->asks >= 0)
		live.request = moment_at(syn + story->asks * NS_PER_MS, 4, 1);
	if (story->ok >= 0) {
		live.ok = moment_at(syn + story->ok * NS_PER_MS, 5, 1);
		signs_reached(bench->signs, &live, MILESTONE_OK, &live.ok);
	}
	if (story->close >= 0) {
		live.close = moment_at(syn + story->close * NS_PER_MS, 6, 1);
		signs_reached(bench->signs, &live, MILESTONE_CLOSE, &live.close);
	}
}

static void tell(struct bench *bench, uint32_t id, int64_t second, const struct story *story)
{
	tell_of(bench, id, second, story, false);
}

static void test_refusal_above_tcp(void **state)
{
	struct bench *bench = *state;

	for (uint32_t i = 1; i <= 3; i++)
		tell_of(bench, i, i, &(const struct story){1, -1, 2051, FROM_CLIENT}, true);
	assert_int_equal(bench->count[WARNING_EARLY_CLOSE], 3);
	assert_non_null(strstr(bench->last.says, "2.050 s after the request: the server had refused"));
	/* It was no timer that ended these. */
	assert_int_equal(bench->count[WARNING_TIMER], 0);
}

/* A SYN of client id at so many seconds: what becomes of it. */
static void tell_syn(struct bench *bench, uint32_t id, int64_t second, int64_t answered, bool refused)
{
	struct endpoint ends[DIRECTIONS];
	struct live live = live_at(id, START + second * NS_PER_S, ends);

	live.close_resets = true;
	const struct moment answer = moment_at(START + answered * NS_PER_S, 2, 1);
	signs_reached(bench->signs, &live, MILESTONE_SYN, &live.syn);
	if (answered < 0)
		return;
	if (refused) {
		signs_refused(bench->signs, &live, &answer);
		return;
	}
	live.synack = answer;
	signs_reached(bench->signs, &live, MILESTONE_SYNACK, &live.synack);
}

static void test_handshakes(void **state)
{
	struct bench *bench = *state;

	tell_syn(bench, 1, 0, 0, true);
	assert_int_equal(bench->count[WARNING_HANDSHAKE], 1);
	assert_string_equal(bench->last.says, "10.20.1.9:1025 → 10.20.0.1:102 was refused at the SYN (reset)");
	assert_int_equal(bench->last.connection, 1);
	tell_syn(bench, 2, 1, 1, false);
	tell_syn(bench, 3, 2, -1, false);
	for (int64_t second = 2; second < 40; second++) {
		signs_time(bench->signs, START + second * NS_PER_S);
		/* At ten seconds, and at twenty. */
		assert_int_equal(bench->count[WARNING_HANDSHAKE], second < 12 ? 1 : second < 22 ? 2 : 3);
	}
	assert_string_equal(bench->last.says, "10.20.0.1:102 leaves 1 connection without a SYN/ACK, one for 20.000 s");
	tell_syn(bench, 4, 40, 40, false);
	assert_true(bench->last.good);
	assert_string_equal(bench->last.says, "10.20.0.1:102 answers SYNs again");
	/* Its client has given up long since. */
	uint32_t told = bench->count[WARNING_HANDSHAKE];
	for (int64_t second = 70; second < 300; second++)
		signs_time(bench->signs, START + second * NS_PER_S);
	assert_int_equal(bench->count[WARNING_HANDSHAKE], told);
	/* Hours later it is down again, and for as long. */
	for (int hour = 1; hour <= 2; hour++) {
		tell_syn(bench, (uint32_t)hour + 4, hour * 3600, -1, false);
		for (int64_t second = 0; second < 100; second++)
			signs_time(bench->signs, START + (hour * 3600 + second) * NS_PER_S);
		assert_int_equal(bench->count[WARNING_HANDSHAKE], told + 3 * (uint32_t)hour);
	}
}

static void test_early_close(void **state)
{
	struct bench *bench = *state;

	tell(bench, 1, 0, &(const struct story){1, 20, 900, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_EARLY_CLOSE], 0);
	tell(bench, 2, 1, &(const struct story){1, -1, 5001, FROM_SERVER});
	assert_int_equal(bench->count[WARNING_EARLY_CLOSE], 1);
	assert_string_equal(bench->last.says, "10.20.1.9:1026 → 10.20.0.1:102 was closed by the server without an OK "
					      "response, 5.000 s after the request");
	assert_int_equal(bench->last.connection, 2);
	tell(bench, 3, 2, &(const struct story){-1, -1, 100, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_EARLY_CLOSE], 2);
	assert_non_null(strstr(bench->last.says, "after the handshake"));
	assert_int_equal(signs_early_closes(bench->signs), 2);
}

/* Three waits that agree are a timer, three that do not are none; and a side's own only. */
static void test_timer(void **state)
{
	struct bench *bench = *state;

	for (uint32_t i = 0; i < 3; i++)
		tell(bench, 1 + i, i, &(const struct story){0, -1, 20000 + i * 2000, FROM_CLIENT});
	tell(bench, 4, 10, &(const struct story){0, -1, 20100, FROM_SERVER});
	tell(bench, 5, 11, &(const struct story){0, -1, 20000, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_TIMER], 0);
	tell(bench, 6, 12, &(const struct story){0, -1, 20200, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_TIMER], 1);
	/* Then ever less often: at the tenth. */
	for (uint32_t i = 0; i < 7; i++)
		tell(bench, 10 + i, 20 + i, &(const struct story){0, -1, 20000, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_TIMER], 2);
	/* Refused at once again and again is no timer. */
	for (uint32_t i = 0; i < 5; i++)
		tell(bench, 30 + i, 40 + i, &(const struct story){0, -1, 3, FROM_SERVER});
	assert_int_equal(bench->count[WARNING_TIMER], 2);
}

/* The answers of an overloaded MTA get slower before anybody gives up; and well again. */
static void test_latency(void **state)
{
	struct bench *bench = *state;

	for (uint32_t i = 0; i < 40; i++)
		tell(bench, i + 1, i, &(const struct story){0, 70 + i % 10, -1, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_LATENCY], 0);
	/* One slow answer is none that climbs. */
	tell(bench, 50, 41, &(const struct story){0, 9000, -1, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_LATENCY], 0);
	for (uint32_t i = 0; i < 30; i++)
		tell(bench, 60 + i, 60 + i, &(const struct story){0, 100 + 100 * i, -1, FROM_CLIENT});
	assert_int_equal(bench->count[WARNING_LATENCY], 2);
	assert_non_null(strstr(bench->last.says, "10.20.0.1:102 takes longer to say OK"));
	assert_non_null(strstr(bench->last.says, "usually at most"));
	for (uint32_t i = 0; i < 8; i++)
		tell(bench, 100 + i, 120 + i, &(const struct story){0, 70, -1, FROM_CLIENT});
	assert_int_equal(bench->good[WARNING_LATENCY], 1);
}

/* An MTA that says nothing at all any more has no slow answers. */
static void test_waiting(void **state)
{
	struct bench *bench = *state;

	for (uint32_t i = 0; i < 40; i++)
		tell(bench, i + 1, i, &(const struct story){0, 70, -1, FROM_CLIENT});
	tell(bench, 50, 50, &(const struct story){0, -1, -1, FROM_CLIENT});
	signs_time(bench->signs, START + 60 * NS_PER_S);
	assert_int_equal(bench->count[WARNING_LATENCY], 0); /* one alone */
	tell(bench, 51, 56, &(const struct story){0, -1, -1, FROM_CLIENT});
	signs_time(bench->signs, START + 58 * NS_PER_S);
	assert_int_equal(bench->count[WARNING_LATENCY], 1);
	assert_non_null(strstr(bench->last.says, "keeps 2 connections waiting"));
	signs_time(bench->signs, START + 60 * NS_PER_S);
	assert_int_equal(bench->count[WARNING_LATENCY], 1); /* not twice as long yet */
	signs_time(bench->signs, START + 70 * NS_PER_S);
	assert_int_equal(bench->count[WARNING_LATENCY], 2);
}

/* ---- Incidents ---- */

static void test_incidents(void **state)
{
	struct bench *bench = *state;
	struct told *told = told_new();
	struct incident incidents[2] = {{.id = 1, .lpi = {1, 15, 42}, .t_local = 53085},
					{.id = 2, .lpi = {1, 15, 43}, .t_local = 53090}};
	struct match matches[2] = {{.confidence = MATCH_CERTAIN, .connection = 7, .score = 0.99},
				   {.confidence = MATCH_AMBIGUOUS, .connection = 8, .score = 0.5}};
	struct event_log log = {.incidents = incidents, .incident_count = 2};
	struct clock_estimate clock = {.method = CLOCK_GIVEN};
	struct lined_up now = {.log = &log, .clock = &clock, .clocks = &clock, .matches = matches};

	told_incidents(told, &now, 6, NULL, bench->warnings, START);
	assert_int_equal(bench->count[WARNING_INCIDENT], 1);
	assert_string_equal(bench->last.says,
			    "event 4283 (Bad LPI 1-15-42) at 14:44:45 of the log is connection #7 (probability 0.99)");
	assert_false(told_lacks(told));
	told_incidents(told, &now, 6, NULL, bench->warnings, START);
	assert_int_equal(bench->count[WARNING_INCIDENT], 1);
	matches[1].confidence = MATCH_PROBABLE;
	told_incidents(told, &now, 6, NULL, bench->warnings, START);
	assert_int_equal(bench->count[WARNING_INCIDENT], 2);
	/* Another run that knows of them says nothing. */
	struct told *next = told_new();
	for (size_t i = 0; i < told_count(told); i++)
		told_before(next, told_key(told, i));
	told_incidents(next, &now, 6, NULL, bench->warnings, START);
	assert_int_equal(bench->count[WARNING_INCIDENT], 2);
	told_free(next);
	told_free(told);
}

/* ---- Where they go ---- */

static void test_journal(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[1024] = "";
	struct warning warning = {.kind = WARNING_TIMER, .connection = 17, .says = "a timer"};

	(void)state;
	snprintf(address.sun_path, sizeof address.sun_path, "/tmp/mtascope-journal-%d", (int)getpid());
	int journal = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(journal, (const struct sockaddr *)&address, sizeof address), 0);
	int to = outlet_journal_open(address.sun_path);
	assert_true(to >= 0);
	outlet_journal(&to, &warning);
	assert_true(recv(journal, text, sizeof text - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(text,
			    "MESSAGE=timer: a timer\nPRIORITY=4\nSYSLOG_IDENTIFIER=mtascope\nMTASCOPE_KIND=timer\n"
			    "MTASCOPE_CONNECTION=17\n");
	close(to);
	close(journal);
	unlink(address.sun_path);
	assert_true(outlet_journal_open(address.sun_path) < 0);
}

/* Whether who listens there is told, when the environment says name. */
static bool hears_ready(const struct sockaddr_un *address, socklen_t length, const char *name)
{
	char text[64] = "";
	int manager = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_int_equal(bind(manager, (const struct sockaddr *)address, length), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	ready_tell(ready_open());
	unsetenv("NOTIFY_SOCKET");
	bool heard = recv(manager, text, sizeof text - 1, MSG_DONTWAIT) > 0 && strcmp(text, "READY=1") == 0;
	close(manager);
	return heard;
}

static void test_ready(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[64], name[sizeof address.sun_path + 1];

	(void)state;
	snprintf(path, sizeof path, "/tmp/mtascope-ready-%d", (int)getpid());
	strcpy(address.sun_path, path);
	assert_true(hears_ready(&address, sizeof address, path));
	/* Nobody listens there any more but for the name, which nobody says. */
	unlink(path);
	assert_false(hears_ready(&address, sizeof address, "/tmp/mtascope-nobody"));
	unlink(path);
	/* A name without a file. */
	path[0] = '@';
	memset(&address, 0, sizeof address);
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path + 1, path + 1, strlen(path) - 1);
	assert_true(hears_ready(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)), path));
	/* What is none. */
	memset(name, '/', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (const char **wrong = (const char *[]){"", "@", "relative", name, NULL}; *wrong != NULL; wrong++) {
		setenv("NOTIFY_SOCKET", *wrong, 1);
		assert_int_equal(ready_open(), -1);
	}
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(ready_open(), -1);
	ready_tell(-1);
}

static void test_person(void **state)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct warning warning = {.kind = WARNING_LATENCY, .time = START, .says = "slow"};

	(void)state;
	outlet_person(out, &warning);
	warning.good = true;
	outlet_person(out, &warning);
	fclose(out);
	assert_string_equal(text,
			    "2002-02-26T19:43:19Z WARNING latency: slow\n2002-02-26T19:43:19Z good latency: slow\n");
	free(text);
}

/* ---- Packet time ---- */

static void test_clock_goes_on(void **state)
{
	struct packet_clock clock;

	(void)state;
	clock_begin(&clock, START, 5 * NS_PER_S);
	assert_true(clock_now(&clock, 6 * NS_PER_S) == START + NS_PER_S);
	clock_packet(&clock, START + 10 * NS_PER_S, 15 * NS_PER_S);
	assert_true(clock_now(&clock, 18 * NS_PER_S) == START + 13 * NS_PER_S);
	/* Slewed a little it was not set. */
	assert_true(clock_look(&clock, START + 13 * NS_PER_S + NS_PER_MS, 18 * NS_PER_S) == 0);
	assert_true(clock_look(&clock, START + 14 * NS_PER_S + 2 * NS_PER_MS, 19 * NS_PER_S) == 0);
}

/* Set by an hour, with the next packet before or after that is noticed: it is told once, and packet time is right. */
static void test_clock_set(void **state)
{
	static const int64_t hours[] = {3600 * NS_PER_S, -3600 * NS_PER_S};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (unsigned late = 0; late < 2; late++) {
			struct packet_clock clock;
			clock_begin(&clock, START, 0);
			clock_packet(&clock, START + NS_PER_S, NS_PER_S);
			if (late)
				clock_packet(&clock, START + 2 * NS_PER_S + hours[i], 2 * NS_PER_S);
			assert_true(clock_look(&clock, START + 3 * NS_PER_S + hours[i], 3 * NS_PER_S) == hours[i]);
			assert_true(clock_now(&clock, 3 * NS_PER_S) == START + 3 * NS_PER_S + hours[i]);
			assert_true(clock_look(&clock, START + 4 * NS_PER_S + hours[i], 4 * NS_PER_S) == 0);
		}
	}
}

/* ---- The kernel's filter ---- */

static bool passes(int link_type, enum kernel_filter_width width, const char *own, const uint8_t *data, size_t length)
{
	static char text[KERNEL_FILTER_SIZE];
	struct watched_ports ports = {.list = {102, 3102}, .count = 2};
	struct bpf_program code;
	struct pcap_pkthdr header = {.caplen = (unsigned)length, .len = (unsigned)length};

	assert_true(kernel_filter(text, &ports, own, width) > 0);
	pcap_t *pcap = pcap_open_dead(link_type, 65535);
	assert_int_equal(pcap_compile(pcap, &code, text, 1, PCAP_NETMASK_UNKNOWN), 0);
	bool passed = pcap_offline_filter(&code, &header, data) != 0;
	pcap_freecode(&code);
	pcap_close(pcap);
	return passed;
}

/* Ethernet, tags, and IPv4 with a protocol, a fragment's place and the ports; returns the length. */
static size_t frame(uint8_t *bytes, unsigned tags, uint8_t protocol, uint16_t fragment, uint16_t port)
{
	size_t at = 12;

	memset(bytes, 0, 128);
	for (unsigned i = 0; i < tags; i++, at += 4) {
		bytes[at] = 0x81;
		bytes[at + 3] = 7;
	}
	bytes[at] = 0x08;
	uint8_t *ip = bytes + at + 2;
	ip[0] = 0x45;
	ip[3] = 40;
	ip[6] = (uint8_t)(fragment >> 8);
	ip[7] = (uint8_t)fragment;
	ip[9] = protocol;
	ip[22] = (uint8_t)(port >> 8);
	ip[23] = (uint8_t)port;
	return at + 2 + 40;
}

static void test_kernel_filter(void **state)
{
	uint8_t bytes[128];
	enum { TCP = 6, UDP = 17, ICMP = 1, GRE = 47 };

	(void)state;
	for (unsigned tags = 0; tags <= 2; tags++) {
		assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, TCP, 0, 102)));
		assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, TCP, 0, 3102)));
		assert_false(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, TCP, 0, 80)));
		assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, TCP, 0x00b9, 80)));
		assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, UDP, 0x2000, 80)));
		assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, ICMP, 0, 0)));
		assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, GRE, 0, 0)));
		assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, UDP, 0, 4789)));
		assert_false(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, frame(bytes, tags, UDP, 0, 53)));
	}
	assert_false(passes(DLT_EN10MB, FILTER_WHOLE, "host 10.0.0.1", bytes, frame(bytes, 0, TCP, 0, 102)));
	size_t length = frame(bytes, 0, TCP, 0, 102);
	assert_true(passes(DLT_RAW, FILTER_IP, NULL, bytes + 14, length - 14));
	assert_true(passes(DLT_EN10MB, FILTER_NO_TAGS, NULL, bytes, length));
	/* IPv6 behind an extension header, which may be anything. */
	memset(bytes, 0, sizeof bytes);
	bytes[12] = 0x86;
	bytes[13] = 0xdd;
	bytes[14] = 0x60;
	bytes[20] = 60;
	assert_true(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, 14 + 40 + 40));
	bytes[20] = 6;
	assert_false(passes(DLT_EN10MB, FILTER_WHOLE, NULL, bytes, 14 + 40 + 40));
	/* As many ports as there can be. */
	struct watched_ports all = {.count = WATCHED_PORTS};
	static char text[KERNEL_FILTER_SIZE];
	for (size_t i = 0; i < WATCHED_PORTS; i++)
		all.list[i] = (uint16_t)(60000 + i);
	assert_true(kernel_filter(text, &all, NULL, FILTER_WHOLE) > 0);
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	struct bpf_program code;
	assert_int_equal(pcap_compile(pcap, &code, text, 1, PCAP_NETMASK_UNKNOWN), 0);
	pcap_freecode(&code);
	pcap_close(pcap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_rate, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_rate_clock_set_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_handshakes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refusal_above_tcp, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_early_close, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_timer, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_latency, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_waiting, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_incidents, set_up, tear_down),
	    cmocka_unit_test(test_journal),
	    cmocka_unit_test(test_ready),
	    cmocka_unit_test(test_person),
	    cmocka_unit_test(test_clock_goes_on),
	    cmocka_unit_test(test_clock_set),
	    cmocka_unit_test(test_kernel_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
