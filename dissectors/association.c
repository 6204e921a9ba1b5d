/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/association.h"

#include "base/memory.h"
#include "dissectors/note.h"

#include <stdlib.h>
#include <string.h>

/* Of a TSDU that goes on in further TPDUs nobody knows the length: more than any has. */
static const size_t MORE = SIZE_MAX / 4;

/* One unit on its way up: a TPKT, or a TSDU that the last of its TPKTs completed. */
struct arrival {
	struct association *a;
	struct association_side *side;
	enum pdu_direction direction;
	uint64_t start, end;
	const struct moment *moment;
	uint8_t reserved;
};

static void tell_remarks(const struct arrival *arrival, enum layer layer, uint32_t bits)
{
	struct association *a = arrival->a;
	const struct association_sink *sink = a->sink;

	if (sink->remark == NULL)
		return;
	if (a->told == NULL)
		a->told = memory_get_zeroed(PDU_DIRECTIONS, sizeof *a->told);
	uint32_t fresh = bits & ~a->told[arrival->direction][layer];
	a->told[arrival->direction][layer] |= bits;
	for (int id = 0; fresh != 0 && id < REMARKS; id++) {
		struct remark remark = {layer, (enum remark_id)id, arrival->start};
		if ((fresh & remark_bit(remark.id)) != 0)
			sink->remark(a->user, arrival->direction, &remark);
	}
}

static inline bool any_remarks(const struct layer_notes *notes)
{
	uint32_t all = 0;

	for (int layer = 0; layer < LAYERS; layer++)
		all |= notes->remarks[layer];
	return all != 0;
}

static void tell_all_remarks(const struct arrival *arrival, const struct layer_notes *notes)
{
	if (!any_remarks(notes))
		return;
	for (int layer = 0; layer < LAYERS; layer++)
		if (notes->remarks[layer] != 0)
			tell_remarks(arrival, (enum layer)layer, notes->remarks[layer]);
}

static void on_pdu(void *user, enum layer layer, const char *name, const char *detail)
{
	const struct arrival *arrival = user;
	struct pdu_trace pdu = {
	    .direction = arrival->direction,
	    .moment = *arrival->moment,
	    .start = arrival->start,
	    .end = arrival->end,
	    .layer = layer,
	    .name = name,
	    .detail = detail,
	};

	arrival->a->sink->trace(arrival->a->user, &pdu);
}

/* Who hears of the PDUs of this arrival: nobody, as a rule. */
static struct layer_notes notes_of(struct arrival *arrival)
{
	return (struct layer_notes){.pdu = arrival->a->sink->trace == NULL ? NULL : on_pdu, .user = arrival};
}

static struct pdu_event make_event(const struct arrival *arrival, enum pdu_event_type type)
{
	return (struct pdu_event){
	    .type = type,
	    .direction = arrival->direction,
	    .moment = *arrival->moment,
	    .start = arrival->start,
	    .end = arrival->end,
	    .service = arrival->a->service,
	    .reserved = arrival->reserved,
	    .details = arrival->a->details,
	};
}

static void tell(const struct arrival *arrival, const struct pdu_event *event)
{
	arrival->a->sink->event(arrival->a->user, event);
}

static void tell_session(const struct arrival *arrival, enum pdu_event_type type, enum session_kind kind,
			 const struct refusal *refusal)
{
	struct pdu_event event = make_event(arrival, type);

	event.spdu = kind;
	event.refusal = refusal;
	tell(arrival, &event);
}

/* What holds a bind may hold a password: nothing of it outlives the parse. */
static void wipe(uint8_t *bytes, size_t length)
{
	if (bytes != NULL)
		explicit_bzero(bytes, length);
}

static void free_tsdu(struct association_tsdu *tsdu)
{
	if (tsdu == NULL)
		return;
	wipe(tsdu->bytes, tsdu->captured);
	free(tsdu->bytes);
	free(tsdu);
}

