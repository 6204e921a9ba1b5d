/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/session.h"

#include "dissectors/pdu.h"

#include <string.h>

/* X.225 annex C. */
enum parameter {
	PGI_CONNECTION_ID = 1,
	PGI_CONNECT_ACCEPT = 5,
	PI_CALLED_REFERENCE = 9,
	PI_CALLING_REFERENCE = 10,
	PI_COMMON_REFERENCE = 11,
	PI_ADDITIONAL_REFERENCE = 12,
	PI_SYNC_TYPE = 15,
	PI_TOKEN = 16,
	PI_DISCONNECT = 17,
	PI_OPTIONS = 19,
	PI_FUNCTIONAL_UNITS = 20,
	PI_TSDU_SIZE = 21,
	PI_VERSIONS = 22,
	PI_INITIAL_SERIAL = 23,
	PI_PREPARE_TYPE = 24,
	PI_ENCLOSURE = 25,
	PI_TOKEN_SETTING = 26,
	PI_RESYNC_TYPE = 27,
	PGI_LINKING = 33,
	PI_ACTIVITY = 41,
	PI_SERIAL = 42,
	PI_REFLECT = 49,
	PI_REASON = 50,
	PI_CALLING_SSEL = 51,
	PI_CALLED_SSEL = 52,
	PI_SECOND_RESYNC_TYPE = 53,
	PI_SECOND_SERIAL = 54,
	PI_SECOND_INITIAL_SERIAL = 55,
	PI_UPPER_LIMIT_SERIAL = 56,
	PI_LARGE_INITIAL_SERIAL = 57,
	PI_LARGE_SECOND_INITIAL_SERIAL = 58,
	PI_OVERFLOW = 60,
	PGI_USER_DATA = 193,
	PGI_EXTENDED_USER_DATA = 194,
};

struct row {
	bool has_data; /* user information follows the parameters, to the end of the TSDU */
	const char *short_name;
	const char *title; /* the short name, a space, and the name */
};

static const struct row rows[SESSION_KINDS] = {
    [SESSION_UNKNOWN] = {false, "?", "? ?"},
    [SESSION_CN] = {false, "CN", "CN CONNECT"},
    [SESSION_OA] = {false, "OA", "OA OVERFLOW ACCEPT"},
    [SESSION_CDO] = {false, "CDO", "CDO CONNECT DATA OVERFLOW"},
    [SESSION_AC] = {false, "AC", "AC ACCEPT"},
    [SESSION_RF] = {false, "RF", "RF REFUSE"},
    [SESSION_FN] = {false, "FN", "FN FINISH"},
    [SESSION_DN] = {false, "DN", "DN DISCONNECT"},
    [SESSION_NF] = {false, "NF", "NF NOT FINISHED"},
    [SESSION_AB] = {false, "AB", "AB ABORT"},
    [SESSION_AA] = {false, "AA", "AA ABORT ACCEPT"},
    [SESSION_DT] = {true, "DT", "DT DATA TRANSFER"},
    [SESSION_EX] = {true, "EX", "EX EXPEDITED"},
    [SESSION_TD] = {true, "TD", "TD TYPED DATA"},
    [SESSION_CD] = {false, "CD", "CD CAPABILITY DATA"},
    [SESSION_CDA] = {false, "CDA", "CDA CAPABILITY DATA ACK"},
    [SESSION_GT] = {false, "GT", "GT GIVE TOKENS"},
    [SESSION_PT] = {false, "PT", "PT PLEASE TOKENS"},
    [SESSION_GTC] = {false, "GTC", "GTC GIVE TOKENS CONFIRM"},
    [SESSION_GTA] = {false, "GTA", "GTA GIVE TOKENS ACK"},
    [SESSION_MIP] = {false, "MIP", "MIP MINOR SYNC POINT"},
    [SESSION_MIA] = {false, "MIA", "MIA MINOR SYNC ACK"},
    [SESSION_MAP] = {false, "MAP", "MAP MAJOR SYNC POINT"},
    [SESSION_MAA] = {false, "MAA", "MAA MAJOR SYNC ACK"},
    [SESSION_RS] = {false, "RS", "RS RESYNCHRONIZE"},
    [SESSION_RA] = {false, "RA", "RA RESYNCHRONIZE ACK"},
    [SESSION_PR] = {false, "PR", "PR PREPARE"},
    [SESSION_ER] = {false, "ER", "ER EXCEPTION REPORT"},
    [SESSION_ED] = {false, "ED", "ED EXCEPTION DATA"},
    [SESSION_AS] = {false, "AS", "AS ACTIVITY START"},
    [SESSION_AR] = {false, "AR", "AR ACTIVITY RESUME"},
    [SESSION_AI] = {false, "AI", "AI ACTIVITY INTERRUPT"},
    [SESSION_AIA] = {false, "AIA", "AIA ACTIVITY INTERRUPT ACK"},
    [SESSION_AD] = {false, "AD", "AD ACTIVITY DISCARD"},
    [SESSION_ADA] = {false, "ADA", "ADA ACTIVITY DISCARD ACK"},
    [SESSION_AE] = {false, "AE", "AE ACTIVITY END"},
    [SESSION_AEA] = {false, "AEA", "AEA ACTIVITY END ACK"},
};

