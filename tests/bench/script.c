/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/script.h"

#include "tests/bench/wire.h"
#include "tests/generator/pdu.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 16, MESSAGE_LEAST = 2000, MESSAGE_STEP = 560, MESSAGES_MOST = 12 };
/* Of the bulk packets, which are half of all: 0.6 % and 0.2 % of all packets. */
enum { SENT_AGAIN_PPM = 14000, OVERTAKEN_PPM = 4600 };

/* ---- The PDUs ---- */

static struct {
	struct bytes cr, cc, dr, connect, accept, start, message[MESSAGES], end, end_answer, finish, disconnect;
	struct bytes probe, probe_answer;
} pdus;

void script_prepare(void)
{
	pdu_cr(&pdus.cr, 1, "MADRID", "EXCHANGE");
	pdu_cc(&pdus.cc, 1, 2, 0, "MADRID", "EXCHANGE");
	pdu_dr(&pdus.dr, 1, 129);
	pdu_connect(&pdus.connect, &(struct bind_terms){.mode = MODE_X410, .name = "MADRID"});
	pdu_accept(&pdus.accept, &(struct bind_terms){.mode = MODE_X410, .name = "EXCHANGE"});
	pdu_activity_start(&pdus.start, 1);
	for (unsigned i = 0; i < MESSAGES; i++)
		pdu_message(&pdus.message[i], MODE_X410, i + 1, MESSAGE_LEAST + (size_t)i * MESSAGE_STEP);
	pdu_activity_end(&pdus.end);
	pdu_activity_end_answer(&pdus.end_answer);
	pdu_finish(&pdus.finish, MODE_X410);
	pdu_disconnect(&pdus.disconnect, MODE_X410);
	pdu_s7(&pdus.probe, true);
	pdu_s7(&pdus.probe_answer, false);
}

/* ---- Steps ---- */

struct writer {
	struct script *script;
	struct chance *chance;
	uint32_t seq[2];
	unsigned unacknowledged[2];
};

static struct step *add(struct writer *writer, enum side side, uint8_t flags, int64_t after_us, enum milestone reaches)
{
	struct script *script = writer->script;

	if (script->count == STEPS_MAX)
		abort();
	struct step *step = &script->steps[script->count++];
	*step = (struct step){.after_us = after_us,
			      .seq = writer->seq[side],
			      .ack = (flags & WIRE_ACK) != 0 ? writer->seq[!side] : 0,
			      .flags = flags,
			      .side = (uint8_t)side,
			      .reaches = (uint8_t)reaches};
	writer->seq[side] += (flags & (WIRE_SYN | WIRE_FIN)) != 0;
	if ((flags & WIRE_ACK) != 0)
		writer->unacknowledged[!side] = 0;
	return step;
}

static int64_t trip(struct writer *writer)
{
	return 400 + chance_exponential(writer->chance, 600);
}

/* One PDU in segments; the other side acknowledges every second full one. */
static void say(struct writer *writer, enum side side, const struct bytes *pdu, int64_t after_us,
		enum milestone reaches, bool bulk)
{
	for (size_t at = 0; at < pdu->length;) {
		size_t left = pdu->length - at;
		size_t length = left < WIRE_MSS ? left : WIRE_MSS;
		bool last = length == left;
		struct step *step = add(writer, side, last ? WIRE_ACK | WIRE_PSH : WIRE_ACK, at == 0 ? after_us : 120,
					last ? reaches : MILESTONE_NONE);
		step->payload = pdu->data + at;
		step->length = (uint16_t)length;
		step->bulk = bulk;
		writer->seq[side] += (uint32_t)length;
		at += length;
		if (length == WIRE_MSS && ++writer->unacknowledged[side] == 2)
			add(writer, !side, WIRE_ACK, trip(writer), MILESTONE_NONE);
	}
}

static void shake_hands(struct writer *writer)
{
	add(writer, CLIENT, WIRE_SYN, 0, MILESTONE_SYN);
	add(writer, SERVER, WIRE_SYN | WIRE_ACK, trip(writer), MILESTONE_SYNACK);
	add(writer, CLIENT, WIRE_ACK, trip(writer), MILESTONE_ESTABLISHED);
}