static void drop_tsdu(struct association_side *side)
{
	free_tsdu(side->tsdu);
	side->tsdu = NULL;
	side->cut = false;
	side->in_tsdu = false;
	side->collecting = false;
	tpkt_pass_data(&side->tpkt, false);
}

/* ---- A CONNECT whose user data goes on (X.225 8.3: CN, OA, CDO) ---- */

static void drop_overflow(struct association *a)
{
	if (a->overflow != NULL)
		wipe(a->overflow->bytes, a->overflow->length);
	free(a->overflow);
	a->overflow = NULL;
}

/* Adds to what is kept; where something is not there, or it becomes too much, nothing is kept any more. */
static void keep_overflow(struct association *a, struct cursor data)
{
	size_t before = a->overflow == NULL ? 0 : a->overflow->length;
	size_t length = cursor_readable(&data);

	if (length != cursor_left(&data) || length > ASSOCIATION_TSDU - before) {
		drop_overflow(a);
		return;
	}
	struct association_overflow *more = memory_get(sizeof *more + before + length);
	more->length = before + length;
	if (before > 0)
		memcpy(more->bytes, a->overflow->bytes, before);
	const uint8_t *bytes = cursor_take(&data, length);
	if (bytes != NULL && length > 0)
		memcpy(more->bytes + before, bytes, length);
	drop_overflow(a);
	a->overflow = more;
}

static void set_phase(struct association *a, enum association_phase phase)
{
	bool bulk = phase == PHASE_OPEN || phase == PHASE_OTHER;

	a->phase = phase;
	if (phase != PHASE_BINDING)
		drop_overflow(a);
	for (int i = 0; i < PDU_DIRECTIONS; i++) {
		tpkt_keep(&a->sides[i].tpkt, bulk ? ASSOCIATION_KEEP_BULK : TPKT_KEEP);
		tpkt_pass_data(&a->sides[i].tpkt, false);
	}
}

static struct association_details *need_details(struct association *a)
{
	if (a->details == NULL) {
		a->details = memory_get_zeroed(1, sizeof *a->details);
		a->details->dialogue_mode = -1;
		a->details->checkpoint_asked = a->details->checkpoint_agreed = -1;
		a->details->window_asked = a->details->window_agreed = -1;
	}
	return a->details;
}

static struct carrier *need_carrier(struct association *a)
{
	if (a->carrier == NULL)
		a->carrier = memory_get_zeroed(1, sizeof *a->carrier);
	return a->carrier;
}

/* What was under way when the association ended has no end of its own. */
static void cut_transfers(const struct arrival *arrival)
{
	if (arrival->a->carrier != NULL)
		transfers_break(&arrival->a->carrier->transfers, TRANSFER_CUT, -1, arrival->moment);
}

/*
 * More of the CONNECT's user data; with the last of it the whole is read anew. The request itself was told of with the
 * CONNECT: from then on its sender waits.
 */
static void on_overflow(struct arrival *arrival, const struct session_spdu *spdu)
{
	struct association *a = arrival->a;

	if (a->overflow == NULL || a->phase != PHASE_BINDING || arrival->direction != a->binder)
		return;
	keep_overflow(a, spdu->user_data);
	if (a->overflow == NULL || (spdu->has_enclosure && (spdu->enclosure & SESSION_LAST_SEGMENT) == 0))
		return;
	struct layer_notes notes = notes_of(arrival);
	const struct session_spdu whole = {.kind = SESSION_CN,
					   .user_data = cursor_over(a->overflow->bytes, a->overflow->length)};
	bool session_selector = a->details->session_selector;
	bind_request(&whole, a->details, &a->carrier->contexts, &a->service, &notes);
	a->details->session_selector = session_selector;
	a->carrier->mode = a->details->mode;
	drop_overflow(a);
	tell_all_remarks(arrival, &notes);
}