/* How an SI may come: alone in its TSDU (categories 0 and 1), or after a GT or PT (category 2). */
enum { ALONE, SECOND, PLACES, SI_END = 64 };

/* The kinds that an SI tells by itself. */
static const uint8_t kinds[SI_END][PLACES] = {
    [0] = {[SECOND] = SESSION_ER},
    [SESSION_SI_GT] = {[ALONE] = SESSION_GT, [SECOND] = SESSION_DT},
    [SESSION_SI_PT] = {[ALONE] = SESSION_PT},
    [5] = {[ALONE] = SESSION_EX},
    [7] = {[ALONE] = SESSION_PR},
    [8] = {[ALONE] = SESSION_NF},
    [9] = {[ALONE] = SESSION_FN},
    [10] = {[ALONE] = SESSION_DN},
    [12] = {[ALONE] = SESSION_RF},
    [13] = {[ALONE] = SESSION_CN},
    [14] = {[ALONE] = SESSION_AC},
    [15] = {[ALONE] = SESSION_CDO},
    [16] = {[ALONE] = SESSION_OA},
    [21] = {[ALONE] = SESSION_GTC},
    [22] = {[ALONE] = SESSION_GTA},
    [25] = {[ALONE] = SESSION_AB, [SECOND] = SESSION_AI},
    [26] = {[ALONE] = SESSION_AA, [SECOND] = SESSION_AIA},
    [29] = {[SECOND] = SESSION_AR},
    [33] = {[ALONE] = SESSION_TD},
    [34] = {[SECOND] = SESSION_RA},
    [41] = {[SECOND] = SESSION_MAP},
    [42] = {[SECOND] = SESSION_MAA},
    [45] = {[SECOND] = SESSION_AS},
    [48] = {[SECOND] = SESSION_ED},
    [49] = {[SECOND] = SESSION_MIP},
    [50] = {[SECOND] = SESSION_MIA},
    [53] = {[SECOND] = SESSION_RS},
    [57] = {[SECOND] = SESSION_AD},
    [58] = {[SECOND] = SESSION_ADA},
    [61] = {[SECOND] = SESSION_CD},
    [62] = {[SECOND] = SESSION_CDA},
};

/* What SPDUs and parameters begin with: a code, and a length in one byte, or FF and two bytes (X.225 8.2). */
static inline size_t read_header(struct cursor *cursor, uint8_t *code)
{
	const uint8_t *bytes = cursor_look(cursor, 2);

	if (bytes != NULL && bytes[1] != 0xff) {
		cursor_skip(cursor, 2);
		*code = bytes[0];
		return bytes[1];
	}
	*code = cursor_u8(cursor);
	uint8_t length = cursor_u8(cursor);
	return length == 0xff ? cursor_be16(cursor) : length;
}

