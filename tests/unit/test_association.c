/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/association.h"
#include "dissectors/rtse.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct moment unseen_moment = {.time = TIME_NONE};

/* Traffic: who sends, and the bytes. */
struct turn {
	enum pdu_direction from;
	const char *bytes;
};

#define C PDU_FROM_CLIENT
#define S PDU_FROM_SERVER

static const char normal_cr[] = "0300001611e00000000500c0010bc1025431c2025432";
static const char normal_cc[] = "0300001611d00005000900c0010bc1025431c2025432";
static const char normal_cn[] =
    "0300009102f0800d8805091301001601021a0100140202493302533134025332c16f316da003800101a2668102503182025032a422300f0201"
    "01060452010001300406025101300f02010306045600020c30040602510161383036020101a031602fa106060456000106be25282302010"
    "3a01eb01c80011e810105820101a311a00fb00da10b80054d54412d41a1021600";
static const char normal_ac[] =
    "0300007e02f0800e7505091301001601021a010014020249c1643162a003800101a25b83025032a5123007800100810251013007800100810"
    "251016141303f020101a03a6138a106060456000106a203020100a305a103020100be222820020103a01bb11980011e810105a211a00fb10d"
    "a10b80054d54412d42a1021600";
static const char normal_ab[] =
    "0300002b02f0801922110103c11da01ba00b3009300702010106025101610c300a020101a0056403800101";
static const char normal_rf[] =
    "0300005602f0800c4d1101013248023045a512300780010081025101300780010081025101612f302d020101a0286126a106060456000106a"
    "203020101a305a103020101be10280e020103a009b207a105b203020102";
static const char normal_fn[] = "0300001c02f0800913110101c10e610c300a020101a0056203800100";
static const char normal_dn[] = "0300001902f0800a10c10e610c300a020101a0056303800100";
static const char activity[] = "0300(02f08001002d{2903010101})";
static const char x410_cn[] =
    "0300006c02f0800d63011b0a0414024d530b1317113934313031343135333732352d3037303005091301001601011a010014020249340253"
    "48c131312fa003800100a128800101810103820100840101a31aa018a11680106a6f686e646f652d783430302d6d7461a1021600";
static const char x410_ac[] =
    "0300006402f0800e5b011b090414024d530b1317113934313031343135333732352d3037303005091301001601011a01001402024934025"
    "348c1293180a0808001000000a180800100810103a280a080a1808000a1801600000000000000000000000000";
static const char x410_ab[] = "0300001302f080190a110103c1053103800104";

enum { LINES = 4000 };

/* The events as text, one a line, so that whole stories compare. */
struct story {
	char text[LINES];
	size_t length;
	bool with_frames;
	bool without_offsets;
	bool of_pdus; /* each PDU that is traced, in the place of events */
	unsigned remarks;
	unsigned events;
	struct association_details details;
};

static void add(struct story *story, const char *word)
{
	size_t length = strlen(word);

	assert_true(story->length + length + 1 < sizeof story->text);
	memcpy(story->text + story->length, word, length + 1);
	story->length += length;
}

static void on_event(void *user, const struct pdu_event *event)
{
	struct story *story = user;
	char line[200];

	story->events++;
	add(story, event->direction == PDU_FROM_CLIENT ? "C " : "S ");
	add(story, pdu_event_name(event->type));
	if (!story->without_offsets) {
		snprintf(line, sizeof line, " %u-%u", (unsigned)event->start, (unsigned)event->end);
		add(story, line);
	}
	if (story->with_frames) {
		snprintf(line, sizeof line, " f%u", (unsigned)event->moment.frame);
		add(story, line);
	}
	if (event->refusal != NULL) {
		const struct refusal *no = event->refusal;
		snprintf(line, sizeof line, " %s %d %s", layer_name(no->layer), (int)no->code,
			 no->reason == NULL ? "-" : no->reason);
		add(story, line);
		assert_non_null(no->clause);
	}
	add(story, "\n");
	assert_true((event->tpdu != NULL) == (event->type <= PDU_ER));
	if (event->details != NULL)
		story->details = *event->details;
}

static void on_remark(void *user, enum pdu_direction direction, const struct remark *remark)
{
	struct story *story = user;

	(void)direction;
	assert_string_not_equal(remark_text(remark->id), "?");
	story->remarks++;
}

static const struct association_sink sink = {.event = on_event, .remark = on_remark};