static void on_request(struct arrival *arrival, const struct session_spdu *spdu)
{
	struct association *a = arrival->a;
	struct layer_notes notes = notes_of(arrival);

	struct carrier *carrier = need_carrier(a);

	cut_transfers(arrival);
	bind_request(spdu, need_details(a), &carrier->contexts, &a->service, &notes);
	carrier->mode = a->details->mode;
	a->binder = arrival->direction;
	drop_overflow(a);
	if (spdu->more)
		keep_overflow(a, spdu->user_data);
	set_phase(a, PHASE_BINDING);
	tell_all_remarks(arrival, &notes);
	tell_session(arrival, PDU_BIND_REQUEST, spdu->kind, NULL);
}

static void on_answer(struct arrival *arrival, const struct session_spdu *spdu)
{
	struct association *a = arrival->a;
	struct layer_notes notes = notes_of(arrival);
	struct refusal refusal;

	struct carrier *carrier = need_carrier(a);
	bool refused = bind_answer(spdu, need_details(a), &carrier->contexts, &a->service, &refusal, &notes);

	carrier->mode = a->details->mode;
	set_phase(a, refused ? PHASE_ENDED : PHASE_OPEN);
	tell_all_remarks(arrival, &notes);
	tell_session(arrival, refused ? PDU_BIND_REFUSED : PDU_BIND_ACCEPTED, spdu->kind, refused ? &refusal : NULL);
}

static void on_abort(struct arrival *arrival, const struct session_spdu *spdu)
{
	struct association *a = arrival->a;
	struct layer_notes notes = notes_of(arrival);
	struct refusal refusal;
	const struct presentation_set none = {0};
	bool instead = a->phase == PHASE_BINDING && arrival->direction != a->binder;

	bind_abort(spdu, a->carrier == NULL ? &none : &a->carrier->contexts, &refusal, &notes);
	cut_transfers(arrival);
	set_phase(a, PHASE_ENDED);
	tell_all_remarks(arrival, &notes);
	if (instead)
		tell_session(arrival, PDU_BIND_REFUSED, spdu->kind, &refusal);
	tell_session(arrival, PDU_ABORT, spdu->kind, &refusal);
}

/* Data after the request shows that the bind was accepted, also where the answer was not captured. */
static void on_session_data(const struct arrival *arrival, enum session_kind kind)
{
	struct association *a = arrival->a;

	if (a->phase == PHASE_BINDING)
		set_phase(a, PHASE_OPEN);
	if (a->phase != PHASE_OPEN || a->seen_data)
		return;
	a->seen_data = true;
	tell_session(arrival, PDU_FIRST_DATA, kind, NULL);
}

static void on_release(struct arrival *arrival, const struct session_spdu *spdu)
{
	struct layer_notes notes = notes_of(arrival);
	const struct presentation_set none = {0};
	const struct carrier *carrier = arrival->a->carrier;

	bind_release(spdu, carrier == NULL ? &none : &carrier->contexts, &notes);
	if (spdu->kind == SESSION_DN) {
		cut_transfers(arrival);
		set_phase(arrival->a, PHASE_ENDED);
	}
	tell_session(arrival, PDU_FINISH, spdu->kind, NULL);
}

static void on_spdu(struct arrival *arrival, const struct session_spdu *spdu)
{
	bool opens = spdu->kind == SESSION_CN || spdu->kind == SESSION_AC || spdu->kind == SESSION_RF;

	/* Within an open association these have no place, and bytes that look like them are something else. */
	if (opens && arrival->a->phase == PHASE_OPEN)
		return;
	switch (spdu->kind) {
	case SESSION_CN:
		on_request(arrival, spdu);
		break;
	case SESSION_CDO:
		on_overflow(arrival, spdu);
		break;
	case SESSION_AC:
	case SESSION_RF:
		on_answer(arrival, spdu);
		break;
	case SESSION_AB:
		on_abort(arrival, spdu);
		break;
	case SESSION_FN:
	case SESSION_DN:
		on_release(arrival, spdu);
		break;
	case SESSION_AS:
	case SESSION_AR:
	case SESSION_DT:
	case SESSION_TD:
	case SESSION_EX:
		on_session_data(arrival, spdu->kind);
		break;
	default:
		break;
	}
}