/* The kind for an SI in its place; failing that the same SI in the other place, for a peer that omits the GT. */
static enum session_kind find_kind(uint8_t si, bool second)
{
	if (si >= SI_END)
		return SESSION_UNKNOWN;
	uint8_t kind = kinds[si][second ? SECOND : ALONE];
	return (enum session_kind)(kind != SESSION_UNKNOWN ? kind : kinds[si][second ? ALONE : SECOND]);
}

static enum session_kind tell_kind(const struct session_reader *reader, const struct session_spdu *spdu)
{
	enum session_kind kind = find_kind(spdu->si, reader->after_category_0);

	if (reader->activity_open && kind == SESSION_MAP)
		return SESSION_AE;
	if (reader->activity_open && kind == SESSION_MAA)
		return SESSION_AEA;
	/* An interrupt whose sender left the GT out still has a reason code, which an abort has not. */
	if (reader->activity_open && kind == SESSION_AB && spdu->has_reason && !spdu->has_disconnect)
		return SESSION_AI;
	return kind;
}

/* A serial number is up to six decimal digits (X.225 8.3, PI 42). */
static int32_t read_serial(struct cursor value)
{
	size_t length = cursor_left(&value);
	int32_t serial = 0;

	if (length == 0 || length > 6)
		return SESSION_SERIAL_NONE;
	for (size_t i = 0; i < length; i++) {
		uint8_t digit = cursor_u8(&value);
		if (digit < '0' || digit > '9')
			return SESSION_SERIAL_NONE;
		serial = serial * 10 + (digit - '0');
	}
	return serial;
}

/* The members that only few SPDUs have. */
static struct session_spdu *need_rare(struct session_spdu *spdu)
{
	if (!spdu->has_rare) {
		spdu->has_rare = true;
		spdu->references = spdu->old_references = (struct session_references){0};
		spdu->large_initial_serial = spdu->large_second_initial_serial = (struct cursor){0};
		spdu->calling_ssel = spdu->called_ssel = spdu->old_activity = spdu->reflect = (struct cursor){0};
	}
	return spdu;
}

static void read_reference(struct session_references *references, uint8_t code, struct cursor value)
{
	struct cursor *const places[] = {&references->called, &references->calling, &references->common,
					 &references->additional};

	*places[code - PI_CALLED_REFERENCE] = value;
}

static void read_items(struct session_spdu *spdu, uint8_t code, const struct cursor *value)
{
	uint8_t first = cursor_peek(value);
	bool there = cursor_readable(value) > 0;

	switch (code) {
	case PI_SYNC_TYPE:
		spdu->sync_type = first;
		break;
	case PI_TOKEN:
		spdu->has_token = there;
		spdu->token = first;
		break;
	case PI_DISCONNECT:
		spdu->has_disconnect = there;
		spdu->disconnect = first;
		break;
	case PI_OPTIONS:
		spdu->options = first;
		break;
	case PI_VERSIONS:
		spdu->versions = first;
		break;
	case PI_PREPARE_TYPE:
		spdu->prepare_type = first;
		break;
	case PI_ENCLOSURE:
		spdu->has_enclosure = there;
		spdu->enclosure = first;
		break;
	case PI_TOKEN_SETTING:
		spdu->token_setting = first;
		break;
	case PI_RESYNC_TYPE:
		spdu->resync_type = first;
		break;
	case PI_SECOND_RESYNC_TYPE:
		spdu->second_resync_type = first;
		break;
	case PI_OVERFLOW:
		spdu->more = (first & 1) != 0;
		break;
	default:
		break;
	}
}