static void on_trace(void *user, const struct pdu_trace *pdu)
{
	struct story *story = user;
	char line[300];

	snprintf(line, sizeof line, "%s %u-%u f%u %s %s%s%s\n", pdu->direction == PDU_FROM_CLIENT ? "C" : "S",
		 (unsigned)pdu->start, (unsigned)pdu->end, (unsigned)pdu->moment.frame, layer_name(pdu->layer),
		 pdu->name, pdu->detail == NULL ? "" : ": ", pdu->detail == NULL ? "" : pdu->detail);
	add(story, line);
}

static void no_event(void *user, const struct pdu_event *event)
{
	(void)user;
	(void)event;
}

static const struct association_sink trace_sink = {.event = no_event, .trace = on_trace};

static void feed(struct association *a, enum pdu_direction from, const uint8_t *bytes, size_t length, uint64_t frame)
{
	struct moment moment = moment_at((time_ns)frame, frame, 0);
	uint8_t *piece = malloc(length + 1);

	memcpy(piece, bytes, length);
	association_feed(a, from, piece, length, &moment);
	free(piece);
}

/* Plays the turns, each in pieces of at most piece bytes (0: whole). Returns the service at the end. */
static enum service play(const struct turn *turns, size_t count, size_t piece, struct story *story)
{
	struct association a;

	*story = (struct story){
	    .with_frames = story->with_frames, .without_offsets = story->without_offsets, .of_pdus = story->of_pdus};
	association_init(&a, story->of_pdus ? &trace_sink : &sink, story, false);
	for (size_t i = 0; i < count; i++) {
		struct hex bytes = hex(turns[i].bytes);
		size_t step = piece == 0 ? bytes.length : piece;
		for (size_t at = 0; at < bytes.length; at += step)
			feed(&a, turns[i].from, bytes.bytes + at, step < bytes.length - at ? step : bytes.length - at,
			     i + 1);
	}
	enum service service = association_service(&a);
	association_free(&a);
	return service;
}

#define PLAY(turns, piece, story) play(turns, sizeof(turns) / sizeof *(turns), piece, story)

static void a_normal_mode_association(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {S, normal_ac},
				     {C, activity},  {C, activity},  {C, normal_fn}, {S, normal_dn}};
	struct story story = {.with_frames = true};

	assert_int_equal(PLAY(turns, 0, &story), SERVICE_X400);
	assert_string_equal(story.text, "C CR 0-22 f1\n"
					"S CC 0-22 f2\n"
					"C first DT 22-167 f3\n"
					"C bind request 22-167 f3\n"
					"S first DT 22-148 f4\n"
					"S bind accepted 22-148 f4\n"
					"C first data 167-183 f5\n"
					"C finish 199-227 f7\n"
					"S finish 148-173 f8\n");
	assert_int_equal(story.remarks, 0);
	assert_int_equal(story.details.mode, PRESENTATION_NORMAL);
	assert_string_equal(story.details.initiator, "MTA-A");
	assert_string_equal(story.details.responder, "MTA-B");
	assert_string_equal(story.details.application_context, "2.6.0.1.6");
	assert_int_equal(story.details.checkpoint_asked, 30);
	assert_int_equal(story.details.window_agreed, 5);
	assert_string_equal(rtse_dialogue_name(story.details.dialogue_mode), "two-way-alternate");
	assert_false(story.details.recover);
}

enum { CN_DATA = 68, CN_DATA_LENGTH = 111 }; /* in normal_cn: the digits before its user data, and its bytes */

/* The session SPDU si in a TPKT: parameters, then length bytes of normal_cn's user data from at on. In text. */
static void split_cn(char *text, size_t size, unsigned si, const char *parameters, size_t at, size_t length)
{
	size_t inside = strlen(parameters) / 2 + 2 + length;

	snprintf(text, size, "0300%04x02f080%02x%02x%sc1%02x%.*s", (unsigned)inside + 9, si, (unsigned)inside,
		 parameters, (unsigned)length, (int)length * 2, normal_cn + CN_DATA + at * 2);
}