/* What an open association carries. One whose bind the capture lacks may be X.400's once it has an activity. */
static void on_carried(struct arrival *arrival, const struct session_spdu *spdu, const struct carrier_piece *piece)
{
	struct association *a = arrival->a;
	bool starts = spdu->kind == SESSION_AS || spdu->kind == SESSION_AR;
	bool open = a->phase == PHASE_OPEN || a->phase == PHASE_IDLE;

	if (!open || (a->carrier == NULL && !starts && a->sink->trace == NULL))
		return;
	struct layer_notes notes = notes_of(arrival);
	carrier_spdu(need_carrier(a), spdu, piece, &notes);
	tell_all_remarks(arrival, &notes);
}

/*
 * Only while an envelope is read are TPDUs of an open association kept whole, and of the others that go on with a TSDU
 * the length is enough.
 */
static inline void keep_what_is_read(const struct arrival *arrival)
{
	const struct association *a = arrival->a;
	struct association_side *side = arrival->side;

	if (a->phase != PHASE_OPEN || a->carrier == NULL)
		return;
	bool reads = carrier_reads(a->carrier, arrival->direction);
	tpkt_keep(&side->tpkt, reads ? TPKT_KEEP : ASSOCIATION_KEEP_BULK);
	tpkt_pass_data(&side->tpkt, !reads && side->in_tsdu && !side->collecting);
}

/* declared is how many bytes of the TSDU this unit has: tsdu may be declared longer, for more TPDUs are to come. */
static void on_tsdu(struct arrival *arrival, const struct cursor *tsdu, size_t declared)
{
	const struct carrier_piece piece = {arrival->direction, tsdu->data, declared + tsdu->position, arrival->moment};
	struct session_reader reader = session_over(*tsdu, arrival->a->seen_data);
	bool traced = arrival->a->sink->trace != NULL;
	struct session_spdu spdu;

	/* Tokens that say nothing stand before nearly every SPDU. */
	int passed = !traced && session_pass_token(&reader);
	for (int i = passed; i < ASSOCIATION_SPDUS && session_next(&reader, &spdu); i++) {
		if (traced) {
			struct layer_notes notes = notes_of(arrival);
			note_spdu(&spdu, &notes);
		}
		on_spdu(arrival, &spdu);
		on_carried(arrival, &spdu, &piece);
	}
	keep_what_is_read(arrival);
	if (reader.remarks != 0)
		tell_remarks(arrival, LAYER_SESSION, reader.remarks);
}

/* Names of objects that every TASE.2 peer asks for, and no other MMS client. */
static void look_for_tase2(struct association *a, struct cursor tsdu)
{
	static const char *const names[] = {"TASE2_Version", "Supported_Features", "Bilateral_Table_ID",
					    "Next_DSTransfer_Set"};
	size_t length = cursor_readable(&tsdu);

	if (a->service != SERVICE_MMS || a->tase2_looks >= ASSOCIATION_TASE2_LOOKS)
		return;
	a->tase2_looks++;
	if (length > ASSOCIATION_KEEP_BULK)
		length = ASSOCIATION_KEEP_BULK;
	const uint8_t *bytes = cursor_take(&tsdu, length);
	for (size_t i = 0; bytes != NULL && i < sizeof names / sizeof *names; i++)
		if (memmem(bytes, length, names[i], strlen(names[i])) != NULL)
			a->service = SERVICE_TASE2;
}

/* The SIs of SPDUs that matter before the bind is over, and are wanted whole. */
static bool opens_or_ends(uint8_t si)
{
	return (si >= 12 && si <= 16) || si == 25;
}

/* Whether messages may be carried here. */
static bool carries(const struct association *a)
{
	if (a->phase == PHASE_IDLE)
		return a->service == SERVICE_UNKNOWN && a->sides[PDU_FROM_CLIENT].tpkt.midstream;
	return a->service == SERVICE_X400 && a->phase != PHASE_ENDED;
}