static void read_value(struct session_spdu *spdu, uint8_t group, uint8_t code, const struct cursor *part)
{
	bool old = group == PGI_LINKING;
	struct cursor value = *part;

	switch (code) {
	case PI_CALLED_REFERENCE:
	case PI_CALLING_REFERENCE:
	case PI_COMMON_REFERENCE:
	case PI_ADDITIONAL_REFERENCE:
		need_rare(spdu);
		read_reference(old ? &spdu->old_references : &spdu->references, code, value);
		break;
	case PI_FUNCTIONAL_UNITS:
		spdu->functional_units = cursor_be16(&value);
		spdu->has_functional_units = cursor_good(&value);
		break;
	case PI_TSDU_SIZE:
		spdu->tsdu_size[0] = cursor_be16(&value);
		spdu->tsdu_size[1] = cursor_be16(&value);
		break;
	case PI_INITIAL_SERIAL:
		spdu->initial_serial = read_serial(value);
		break;
	case PI_ACTIVITY:
		if (old)
			need_rare(spdu)->old_activity = value;
		else
			spdu->activity = value;
		break;
	case PI_SERIAL:
		*(old ? &spdu->old_serial : &spdu->serial) = read_serial(value);
		break;
	case PI_REFLECT:
		need_rare(spdu)->reflect = value;
		break;
	case PI_REASON:
		spdu->has_reason = cursor_readable(&value) > 0;
		spdu->reason = cursor_u8(&value);
		if (find_kind(spdu->si, false) == SESSION_RF && cursor_good(&value))
			spdu->user_data = value;
		break;
	case PI_CALLING_SSEL:
		need_rare(spdu)->calling_ssel = value;
		break;
	case PI_CALLED_SSEL:
		need_rare(spdu)->called_ssel = value;
		break;
	case PGI_USER_DATA:
	case PGI_EXTENDED_USER_DATA:
		spdu->user_data = value;
		break;
	case PI_SECOND_SERIAL:
		spdu->second_serial = read_serial(value);
		break;
	case PI_SECOND_INITIAL_SERIAL:
		spdu->second_initial_serial = read_serial(value);
		break;
	case PI_UPPER_LIMIT_SERIAL:
		spdu->upper_limit_serial = read_serial(value);
		break;
	case PI_LARGE_INITIAL_SERIAL:
		need_rare(spdu)->large_initial_serial = value;
		break;
	case PI_LARGE_SECOND_INITIAL_SERIAL:
		need_rare(spdu)->large_second_initial_serial = value;
		break;
	default:
		read_items(spdu, code, &value);
		break;
	}
}

/* One parameter; false when it does not lie whole in part. */
static inline bool read_parameter(struct cursor *part, uint8_t *code, struct cursor *value)
{
	*value = cursor_sub(part, read_header(part, code));
	return cursor_good(part);
}

static void remark_on(struct session_spdu *spdu, const struct cursor *part)
{
	if (part->error == CURSOR_MALFORMED)
		spdu->remarks |= remark_bit(REMARK_PARAMETER_OVERRUN);
	else if (part->error == CURSOR_TRUNCATED)
		spdu->remarks |= remark_bit(REMARK_TSDU_INCOMPLETE);
}

/* Parameter groups hold parameters and no groups (X.225 8.2): two loops are all the nesting there is. */
static void read_parameters(struct session_spdu *spdu, struct cursor part)
{
	uint8_t code;
	struct cursor value;

	while (cursor_left(&part) > 0 && read_parameter(&part, &code, &value)) {
		spdu->parameters++;
		if (code != PGI_CONNECTION_ID && code != PGI_CONNECT_ACCEPT && code != PGI_LINKING) {
			read_value(spdu, 0, code, &value);
			continue;
		}
		uint8_t group_code = code;
		struct cursor group = value;
		while (cursor_left(&group) > 0 && read_parameter(&group, &code, &value)) {
			spdu->parameters++;
			read_value(spdu, group_code, code, &value);
		}
		remark_on(spdu, &group);
	}
	remark_on(spdu, &part);
}