static void a_connect_that_goes_on_in_overflow_spdus(void **state)
{
	static const char connect[] = "05091301001601021a01001402024933025331340253323c0101";
	static const char overflow_accept[] = "0300000c02f0801003160102";
	char cn[600], first[600], last[600];
	struct story story = {.with_frames = true};

	(void)state;
	split_cn(cn, sizeof cn, 13, connect, 0, 40);
	split_cn(first, sizeof first, 15, "190100", 40, 30);
	split_cn(last, sizeof last, 15, "190102", 70, CN_DATA_LENGTH - 70);
	const struct turn turns[] = {{C, normal_cr}, {S, normal_cc}, {C, cn},        {S, overflow_accept},
				     {C, first},     {C, last},      {S, normal_ac}, {C, activity}};
	for (size_t piece = 0; piece < 3; piece++) {
		assert_int_equal(PLAY(turns, piece, &story), SERVICE_X400);
		assert_int_equal(story.remarks, 0);
		assert_string_equal(story.details.initiator, "MTA-A");
		assert_string_equal(story.details.responder, "MTA-B");
		assert_int_equal(story.details.checkpoint_asked, 30);
		assert_int_equal(story.details.window_asked, 5);
		assert_true(story.details.session_selector);
	}
	/* The request is told of with its CONNECT, and once. */
	assert_non_null(strstr(story.text, "C bind request 22-99 f3\n"));
	assert_null(strstr(strstr(story.text, "bind request") + 1, "bind request"));

	/* Without the last of it nothing is made up, and the answer is read all the same. */
	const struct turn without[] = {{C, normal_cr}, {S, normal_cc}, {C, cn}, {C, first}, {S, normal_ac}};
	PLAY(without, 0, &story);
	assert_string_equal(story.details.initiator, "");
	assert_string_equal(story.details.responder, "MTA-B");

	/* From the wrong side, or without a CONNECT that says so, an overflow SPDU is nothing. */
	const struct turn wrong[] = {{C, normal_cr}, {S, normal_cc}, {C, cn}, {S, first}, {S, last}, {S, normal_ac}};
	PLAY(wrong, 0, &story);
	assert_string_equal(story.details.initiator, "");
	const struct turn none[] = {{C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {C, last}, {S, normal_ac}};
	PLAY(none, 0, &story);
	assert_string_equal(story.details.initiator, "MTA-A");
}

static void every_size_of_piece_tells_the_same_story(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {S, normal_ac}, {C, activity},
				     {C, normal_ab}, {C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {S, normal_rf}};
	struct story whole = {.with_frames = true};
	struct story story = {.with_frames = true};

	PLAY(turns, 0, &whole);
	for (size_t piece = 1; piece < 150; piece++) {
		PLAY(turns, piece, &story);
		assert_string_equal(story.text, whole.text);
		assert_int_equal(story.remarks, 0);
	}
}

static void a_second_connection_after_an_abort(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {S, normal_ac}, {C, normal_ab},
				     {C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {S, normal_rf}};
	struct story story = {0};

	assert_int_equal(PLAY(turns, 0, &story), SERVICE_X400);
	assert_string_equal(story.text, "C CR 0-22\n"
					"S CC 0-22\n"
					"C first DT 22-167\n"
					"C bind request 22-167\n"
					"S first DT 22-148\n"
					"S bind accepted 22-148\n"
					"C abort 167-210 acse 1 acse-service-provider\n"
					"C CR 210-232\n"
					"S CC 148-170\n"
					"C bind request 232-377\n"
					"S bind refused 170-256 p1 2 authentication-error\n");
}

static void an_x410_mode_association(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cr},
				     {S, "0311002c27d001ca002900c10d53574953534c49464554534150c20d4558434"
					 "8414e47455453415031c0010b"},
				     {C, x410_cn},
				     {S, x410_ac},
				     {C, x410_ab}};
	struct story story = {0};

	assert_int_equal(PLAY(turns, 0, &story), SERVICE_X400);
	assert_string_equal(story.text, "C CR 0-22\n"
					"S CC 0-44\n"
					"C first DT 22-130\n"
					"C bind request 22-130\n"
					"S first DT 44-144\n"
					"S bind accepted 44-144\n"
					"C abort 130-149 rtse 4 protocolError\n");
	assert_int_equal(story.details.mode, PRESENTATION_X410_1984);
	assert_string_equal(story.details.initiator, "johndoe-x400-mta");
	assert_string_equal(story.details.application_context, "");
	assert_int_equal(story.details.checkpoint_asked, 1);
	assert_int_equal(story.details.checkpoint_agreed, 0);
	assert_int_equal(story.details.window_asked, 3);
}