/* A TSDU that is not collected: all that is wanted stands in its first bytes. */
static inline void look_at(struct arrival *arrival, struct cursor *data, bool eot)
{
	struct association *a = arrival->a;
	uint8_t si = cursor_peek(data);
	bool category_0 = si == 1 || si == 2;

	if (category_0)
		look_for_tase2(a, *data);
	/* Bulk data, of which the first was told of: nothing in it can be news. */
	bool nothing_new = a->seen_data || a->phase == PHASE_IDLE || a->phase == PHASE_ENDED;
	if (category_0 && nothing_new && !carries(a) && a->sink->trace == NULL)
		return;
	size_t declared = cursor_left(data);
	if (!eot)
		data->declared += MORE;
	on_tsdu(arrival, data, declared);
}

/* Not by realloc, which could leave a copy behind. */
static void grow(struct association_tsdu *tsdu, size_t capacity)
{
	uint8_t *larger = memory_get(capacity);

	if (tsdu->captured > 0)
		memcpy(larger, tsdu->bytes, tsdu->captured);
	wipe(tsdu->bytes, tsdu->captured);
	free(tsdu->bytes);
	tsdu->bytes = larger;
	tsdu->capacity = (uint32_t)capacity;
}

/* Appends what was captured, as long as it is adjacent to what is there. */
static void collect(struct association_side *side, struct cursor data)
{
	struct association_tsdu *tsdu = side->tsdu;
	size_t length = cursor_readable(&data);
	size_t left = cursor_left(&data);
	size_t room = ASSOCIATION_TSDU - tsdu->captured;

	tsdu->declared = left > UINT32_MAX - tsdu->declared ? UINT32_MAX : tsdu->declared + (uint32_t)left;
	if (side->cut)
		return;
	side->cut = length < left || length > room;
	if (length > room)
		length = room;
	if (length == 0)
		return;
	if (length > tsdu->capacity - tsdu->captured) {
		size_t capacity = tsdu->captured + length < 2048 ? 2048 : (tsdu->captured + length) * 2;
		grow(tsdu, capacity < ASSOCIATION_TSDU ? capacity : ASSOCIATION_TSDU);
	}
	memcpy(tsdu->bytes + tsdu->captured, cursor_take(&data, length), length);
	tsdu->captured += (uint32_t)length;
}

/* Hands on the collected TSDU, taking it from the side first: what it holds may start the side anew. */
static void finish_tsdu(struct arrival *arrival)
{
	struct association_side *side = arrival->side;
	struct association_tsdu *tsdu = side->tsdu;
	struct cursor whole = cursor_cut(tsdu->bytes, tsdu->captured, tsdu->declared);

	arrival->start = tsdu->start;
	if (tsdu->declared > ASSOCIATION_TSDU && tsdu->captured == ASSOCIATION_TSDU)
		tell_remarks(arrival, LAYER_COTP, remark_bit(REMARK_TSDU_TOO_LONG));
	else if (tsdu->captured < tsdu->declared)
		tell_remarks(arrival, LAYER_COTP, remark_bit(REMARK_TSDU_INCOMPLETE));
	side->tsdu = NULL;
	drop_tsdu(side);
	on_tsdu(arrival, &whole, whole.declared);
	free_tsdu(tsdu);
}

/* Bytes were lost between two TPKTs: a TSDU in hand has lost its end, and nobody saw when that came. */
static void on_hole(struct arrival *arrival)
{
	const struct moment unseen = MOMENT_NONE;
	struct association_side *side = arrival->side;
	struct arrival ended = *arrival;
	bool within = side->in_tsdu && !side->collecting;

	if (side->in_tsdu && side->collecting && side->tsdu->captured > 0) {
		ended.end = side->next;
		ended.moment = &unseen;
		side->tsdu->declared += side->tsdu->declared < UINT32_MAX;
		finish_tsdu(&ended);
	}
	drop_tsdu(side);
	side->unsure = within;
	if (arrival->a->carrier != NULL)
		carrier_lost(arrival->a->carrier, arrival->direction);
}