static void ask(struct writer *writer)
{
	say(writer, CLIENT, &pdus.cr, 1000, MILESTONE_REQUEST, false);
}

static void confirm(struct writer *writer)
{
	say(writer, SERVER, &pdus.cc, trip(writer) + chance_exponential(writer->chance, 4000), MILESTONE_OK, false);
}

static void closes(struct writer *writer, const char *by, const char *how)
{
	writer->script->close_by = by;
	writer->script->close_how = how;
}

static void hang_up(struct writer *writer, int64_t after_us)
{
	/* A DR has closed before. */
	bool first = writer->script->close_by == NULL;

	if (first)
		closes(writer, "client", "fin");
	add(writer, CLIENT, WIRE_FIN | WIRE_ACK, after_us, first ? MILESTONE_CLOSE : MILESTONE_NONE);
	add(writer, SERVER, WIRE_FIN | WIRE_ACK, trip(writer), MILESTONE_NONE);
	add(writer, CLIENT, WIRE_ACK, trip(writer), MILESTONE_NONE);
}

static void bind(struct writer *writer)
{
	shake_hands(writer);
	ask(writer);
	confirm(writer);
	say(writer, CLIENT, &pdus.connect, trip(writer), MILESTONE_BIND_REQUEST, false);
	say(writer, SERVER, &pdus.accept, trip(writer) + 3000, MILESTONE_BIND_RESULT, false);
	say(writer, CLIENT, &pdus.start, trip(writer), MILESTONE_FIRST_DATA, false);
}

static void message(struct writer *writer)
{
	say(writer, CLIENT, &pdus.message[chance_between(writer->chance, 0, MESSAGES - 1)], 300, MILESTONE_NONE, true);
	say(writer, CLIENT, &pdus.end, 200, MILESTONE_NONE, true);
	say(writer, SERVER, &pdus.end_answer, trip(writer) + 5000, MILESTONE_NONE, false);
	add(writer, CLIENT, WIRE_ACK, trip(writer) + 100000, MILESTONE_NONE);
}

/* ---- Disorder ---- */

static void send_again(struct script *script, size_t place)
{
	if (script->count == STEPS_MAX)
		return;
	struct step *again = &script->steps[place + 1];
	memmove(again + 1, again, (script->count - place - 1) * sizeof *again);
	*again = script->steps[place];
	again->after_us = 200000;
	again->bulk = false;
	script->retransmissions[again->side]++;
	script->count++;
}

static void overtake(struct script *script, size_t place)
{
	struct step *one = &script->steps[place];
	struct step *other = one + 1;
	struct step swapped = *one;

	*one = *other;
	*other = swapped;
	one->bulk = other->bulk = false;
	other->after_us = one->after_us;
	one->after_us = swapped.after_us;
}

static void disturb(struct script *script, struct chance *chance)
{
	for (size_t i = 0; i + 1 < script->count; i++) {
		const struct step *step = &script->steps[i];
		if (!step->bulk)
			continue;
		if (chance_ppm(chance, SENT_AGAIN_PPM))
			send_again(script, i);
		else if (step[1].bulk && step[1].side == step->side && chance_ppm(chance, 2 * OVERTAKEN_PPM))
			overtake(script, i);
	}
}

/* ---- Plots ---- */

static void play_messages(struct writer *writer, int64_t pace_us)
{
	int64_t messages = chance_between(writer->chance, 1, MESSAGES_MOST);

	bind(writer);
	for (int64_t i = 0; i < messages; i++) {
		if (i > 0)
			say(writer, CLIENT, &pdus.start, 1000 + chance_exponential(writer->chance, pace_us),
			    MILESTONE_NONE, false);
		message(writer);
	}
	say(writer, CLIENT, &pdus.finish, chance_exponential(writer->chance, pace_us), MILESTONE_NONE, false);
	say(writer, SERVER, &pdus.disconnect, trip(writer), MILESTONE_NONE, false);
	hang_up(writer, trip(writer));
	disturb(writer->script, writer->chance);
}