static void the_innermost_layer_that_says_no_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		const char *says;
	} rows[] = {
	    {"0300(06800005000001)", "S DR cotp 1 congestion at TSAP\n"},
	    {"0300(0870000503c10102ff)", "S ER cotp 3 invalid parameter value\n"},
	    {"0300(02f0800c{32{83}})", "S bind refused session 131 SPM congestion at connect time\n"},
	    {"0300(02f0800c{32{86}})",
	     "S bind refused session 134 rejection by the SPM; implementation restriction stated in the PICS\n"},
	    {"0300(02f0800c{})", "S bind refused session -1 -\n"},
	    {"0300(02f0800c{32{02 30{8a0101}}})", "S bind refused presentation 1 temporary-congestion\n"},
	    {"0300(02f0800c{32{02 31{800100}}})", "S bind refused rtse 0 rtsBusy\n"},
	    {"0300(02f0800c{32{02 31{a1{b2{020100}}}}})", "S bind refused p1 0 busy\n"},
	    {"0300(02f0800c{32{02 30{61{30{020101 a0{61{a203020101 a3{a2{020102}}}}}}}}})",
	     "S bind refused acse 2 no-common-acse-version\n"},
	    {"0300(02f0800c{32{02 30{61{30{020101 a0{61{a203020101 be{28{020103 a0{b2{800101}}}}}}}}}}})",
	     "S bind refused rtse 1 cannotRecover\n"},
	    {normal_rf, "S bind refused p1 2 authentication-error\n"},
	    {"0300(02f08019{110105})", "S bind refused session 5 protocol error\nS abort session 5 protocol error\n"},
	    {"0300(02f08019{110103 c1{30{800102}}})",
	     "S bind refused presentation 2 unexpected-ppdu\nS abort presentation 2 unexpected-ppdu\n"},
	    {"0300(02f08019{110103 c1{a0{61{30{020101 a0{64{800100 be{28{020103 a0{b6{800103}}}}}}}}}}})",
	     "S bind refused rtse 3 temporaryProblem\nS abort rtse 3 temporaryProblem\n"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct turn turns[] = {{C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {S, rows[i].answer}};
		struct story story = {.without_offsets = true};
		PLAY(turns, 0, &story);
		const char *tail = strstr(story.text, "bind request");
		tail = strchr(tail, '\n') + 1;
		if (strncmp(tail, "S first DT", 10) == 0)
			tail = strchr(tail, '\n') + 1;
		assert_string_equal(tail, rows[i].says);
	}
}

static void an_accept_may_carry_a_rejection(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cn},
				     {S, "0300(02f0800e{c1{31{a003800101 a2{61{30{020101 a0{61{a106060456000106 "
					 "a203020101 a3{a1{020103}}}}}}}}}})"}};
	struct story story = {.without_offsets = true};

	PLAY(turns, 0, &story);
	assert_non_null(strstr(story.text, "bind refused acse 3 calling-AP-title-not-recognized"));
	assert_null(strstr(story.text, "accepted"));
}

static void a_tsdu_in_many_tpdus(void **state)
{
	(void)state;
	struct hex cn = hex(normal_cn);
	struct association a;
	struct story story = {0};

	association_init(&a, &sink, &story, false);
	for (size_t at = 7; at < cn.length; at++) {
		uint8_t tpkt[] = {3, 0, 0, 8, 2, 0xf0, at + 1 == cn.length ? 0x80 : 0, cn.bytes[at]};
		feed(&a, PDU_FROM_CLIENT, tpkt, sizeof tpkt, at);
	}
	assert_string_equal(story.text, "C first DT 0-8\nC bind request 0-1104\n");
	assert_string_equal(story.details.initiator, "MTA-A");
	assert_int_equal(story.remarks, 0);
	assert_null(a.sides[PDU_FROM_CLIENT].tsdu);
	association_free(&a);
}

static void a_tsdu_without_end_is_bounded(void **state)
{
	(void)state;
	struct hex head = hex("030003f0 02f000 0dff7fff");
	uint8_t tpkt[0x3f0] = {0};
	struct association a;
	struct story story = {0};

	memcpy(tpkt, head.bytes, head.length);
	association_init(&a, &sink, &story, false);
	for (int i = 0; i < 500; i++) {
		feed(&a, PDU_FROM_CLIENT, tpkt, sizeof tpkt, 1);
		assert_non_null(a.sides[PDU_FROM_CLIENT].tsdu);
		assert_true(a.sides[PDU_FROM_CLIENT].tsdu->capacity <= ASSOCIATION_TSDU);
	}
	tpkt[6] = 0x80;
	feed(&a, PDU_FROM_CLIENT, tpkt, sizeof tpkt, 2);
	assert_non_null(strstr(story.text, "bind request"));
	assert_true(story.remarks > 0);
	association_free(&a);
}