/* Without a session layer it is something else; what, its first bytes may tell. */
static enum service service_of_data(struct cursor data)
{
	uint8_t first = cursor_u8(&data);
	uint8_t second = cursor_u8(&data);

	if (!cursor_good(&data))
		return SERVICE_UNKNOWN;
	if (first == 0x32 && (second == 1 || second == 2 || second == 3 || second == 7))
		return SERVICE_S7;
	if (first == 0x72 && (second <= 3 || second == 0xfe))
		return SERVICE_S7;
	/* T.125 Connect-Initial and Connect-Response, with which Remote Desktop begins. */
	return first == 0x7f && (second == 0x65 || second == 0x66) ? SERVICE_RDP : SERVICE_UNKNOWN;
}

static void on_other_data(struct arrival *arrival)
{
	struct association *a = arrival->a;
	struct pdu_event event;

	set_phase(a, PHASE_OTHER);
	if (a->seen_data)
		return;
	a->seen_data = true;
	event = make_event(arrival, PDU_FIRST_DATA);
	tell(arrival, &event);
}

/*
 * How a TSDU may begin while no CONNECT was seen: with one, or, where that was lost, with an answer, an end, or the
 * empty token SPDU before data.
 */
static bool is_session(struct cursor data)
{
	uint8_t si = cursor_u8(&data);
	uint8_t length = cursor_u8(&data);

	if (si == 1 || si == 2)
		return length <= 3;
	return (si >= 8 && si <= 10) || opens_or_ends(si);
}

/* The start of a TSDU before any CONNECT: is there a session layer at all? */
static bool is_other(struct association *a, struct cursor data)
{
	enum service service = service_of_data(data);

	if (service != SERVICE_UNKNOWN && a->service == SERVICE_UNKNOWN)
		a->service = service;
	return service != SERVICE_UNKNOWN || a->service == SERVICE_RDP || !is_session(data);
}

/* Whether a TPDU begins a TSDU of an open association: with tokens, or with one SPDU that fills it. */
static bool begins_plainly(struct cursor data, bool eot)
{
	size_t whole = cursor_left(&data);
	uint8_t si = cursor_u8(&data);
	uint8_t length = cursor_u8(&data);

	if (si == 1 || si == 2)
		return length == 0 || length == 3;
	return eot && opens_or_ends(si) && length != 0xff && (size_t)length + 2 == whole;
}

static inline void begin_tsdu(struct arrival *arrival, struct cursor *data, bool eot)
{
	struct association *a = arrival->a;
	struct association_side *side = arrival->side;
	uint8_t si = cursor_peek(data);

	side->in_tsdu = !eot;
	side->collecting = false;
	if (side->unsure && !begins_plainly(*data, eot)) {
		side->unsure = !eot;
		side->in_tsdu = false;
		return;
	}
	side->unsure = false;
	/* Empty, or its first byte was not captured: nothing can be told from it. */
	if (cursor_readable(data) == 0 || a->phase == PHASE_OTHER)
		return;
	if (a->phase == PHASE_IDLE && is_other(a, *data)) {
		on_other_data(arrival);
		return;
	}
	if (a->phase == PHASE_OPEN || !opens_or_ends(si)) {
		look_at(arrival, data, eot);
	} else if (eot) {
		on_tsdu(arrival, data, cursor_left(data));
	} else {
		side->collecting = true;
		if (side->tsdu == NULL)
			side->tsdu = memory_get_zeroed(1, sizeof *side->tsdu);
		side->tsdu->start = arrival->start;
		collect(side, *data);
	}
}

static inline void on_more(struct arrival *arrival, const struct cursor *data)
{
	struct carrier *carrier = arrival->a->carrier;

	if (carrier_reads(carrier, arrival->direction)) {
		struct layer_notes notes = notes_of(arrival);
		carrier_more(carrier, arrival->direction, *data, &notes);
	} else {
		carrier_pass(carrier, arrival->direction, cursor_left(data));
	}
	keep_what_is_read(arrival);
}