bool session_read(struct session_reader *reader, struct session_spdu *spdu)
{
	memset(spdu, 0, offsetof(struct session_spdu, references));
	spdu->serial = spdu->initial_serial = spdu->old_serial = SESSION_SERIAL_NONE;
	spdu->second_serial = spdu->second_initial_serial = spdu->upper_limit_serial = SESSION_SERIAL_NONE;
	size_t length = read_header(&reader->tsdu, &spdu->si);
	if (!cursor_good(&reader->tsdu)) {
		reader->remarks |=
		    remark_bit(reader->tsdu.error == CURSOR_TRUNCATED ? REMARK_TSDU_INCOMPLETE : REMARK_SPDU_TRUNCATED);
		return false;
	}
	spdu->length = (uint32_t)length;
	/* An LI past the end: what is there is read all the same, for an abort cut short is still an abort. */
	if (length > cursor_left(&reader->tsdu)) {
		spdu->remarks |= remark_bit(REMARK_SPDU_TRUNCATED);
		length = cursor_left(&reader->tsdu);
	}
	if (length > 0)
		read_parameters(spdu, cursor_sub(&reader->tsdu, length));
	spdu->kind = tell_kind(reader, spdu);
	if (spdu->kind == SESSION_UNKNOWN)
		spdu->remarks |= remark_bit(REMARK_SPDU_UNKNOWN);
	if (rows[spdu->kind].has_data)
		spdu->user_data = cursor_sub(&reader->tsdu, cursor_left(&reader->tsdu));
	if (spdu->kind == SESSION_AS || spdu->kind == SESSION_AR)
		reader->activity_open = true;
	reader->after_category_0 = reader->after_category_0 || spdu->kind == SESSION_GT || spdu->kind == SESSION_PT;
	reader->remarks |= spdu->remarks;
	return true;
}

const char *session_name(enum session_kind kind)
{
	const struct row *row = &rows[(unsigned)kind < SESSION_KINDS ? kind : SESSION_UNKNOWN];

	return row->title + strlen(row->short_name) + 1;
}

const char *session_title(enum session_kind kind)
{
	return rows[(unsigned)kind < SESSION_KINDS ? kind : SESSION_UNKNOWN].title;
}

const char *session_short_name(enum session_kind kind)
{
	return rows[(unsigned)kind < SESSION_KINDS ? kind : SESSION_UNKNOWN].short_name;
}

const char *session_refuse_name(int32_t reason)
{
	static const struct pdu_code names[] = {
	    {0, "rejection by called SS-user; reason not specified"},
	    {1, "rejection by called SS-user due to temporary congestion"},
	    {2, "rejection by called SS-user; user data follows"},
	    {129, "session selector unknown"},
	    {130, "SS-user not attached to SSAP"},
	    {131, "SPM congestion at connect time"},
	    {132, "proposed protocol versions not supported"},
	    {133, "rejection by the SPM; reason not specified"},
	    {134, "rejection by the SPM; implementation restriction stated in the PICS"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)reason);
}

const char *session_exception_name(int32_t reason)
{
	static const struct pdu_code names[] = {
	    {0, "no specific reason stated"}, {1, "user receiving ability jeopardized"}, {3, "user sequence error"},
	    {5, "local SS-user error"},       {6, "unrecoverable procedural error"},     {128, "demand data token"},
	};

	return pdu_code_name(names, sizeof names / sizeof *names, (uint32_t)reason);
}

const char *session_abort_name(int32_t disconnect)
{
	if (disconnect < 0)
		return "no reason";
	if ((disconnect & SESSION_PROTOCOL_ERROR) != 0)
		return "protocol error";
	if ((disconnect & SESSION_IMPLEMENTATION_RESTRICTION) != 0)
		return "implementation restriction stated in the PICS";
	if ((disconnect & SESSION_USER_ABORT) != 0)
		return "user abort";
	return "no reason";
}