static void a_gap_costs_what_it_hides_and_no_more(void **state)
{
	(void)state;
	struct hex cr = hex(normal_cr);
	struct hex cn = hex(normal_cn);
	struct hex ac = hex(normal_ac);

	for (size_t from = 0; from < cn.length; from++) {
		struct association a;
		struct story story = {0};
		association_init(&a, &sink, &story, false);
		feed(&a, PDU_FROM_CLIENT, cr.bytes, cr.length, 1);
		feed(&a, PDU_FROM_CLIENT, cn.bytes, from, 2);
		association_gap(&a, PDU_FROM_CLIENT, cn.length - from, &unseen_moment);
		feed(&a, PDU_FROM_SERVER, ac.bytes, ac.length, 3);
		struct hex fn = hex(normal_fn);
		feed(&a, PDU_FROM_CLIENT, fn.bytes, fn.length, 4);
		assert_non_null(strstr(story.text, "S bind accepted"));
		assert_non_null(strstr(story.text, "C finish 167-195"));
		assert_int_equal(strstr(story.text, "bind request") != NULL, from >= 9);
		association_free(&a);
	}
}

static void data_without_a_session_layer_is_another_service(void **state)
{
	(void)state;
	static const struct {
		const char *request;
		const char *data;
		enum service service;
		const char *says;
	} rows[] = {
	    {normal_cr, "0300(02f08032010000ccc100080000f0000001000103c0)", SERVICE_S7, "first data"},
	    {normal_cr, "0300(02f0807201)", SERVICE_S7, "first data"},
	    {normal_cr, "0300(02f080aabb)", SERVICE_UNKNOWN, "first data"},
	    {"0300({e00000000000436f6f6b69653a206d737473686173683d})", "0300(02f0807f65)", SERVICE_RDP, "first data"},
	    {"0300(0802123405 04038090a318039839)", "", SERVICE_H323, ""},
	    {normal_cr, "", SERVICE_UNKNOWN, "CR"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct hex request = hex(rows[i].request);
		struct hex data = hex(rows[i].data);
		struct association a;
		struct story story = {0};
		association_init(&a, &sink, &story, false);
		feed(&a, PDU_FROM_CLIENT, request.bytes, request.length, 1);
		feed(&a, PDU_FROM_CLIENT, data.bytes, data.length, 2);
		assert_int_equal(association_service(&a), rows[i].service);
		assert_non_null(strstr(story.text, rows[i].says));
		association_free(&a);
	}
}

static void mms_becomes_tase2_by_its_names(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, "0300(02f080 0d{c1{31{a003800101 a2{a4{30{020101 060528ca220201 30{06025101}}}"
					 "61{30{020101 a0{60{a1{060528ca220203} be{28{020103 a0{a80100}}}}}}}}}}})"},
				     {S, "0300(02f0800e{})"},
				     {C, "0300(02f0800100010054415345325f56657273696f6e)"}};
	struct story story = {0};

	assert_int_equal(play(turns, 2, 0, &story), SERVICE_MMS);
	assert_string_equal(story.details.application_context, "1.0.9506.2.3");
	assert_int_equal(PLAY(turns, 0, &story), SERVICE_TASE2);
	assert_non_null(strstr(story.text, "C first data"));
}

static void a_foreign_stream_is_not_wanted(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, "474554202f20485454502f312e310d0a"}};
	struct story story = {0};
	struct association a;
	struct hex bytes = hex(turns[0].bytes);

	association_init(&a, &sink, &story, false);
	assert_true(association_wants(&a, PDU_FROM_CLIENT));
	feed(&a, PDU_FROM_CLIENT, bytes.bytes, bytes.length, 1);
	assert_false(association_wants(&a, PDU_FROM_CLIENT));
	assert_true(association_wants(&a, PDU_FROM_SERVER));
	assert_int_equal(story.events, 0);
	assert_int_equal(story.remarks, 1);
	association_free(&a);
}