static void on_first_dt(const struct arrival *arrival)
{
	const struct pdu_event event = make_event(arrival, PDU_FIRST_DT);

	arrival->side->seen_dt = true;
	tell(arrival, &event);
}

static inline void on_data(struct arrival *arrival, struct cursor *data, bool eot)
{
	struct association_side *side = arrival->side;

	if (!side->seen_dt)
		on_first_dt(arrival);
	if (!side->in_tsdu) {
		begin_tsdu(arrival, data, eot);
		return;
	}
	side->in_tsdu = !eot;
	if (!side->collecting) {
		if (arrival->a->carrier != NULL)
			on_more(arrival, data);
		return;
	}
	collect(side, *data);
	if (eot)
		finish_tsdu(arrival);
}

/* A CR begins a connection, whatever went before on the same TCP connection. */
static void on_connect_request(const struct arrival *arrival)
{
	struct association *a = arrival->a;

	cut_transfers(arrival);
	for (int i = 0; i < PDU_DIRECTIONS; i++)
		drop_tsdu(&a->sides[i]);
	set_phase(a, PHASE_IDLE);
}

static void on_control(struct arrival *arrival, const struct cotp_tpdu *tpdu)
{
	struct association *a = arrival->a;
	struct refusal refusal;
	struct pdu_event event;

	if (tpdu->code == COTP_CR)
		on_connect_request(arrival);
	if (tpdu->rdp)
		a->service = SERVICE_RDP;
	event = make_event(arrival, PDU_CR);
	event.tpdu = tpdu;
	switch (tpdu->code) {
	case COTP_CR:
		break;
	case COTP_CC:
		event.type = PDU_CC;
		break;
	case COTP_DR:
		event.type = PDU_DR;
		refusal_begin(&refusal);
		refusal_add(&refusal, REFUSAL_COTP_DR, tpdu->reason);
		event.refusal = &refusal;
		break;
	case COTP_ER:
		event.type = PDU_ER;
		refusal_begin(&refusal);
		refusal_add(&refusal, REFUSAL_COTP_ER, tpdu->reason);
		event.refusal = &refusal;
		break;
	default:
		return;
	}
	tell(arrival, &event);
}

/* Q.931 stands on TPKT without COTP: its discriminator 08, a call reference of up to two bytes, a message type. */
static bool is_q931(struct cursor unit)
{
	uint8_t discriminator = cursor_u8(&unit);
	uint8_t length = cursor_u8(&unit);

	cursor_skip(&unit, length);
	uint8_t type = cursor_u8(&unit);
	return cursor_good(&unit) && discriminator == 8 && length <= 2 && (type & 0x80) == 0;
}

static inline void note_dt(struct arrival *arrival, const struct cursor *data, bool eot)
{
	if (arrival->a->sink->trace == NULL)
		return;
	struct layer_notes notes = notes_of(arrival);
	note_pdu(&notes, LAYER_COTP, "DT", eot ? "%zu bytes" : "%zu bytes, more follow", cursor_left(data));
}

/* A TPKT with anything but a class 0 DT in it. */
static void on_other_unit(struct arrival *arrival, const struct cursor *unit)
{
	struct association *a = arrival->a;
	struct cotp_tpdu tpdu;

	if (cotp_parse(*unit, &tpdu)) {
		a->seen_cotp = true;
		struct layer_notes notes = notes_of(arrival);
		note_tpdu(&tpdu, &notes);
		on_control(arrival, &tpdu);
	} else if (!a->seen_cotp && a->phase == PHASE_IDLE && is_q931(*unit)) {
		struct layer_notes notes = notes_of(arrival);
		a->service = SERVICE_H323;
		set_phase(a, PHASE_OTHER);
		note_pdu(&notes, LAYER_TPKT, "Q.931", NULL);
	} else if (tpdu.remarks == remark_bit(REMARK_TPDU_TRUNCATED)) {
		/* It may have been a DT with the end of a TSDU. */
		on_hole(arrival);
	}
	if (a->service != SERVICE_H323)
		tell_remarks(arrival, LAYER_COTP, tpdu.remarks);
}