static void play_probe(struct writer *writer, int64_t pace_us, bool reset)
{
	shake_hands(writer);
	ask(writer);
	confirm(writer);
	say(writer, CLIENT, &pdus.probe, trip(writer), MILESTONE_NONE, false);
	say(writer, SERVER, &pdus.probe_answer, trip(writer), MILESTONE_NONE, false);
	if (!reset) {
		hang_up(writer, chance_exponential(writer->chance, pace_us));
		return;
	}
	closes(writer, "client", "rst");
	add(writer, CLIENT, WIRE_RST | WIRE_ACK, chance_exponential(writer->chance, pace_us), MILESTONE_CLOSE);
}

static void play_failure(struct writer *writer, enum plot plot)
{
	if (plot == PLOT_SYN_REFUSED) {
		add(writer, CLIENT, WIRE_SYN, 0, MILESTONE_SYN);
		writer->seq[SERVER] = 0;
		add(writer, SERVER, WIRE_RST | WIRE_ACK, trip(writer), MILESTONE_CLOSE);
		closes(writer, "server", "rst");
		return;
	}
	if (plot == PLOT_SYN_UNANSWERED) {
		for (int64_t i = 0; i < 3; i++) {
			add(writer, CLIENT, WIRE_SYN, i * 3000000, i == 0 ? MILESTONE_SYN : MILESTONE_NONE);
			writer->seq[CLIENT]--;
		}
		return;
	}
	shake_hands(writer);
	if (plot == PLOT_NO_REQUEST) {
		hang_up(writer, 5000000 + chance_exponential(writer->chance, 1000000));
		return;
	}
	ask(writer);
	if (plot == PLOT_NO_OK) {
		add(writer, SERVER, WIRE_ACK, 150000, MILESTONE_NONE);
		hang_up(writer, 30000000);
		return;
	}
	if (plot == PLOT_REFUSED) {
		say(writer, SERVER, &pdus.dr, trip(writer), MILESTONE_CLOSE, false);
		closes(writer, "server", "dr");
	} else {
		confirm(writer);
	}
	hang_up(writer, 2000);
}

void script_write(struct script *script, enum plot plot, int64_t pace_us, struct chance *chance)
{
	static const char *const outcomes[PLOTS] = {
	    [PLOT_MESSAGES] = "ok",
	    [PLOT_PROBE] = "ok",
	    [PLOT_PROBE_RESET] = "ok",
	    [PLOT_SYN_REFUSED] = "syn-refused",
	    [PLOT_SYN_UNANSWERED] = "syn-unanswered",
	    [PLOT_NO_REQUEST] = "no-request",
	    [PLOT_NO_OK] = "no-ok",
	    [PLOT_CLOSED_AFTER_OK] = "closed-after-ok",
	    [PLOT_REFUSED] = "refused",
	    [PLOT_OPEN_IDLE] = "pending",
	    [PLOT_OPEN_DATA] = "ok",
	};
	struct writer writer = {.script = script, .chance = chance};

	script->count = 0;
	script->retransmissions[CLIENT] = script->retransmissions[SERVER] = 0;
	script->close_by = script->close_how = NULL;
	script->outcome = outcomes[plot];
	writer.seq[CLIENT] = (uint32_t)chance_bits(chance);
	writer.seq[SERVER] = (uint32_t)chance_bits(chance);
	switch (plot) {
	case PLOT_MESSAGES:
		play_messages(&writer, pace_us);
		break;
	case PLOT_PROBE:
	case PLOT_PROBE_RESET:
		play_probe(&writer, pace_us, plot == PLOT_PROBE_RESET);
		break;
	case PLOT_OPEN_IDLE:
		shake_hands(&writer);
		break;
	case PLOT_OPEN_DATA:
		bind(&writer);
		/* The end of the message does not come. */
		say(&writer, CLIENT, &pdus.message[MESSAGES - 1], 300, MILESTONE_NONE, true);
		script->count -= 3;
		break;
	default:
		play_failure(&writer, plot);
	}
}