static void a_connection_from_its_middle(void **state)
{
	(void)state;
	struct hex bytes = hex("deadbeef");
	struct hex ab = hex(normal_ab);
	struct association a;
	struct story story = {0};

	association_init(&a, &sink, &story, true);
	feed(&a, PDU_FROM_SERVER, bytes.bytes, bytes.length, 1);
	feed(&a, PDU_FROM_SERVER, ab.bytes, ab.length, 2);
	assert_string_equal(story.text, "S first DT 4-47\nS abort 4-47 acse 1 acse-service-provider\n");
	association_free(&a);
}

static void an_open_association_is_not_begun_anew(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cr}, {S, normal_cc}, {C, normal_cn},
				     {S, normal_ac}, {C, normal_cn}, {S, normal_rf}};
	struct story story = {0};

	PLAY(turns, 0, &story);
	assert_null(strstr(story.text, "refused"));
	assert_int_equal(story.events, 6);
}

static void every_pdu_is_told_of_when_somebody_asks(void **state)
{
	(void)state;
	const struct turn turns[] = {{C, normal_cr}, {S, normal_cc}, {C, normal_cn}, {S, normal_ac},
				     {C, activity},  {C, activity},  {C, normal_ab}};
	struct story story = {.of_pdus = true};

	PLAY(turns, 0, &story);
	assert_string_equal(story.text,
			    "C 0-22 f1 cotp CR: called T2, calling T1, class 0, TPDU size 2048\n"
			    "S 0-22 f2 cotp CC: called T2, calling T1, class 0, TPDU size 2048\n"
			    "C 22-167 f3 cotp DT: 138 bytes\n"
			    "C 22-167 f3 session CN CONNECT\n"
			    "C 22-167 f3 presentation CP: normal mode, 2 contexts\n"
			    "C 22-167 f3 acse AARQ: application context 2.6.0.1.6\n"
			    "C 22-167 f3 rtse RTORQ: new association, checkpoint 30, window 5, two-way-alternate\n"
			    "C 22-167 f3 p1 MTABindArgument: MTA-A\n"
			    "S 22-148 f4 cotp DT: 119 bytes\n"
			    "S 22-148 f4 session AC ACCEPT\n"
			    "S 22-148 f4 presentation CPA: normal mode\n"
			    "S 22-148 f4 acse AARE: accepted\n"
			    "S 22-148 f4 rtse RTOAC: checkpoint 30, window 5\n"
			    "S 22-148 f4 p1 MTABindResult: MTA-B\n"
			    "C 167-183 f5 cotp DT: 9 bytes\n"
			    "C 167-183 f5 session GT GIVE TOKENS\n"
			    "C 167-183 f5 session AS ACTIVITY START\n"
			    "C 183-199 f6 cotp DT: 9 bytes\n"
			    "C 183-199 f6 session GT GIVE TOKENS\n"
			    "C 183-199 f6 session AS ACTIVITY START\n"
			    "C 199-242 f7 cotp DT: 36 bytes\n"
			    "C 199-242 f7 session AB ABORT: user abort\n"
			    "C 199-242 f7 presentation ARU: normal mode\n"
			    "C 199-242 f7 acse ABRT: acse-service-provider\n");
}

static void the_state_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct association) <= 384);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_normal_mode_association),
	    cmocka_unit_test(a_connect_that_goes_on_in_overflow_spdus),
	    cmocka_unit_test(every_size_of_piece_tells_the_same_story),
	    cmocka_unit_test(a_second_connection_after_an_abort),
	    cmocka_unit_test(an_x410_mode_association),
	    cmocka_unit_test(the_innermost_layer_that_says_no_is_told),
	    cmocka_unit_test(an_accept_may_carry_a_rejection),
	    cmocka_unit_test(a_tsdu_in_many_tpdus),
	    cmocka_unit_test(a_tsdu_without_end_is_bounded),
	    cmocka_unit_test(a_gap_costs_what_it_hides_and_no_more),
	    cmocka_unit_test(data_without_a_session_layer_is_another_service),
	    cmocka_unit_test(mms_becomes_tase2_by_its_names),
	    cmocka_unit_test(a_foreign_stream_is_not_wanted),
	    cmocka_unit_test(a_connection_from_its_middle),
	    cmocka_unit_test(an_open_association_is_not_begun_anew),
	    cmocka_unit_test(every_pdu_is_told_of_when_somebody_asks),
	    cmocka_unit_test(the_state_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