static void on_unit(void *user, struct tpkt_unit *unit)
{
	struct arrival *arrival = user;
	struct association_side *side = arrival->side;
	bool eot;

	arrival->start = unit->start;
	arrival->end = unit->end;
	arrival->moment = unit->moment;
	arrival->reserved = unit->reserved;
	if (unit->start != side->next)
		on_hole(arrival);
	side->next = unit->end;
	if (!cotp_data(&unit->tpdu, &eot)) {
		on_other_unit(arrival, &unit->tpdu);
		return;
	}
	arrival->a->seen_cotp = true;
	note_dt(arrival, &unit->tpdu, eot);
	on_data(arrival, &unit->tpdu, eot);
}

void association_init(struct association *a, const struct association_sink *sink, void *user, bool midstream)
{
	*a = (struct association){.sink = sink, .user = user};
	for (int i = 0; i < PDU_DIRECTIONS; i++)
		tpkt_init(&a->sides[i].tpkt, midstream);
}

void association_free(struct association *a)
{
	for (int i = 0; i < PDU_DIRECTIONS; i++) {
		tpkt_free(&a->sides[i].tpkt);
		drop_tsdu(&a->sides[i]);
	}
	drop_overflow(a);
	free(a->told);
	a->told = NULL;
	free(a->details);
	a->details = NULL;
	if (a->carrier != NULL)
		carrier_free(a->carrier);
	free(a->carrier);
	a->carrier = NULL;
}

struct transfers association_take_transfers(struct association *a)
{
	struct transfers taken = {0};

	if (a->carrier == NULL)
		return taken;
	taken = a->carrier->transfers;
	a->carrier->transfers = (struct transfers){0};
	free(taken.head);
	taken.head = NULL;
	taken.reading = false;
	return taken;
}

/* Framing remarks have no unit; they are told with the place the reader has come to. */
static inline void after_framing(struct arrival *arrival)
{
	struct association_side *side = arrival->side;

	/* Remote Desktop goes over to TLS after the CC: what no longer is TPKT there never will be again. */
	if (arrival->a->service == SERVICE_RDP && side->tpkt.state == TPKT_SEARCHING)
		tpkt_give_up(&side->tpkt);
	if (side->tpkt.remarks == 0)
		return;
	arrival->start = side->tpkt.start;
	tell_remarks(arrival, LAYER_TPKT, side->tpkt.remarks);
}

void association_feed(struct association *a, enum pdu_direction direction, const uint8_t *data, size_t length,
		      const struct moment *moment)
{
	if (tpkt_passes(&a->sides[direction].tpkt, length))
		return;
	struct arrival arrival = {.a = a, .side = &a->sides[direction], .direction = direction, .moment = moment};
	tpkt_feed(&a->sides[direction].tpkt, data, length, moment, on_unit, &arrival);
	after_framing(&arrival);
}

void association_gap(struct association *a, enum pdu_direction direction, uint64_t length, const struct moment *moment)
{
	struct arrival arrival = {.a = a, .side = &a->sides[direction], .direction = direction, .moment = moment};

	tpkt_gap(&a->sides[direction].tpkt, length, moment, on_unit, &arrival);
	after_framing(&arrival);
}

enum service association_service(const struct association *a)
{
	return a->service;
}

bool association_spoke(const struct association *a)
{
	return a->seen_cotp || a->service == SERVICE_H323;
}

bool association_wants(const struct association *a, enum pdu_direction direction)
{
	return a->sides[direction].tpkt.state != TPKT_FOREIGN;
}

const char *pdu_event_name(enum pdu_event_type type)
{
	static const char *const names[PDU_EVENT_TYPES] = {
	    "CR",           "CC",    "DR",     "ER",         "first DT", "bind request", "bind accepted",
	    "bind refused", "abort", "finish", "first data",
	};

	return (unsigned)type < PDU_EVENT_TYPES ? names[type] : "?";
}
