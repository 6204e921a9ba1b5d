/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One 4283 and its 4258, those of KB Q319936, in every form in which an event log gets written: each must give the same
 * events. What Windows writes around them is from KB Q195731 (NT 4), Q129266 (dumpel), the documentation of Log Parser
 * and of libevt, and the tools' own output.
 */
#include "events_log.h"

#include <stdio.h>

#define WORDS_4283                                                                                                     \
	"Unable to recognize an internal message identifier. Internal connection handle (LPI) 1-15-12 Error code: "    \
	"8464 [POP4 POP4 UP 7 228] (14)"
#define WORDS_4258                                                                                                     \
	"A command was received at the network services interface. Control block index = 12  Internal Connection "     \
	"Handle (LPI) = 1-15-12  Message type = Close Request [POP4 POP4 UP 7 228] (8)"
#define LIST_4283   "1, 15, 12, 8464, POP4, POP4 UP, 7, 228"
#define LIST_4258   "12, 1, 15, 12, Close Request, POP4, POP4 UP, 7, 228"
#define LINES_4283  "1\r\n15\r\n12\r\n8464\r\nPOP4\r\nPOP4 UP\r\n7\r\n228"
#define LINES_4258  "12\r\n1\r\n15\r\n12\r\nClose Request\r\nPOP4\r\nPOP4 UP\r\n7\r\n228"
#define SPACES_4283 "1 15 12 8464 POP4 POP4 UP 7 228"
#define SPACES_4258 "12 1 15 12 Close Request POP4 POP4 UP 7 228"
#define DATA_4283                                                                                                      \
	"<Data>1</Data><Data>15</Data><Data>12</Data><Data>8464</Data><Data>POP4</Data><Data>POP4 UP</Data>"           \
	"<Data>7</Data><Data>228</Data>"
#define DATA_4258                                                                                                      \
	"<Data>12</Data><Data>1</Data><Data>15</Data><Data>12</Data><Data>Close Request</Data><Data>POP4</Data>"       \
	"<Data>POP4 UP</Data><Data>7</Data><Data>228</Data>"

#define NT4(id, list)                                                                                                  \
	"The description for Event ID ( " id " ) in Source ( MSExchangeMTA ) could not be found. It contains the "     \
	"following insertion string(s): " list "."
#define W2000(id, list)                                                                                                \
	"The description for Event ID ( " id " ) in Source ( MSExchangeMTA ) cannot be found. The local computer may " \
	"not have the necessary registry information or message DLL files to display messages from a remote "          \
	"computer. The following information is part of the event: " list "."
#define VISTA(id, lines)                                                                                               \
	"The description for Event ID " id " from source MSExchangeMTA cannot be found. Either the component that "    \
	"raises this event is not installed on your local computer or the installation is corrupted.\r\n\r\n"          \
	"If the event originated on another computer, the display information had to be saved with the event."         \
	"\r\n\r\nThe following information was included with the event: \r\n\r\n" lines                                \
	"\r\n\r\nThe message resource is present but the message was not found in the message table\r\n"

#define ROW(date, time, sep, id, text)                                                                                 \
	date sep time sep "MSExchangeMTA" sep "Warning" sep "Interface" sep id sep "N/A" sep "EXCH1" sep text "\r\n"
#define ROWS(date, time, sep, first, second)                                                                           \
	ROW(date, time, sep, "4258", first)                                                                            \
	ROW(date, time, sep, "4283", second)
#define DUMPEL(sep, id, text)                                                                                          \
	"2/26/2002" sep "2:43:50 PM" sep "2" sep "4" sep id sep "MSExchangeMTA" sep "N/A" sep "EXCH1" sep text "\r\n"
#define EVENT_XML(id, record, data)                                                                                    \
	"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "                      \
	"Name='MSExchangeMTA'/>"                                                                                       \
	"<EventID Qualifiers='32768'>" id "</EventID><Level>3</Level><Task>4</Task><TimeCreated "                      \
	"SystemTime='2002-02-26T19:43:50.000000000Z'/><EventRecordID>" record "</EventRecordID><Channel>Application"   \
	"</Channel><Computer>EXCH1</Computer><Security/></System><EventData>" data "</EventData></Event>"
#define PASTED(id, words)                                                                                              \
	"Event Type:\tWarning\r\nEvent Source:\tMSExchangeMTA\r\nEvent Category:\t(4)\r\nEvent ID:\t" id               \
	"\r\nDate:\t\t2/26/2002\r\nTime:\t\t2:43:50 PM\r\nUser:\t\tN/A\r\nComputer:\tEXCH1\r\nDescription:\r\n" words  \
	"\r\n\r\n"
#define PASTED_VISTA(id, words)                                                                                        \
	"Log Name:      Application\r\nSource:        MSExchangeMTA\r\nDate:          2/26/2002 2:43:50 PM\r\n"        \
	"Event ID:      " id "\r\nTask Category: (4)\r\nLevel:         Warning\r\nKeywords:      Classic\r\n"          \
	"User:          N/A\r\nComputer:      EXCH1\r\nDescription:\r\n" words "Event Xml:\r\n<Event>\r\n</Event>\r\n"
#define PSLOGLIST(record, id, words)                                                                                   \
	"[" record "] MSExchangeMTA\r\n   Type:     WARNING\r\n   Computer: EXCH1\r\n   Time:     2/26/2002 2:43:50 "  \
	"PM   ID:       " id "\r\n" words "\r\n\r\n"
#define WEVTUTIL(record, date, id, words)                                                                              \
	"Event[" record "]:\r\n  Log Name: Application\r\n  Source: MSExchangeMTA\r\n  Date: " date                    \
	"\r\n  Event ID: " id "\r\n  Task: N/A\r\n  Level: Warning\r\n  Computer: EXCH1\r\n  Description: \r\n" words  \
	"\r\n\r\n"
#define LOG_PARSER(record, id, bars)                                                                                   \
	"app.evt," record ",2002-02-26 14:43:50,2002-02-26 14:43:50," id                                               \
	",2,Warning event,4,\"The name for category 4 in Source \"\"MSExchangeMTA\"\" cannot be "                      \
	"found\",MSExchangeMTA," bars ",EXCH1,,\"The description for Event ID " id                                     \
	" in Source \"\"MSExchangeMTA\"\" cannot be found.\",\r\n"

static const struct {
	const char *name;
	const char *text;
	bool utc;
	bool severity; /* the form has the description's words, which end in it */
} forms[] = {
    {"tabs", ROWS("2/26/2002", "2:43:50 PM", "\t", WORDS_4258, WORDS_4283), false, true},
    {"CSV with quotes", ROWS("2/26/2002", "2:43:50 PM", ",", "\"" WORDS_4258 "\"", "\"" WORDS_4283 "\""), false, true},
    {"CSV without quotes", ROWS("2/26/02", "2:43:50 PM", ",", WORDS_4258, WORDS_4283), false, true},
    {"semicolons", ROWS("26/02/2002", "14:43:50", ";", WORDS_4258, WORDS_4283), false, true},
    {"German", ROWS("26.02.2002", "14:43:50", "\t", WORDS_4258, WORDS_4283), false, true},
    {"German, short", ROWS("26.2.02", "14:43:50", "\t", WORDS_4258, WORDS_4283), false, true},
    {"ISO dates", ROWS("2002-02-26", "14:43:50", "\t", WORDS_4258, WORDS_4283), false, true},
    {"Dutch", ROWS("26-2-2002", "14:43:50", "\t", WORDS_4258, WORDS_4283), false, true},
    {"NT 4 without words", ROWS("2/26/2002", "2:43:50 PM", "\t", NT4("4258", LIST_4258), NT4("4283", LIST_4283)), false,
     false},
    {"2000 without words", ROWS("2/26/2002", "2:43:50 PM", ",", W2000("4258", LIST_4258), W2000("4283", LIST_4283)),
     false, false},
    {"German without words",
     ROWS("26.02.2002", "14:43:50", "\t",
	  "Die Beschreibung der Ereigniskennung ( 4258 ) in ( MSExchangeMTA ) wurde nicht gefunden. "
	  "Ereignisinformationen: " LIST_4258 ".",
	  "Die Beschreibung der Ereigniskennung ( 4283 ) in ( MSExchangeMTA ) wurde nicht gefunden. "
	  "Ereignisinformationen: " LIST_4283 "."),
     false, false},
    {"Vista CSV",
     "Level,Date and Time,Source,Event ID,Task Category\r\n"
     "Information,2/26/2002 2:43:50 PM,MSExchangeMTA,4258,(4),\"" VISTA(
	 "4258", LINES_4258) "\"\r\n"
			     "Warning,2/26/2002 2:43:50 PM,MSExchangeMTA,4283,(4),\"" VISTA("4283",
											    LINES_4283) "\"\r\n",
     false, false},
    {"Vista tabs, German heading",
     "Ebene\tDatum und Uhrzeit\tQuelle\tEreignis-ID\tAufgabenkategorie\r\n"
     "Informationen\t26.02.2002 14:43:50\tMSExchangeMTA\t4258\t(4)\t" WORDS_4258 "\r\n"
     "Warnung\t26.02.2002 14:43:50\tMSExchangeMTA\t4283\t(4)\t" WORDS_4283 "\r\n",
     false, true},
    {"dumpel, spaces", DUMPEL(" ", "4258", SPACES_4258) DUMPEL(" ", "4283", SPACES_4283), false, false},
    {"dumpel, tabs", DUMPEL("\t", "4258", SPACES_4258) DUMPEL("\t", "4283", SPACES_4283), false, false},
    {"dumpel, commas", DUMPEL(",", "4258", SPACES_4258) DUMPEL(",", "4283", SPACES_4283), false, false},
    {"dumpel -t",
     DUMPEL("\t", "4258", "12\t1\t15\t12\tClose Request\tPOP4\tPOP4 UP\t7\t228")
	 DUMPEL("\t", "4283", "1\t15\t12\t8464\tPOP4\tPOP4 UP\t7\t228"),
     false, false},
    {"dumpel of NT 3.5",
     "2/26/2002 2:43:50 PM 4 4 4258 N/A MSExchangeMTA EXCH1 " SPACES_4258 "\r\n"
     "2/26/2002 2:43:50 PM 2 4 4283 N/A MSExchangeMTA EXCH1 " SPACES_4283 "\r\n",
     false, false},
    {"psloglist -s",
     "PsLoglist - local and remote event log viewer\r\n\r\nApplication log on \\\\EXCH1:\r\n"
     "1,Application,MSExchangeMTA,INFORMATION,EXCH1,2/26/2002 2:43:50 PM,4258,None," WORDS_4258 "\r\n"
     "2,Application,MSExchangeMTA,WARNING,EXCH1,2/26/2002 2:43:50 PM,4283,None," WORDS_4283 "\r\n",
     false, true},
    {"psloglist",
     "Application log on \\\\EXCH1:\r\n" PSLOGLIST("1", "4258", WORDS_4258) PSLOGLIST("2", "4283", WORDS_4283), false,
     true},
    {"psloglist without words",
     PSLOGLIST("1", "4258", W2000("4258", LIST_4258)) PSLOGLIST("2", "4283", W2000("4283", LIST_4283)), false, false},
    {"wevtutil text",
     WEVTUTIL("0", "2002-02-26T14:43:50.000", "4258", WORDS_4258)
	 WEVTUTIL("1", "2002-02-26T14:43:50.000", "4283", WORDS_4283),
     false, true},
    {"wevtutil text without words",
     WEVTUTIL("0", "2002-02-26T19:43:50.0000000Z", "4258", VISTA("4258", LINES_4258))
	 WEVTUTIL("1", "2002-02-26T19:43:50.0000000Z", "4283", VISTA("4283", LINES_4283)),
     true, false},
    {"wevtutil XML", EVENT_XML("4258", "1", DATA_4258) EVENT_XML("4283", "2", DATA_4283), true, false},
    {"XML with a root",
     "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>" EVENT_XML("4258", "1", DATA_4258)
	 EVENT_XML("4283", "2", DATA_4283) "</Events>",
     true, false},
    {"evtexport",
     "evtexport 20200926\n\nEvent number\t\t\t: 1\nCreation time\t\t\t: Feb 26, 2002 19:43:50 UTC\nWritten "
     "time\t\t\t: Feb 26, 2002 19:43:51 UTC\nEvent type\t\t\t: Information event (4)\nComputer name\t\t\t: EXCH1\n"
     "Source name\t\t\t: MSExchangeMTA\nEvent category\t\t\t: 4\nEvent identifier\t\t: 0x400010a2 (1073746082)\n"
     "Number of strings\t\t: 9\nString: 1\t\t\t: 12\nString: 2\t\t\t: 1\nString: 3\t\t\t: 15\nString: 4\t\t\t: 12\n"
     "String: 5\t\t\t: Close Request\nString: 6\t\t\t: POP4\nString: 7\t\t\t: POP4 UP\nString: 8\t\t\t: 7\n"
     "String: 9\t\t\t: 228\n\nEvent number\t\t\t: 2\nCreation time\t\t\t: Feb 26, 2002 19:43:50 UTC\n"
     "Source name\t\t\t: MSExchangeMTA\nEvent identifier\t\t: 0x800010bb (2147487931)\nNumber of strings\t\t: 8\n"
     "String: 1\t\t\t: 1\nString: 2\t\t\t: 15\nString: 3\t\t\t: 12\nString: 4\t\t\t: 8464\nString: 5\t\t\t: POP4\n"
     "String: 6\t\t\t: POP4 UP\nString: 7\t\t\t: 7\nString: 8\t\t\t: 228\n\n",
     true, false},
    {"Log Parser",
     "EventLog,RecordNumber,TimeGenerated,TimeWritten,EventID,EventType,EventTypeName,EventCategory,"
     "EventCategoryName,SourceName,Strings,ComputerName,SID,Message,Data\r\n" LOG_PARSER(
	 "1", "4258", "12|1|15|12|Close Request|POP4|POP4 UP|7|228")
	 LOG_PARSER("2", "4283", "1|15|12|8464|POP4|POP4 UP|7|228"),
     false, false},
    {"pasted from NT 4", PASTED("4258", NT4("4258", LIST_4258)) PASTED("4283", NT4("4283", LIST_4283)), false, false},
    {"pasted from 2000", PASTED("4258", W2000("4258", LIST_4258)) PASTED("4283", W2000("4283", LIST_4283)), false,
     false},
    {"pasted from Vista",
     PASTED_VISTA("4258", VISTA("4258", LINES_4258)) PASTED_VISTA("4283", VISTA("4283", LINES_4283)), false, false},
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static void assert_thread(const struct event *event, const char *form, size_t index)
{
	if (event->component == NULL || strcmp(event->component, "POP4") != 0 || event->process != 228)
		print_error("%s: event %zu has no thread\n", form, index);
	assert_string_equal(event->component, "POP4");
	assert_string_equal(event->thread_name, "POP4 UP");
	assert_int_equal(event->thread, 7);
	assert_int_equal(event->process, 228);
	assert_lpi(event, 1, 15, 12);
}

static void assert_form(const struct event_log *log, size_t form)
{
	int64_t local = civil_seconds(2002, 2, 26, 14, 43, 50);

	for (size_t i = 0; i < log->problem_count; i++)
		print_error("%s: line %d: %s\n", forms[form].name, (int)log->problems[i].line, log->problems[i].says);
	if (log->event_count != 2)
		print_error("%s: %zu events\n", forms[form].name, log->event_count);
	assert_int_equal(log->problem_count, 0);
	assert_int_equal(log->event_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct event *event = &log->events[i];
		assert_thread(event, forms[form].name, i);
		assert_int_equal(event->utc, forms[form].utc);
		if (event->t_local != local + (forms[form].utc ? 5 * 3600 : 0))
			print_error("%s: the time is wrong\n", forms[form].name);
		assert_true(event->t_local == local + (forms[form].utc ? 5 * 3600 : 0));
		assert_int_equal(event->number, i == 0 ? 4258 : 4283);
		assert_int_equal(event->severity, !forms[form].severity ? EVENT_LACKS : i == 0 ? 8 : 14);
	}
	assert_int_equal(log->events[0].cb, 12);
	assert_string_equal(log->events[0].message_type, "Close Request");
	assert_int_equal(log->events[1].error_code, 8464);
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct event_log log = log_of(forms[i].text);
		assert_form(&log, i);
		event_log_group(&log);
		assert_int_equal(log.incident_count, 1);
		assert_int_equal(log.incidents[0].utc, forms[i].utc);
		event_log_free(&log);
	}
}

/* The same in UTF-16, with and without a byte order mark, in either order. */
static void test_forms_in_utf_16(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		for (unsigned kind = 0; kind < 4; kind++) {
			size_t length = strlen(forms[i].text);
			uint8_t *wide = calloc(length + 1, 2);
			struct event_log log;
			size_t to = 0;
			assert_non_null(wide);
			bool little = (kind & 1) == 0;
			if (kind < 2) {
				wide[0] = little ? 0xFF : 0xFE;
				wide[1] = little ? 0xFE : 0xFF;
				to = 2;
			}
			for (size_t k = 0; k < length; k++, to += 2)
				wide[to + !little] = (uint8_t)forms[i].text[k];
			event_log_init(&log);
			event_log_read(&log, "wide", wide, to);
			assert_form(&log, i);
			event_log_free(&log);
			free(wide);
		}
	}
}

/* Every form cut anywhere: nothing breaks, and what is whole is still read. */
static void test_forms_cut(void **state)
{
	char text[8192];
	(void)state;

	for (size_t i = 0; i < FORMS; i++) {
		size_t length = strlen(forms[i].text);
		assert_true(length < sizeof(text));
		for (size_t cut = 0; cut < length; cut++) {
			memcpy(text, forms[i].text, cut);
			text[cut] = '\0';
			struct event_log log = log_of(text);
			assert_true(log.event_count <= 2);
			assert_true(log.event_count + log.other_event_count + log.problem_count > 0);
			event_log_free(&log);
		}
	}
}

/* Two files of one log in two forms make no incident twice where both are in local time. */
static void test_two_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct event_log log = log_of(forms[0].text);
		read_string(&log, "second", forms[i].text);
		event_log_group(&log);
		/* One pair does not show a zone. */
		assert_int_equal(log.incident_count, forms[i].utc ? 2 : 1);
		assert_int_equal(log.duplicate_count, forms[i].utc ? 0 : 2);
		event_log_free(&log);
	}
}

static void add_rows(char *text, size_t size, bool utc, unsigned count, unsigned skew)
{
	size_t length = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned second = i * 37 + skew;
		int wrote =
		    utc ? snprintf(text + length, size - length,
				   "Event number : %u\nCreation time : Feb 26, 2002 19:%02u:%02u UTC\nSource name "
				   ": MSExchangeMTA\nEvent identifier : 4283\nString: 1 : 1\nString: 2 : 15\nString: "
				   "3 : %u\nString: 4 : 8464\nString: 5 : POP4\nString: 6 : POP4 UP\nString: 7 : "
				   "7\nString: 8 : 228\n\n",
				   i + 1, second / 60, second % 60, 12 + i)
			: snprintf(text + length, size - length,
				   "message NMI4283: Interface Event, severity 14\n\n(POP4 POP4 UP(7) Proc 228) "
				   "02-26-02 02:%02u:%02upm\nBad LPIs in message\nBad LPI 1-15-%u\nError code = "
				   "8464\n\n",
				   second / 60, second % 60, 12 + i);
		assert_true(wrote > 0 && (size_t)wrote < size - length);
		length += (size_t)wrote;
	}
}

/* The text log and the .evt of one server: the zone between them shows, unless they are of different hours. */
static void test_zone_shows(void **state)
{
	char local[16384];
	char utc[16384];
	(void)state;

	add_rows(local, sizeof(local), false, 20, 0);
	add_rows(utc, sizeof(utc), true, 20, 0);
	struct event_log log = log_of(local);
	read_string(&log, "app.txt", utc);
	event_log_group(&log);
	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 40);
	assert_int_equal(log.duplicate_count, 20);
	assert_int_equal(log.incident_count, 20);
	event_log_free(&log);

	/* A minute off is no zone, so that nothing is set aside. */
	add_rows(utc, sizeof(utc), true, 20, 60);
	log = log_of(local);
	read_string(&log, "app.txt", utc);
	event_log_group(&log);
	assert_int_equal(log.duplicate_count, 0);
	assert_int_equal(log.incident_count, 40);
	event_log_free(&log);
}

static void test_day_or_month(void **state)
{
	const struct {
		const char *dates[3];
		const char *time;
		unsigned day, month; /* of the first */
		bool told;
	} files[] = {
	    {{"3/2/2002", "13/2/2002", "14/2/2002"}, "14:43:50", 3, 2, false},
	    {{"3/2/2002", "3/13/2002", "3/14/2002"}, "14:43:50", 2, 3, false},
	    /* In order only if the day is first, then only if the month is. */
	    {{"10/2/2002", "11/2/2002", "1/3/2002"}, "14:43:50", 10, 2, false},
	    {{"2/10/2002", "2/11/2002", "3/1/2002"}, "14:43:50", 10, 2, false},
	    {{"3/2/2002", "3/2/2002", "3/2/2002"}, "14:43:50", 3, 2, true},
	    {{"3/2/2002", "3/2/2002", "3/2/2002"}, "2:43:50 PM", 2, 3, true},
	    {{"2/2/2002", "2/2/2002", "2/2/2002"}, "14:43:50", 2, 2, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char text[2048] = "";
		for (size_t k = 0; k < 3; k++) {
			size_t length = strlen(text);
			snprintf(text + length, sizeof(text) - length,
				 "%s\t%s\tMSExchangeMTA\tWarning\tInterface\t4283\tN/A\tEXCH1\t" WORDS_4283 "\r\n",
				 files[i].dates[k], files[i].time);
		}
		struct event_log log = log_of(text);
		assert_int_equal(log.event_count, 3);
		assert_true(log.events[0].t_local == civil_seconds(2002, files[i].month, files[i].day, 14, 43, 50));
		assert_int_equal(log.problem_count, files[i].told ? 1 : 0);
		event_log_free(&log);
	}
}

/* Strings beyond the two: errors, sockets, a caller's address, one string too many, one too few. */
static void test_strings(void **state)
{
	const struct {
		const char *id;
		const char *list;
		int32_t cb, error_code, socket_error, thread, process;
		bool has_lpi;
	} events[] = {
	    {"4284", "8511, POP4, POP4 DOWN, 4, 179", -1, 8511, -1, 4, 179, false},
	    {"4284", "8511, 96, POP4, POP4 DOWN, 4, 179", 96, 8511, -1, 4, 179, false},
	    {"4283", "0, 1, 15, 12, 8465, POP4, POP4 UP, 7, 228", -1, 8465, -1, 7, 228, true},
	    {"4283", "1, 15, 12, 8465, POP4, POP4 UP, 7", -1, 8465, -1, 7, -1, true},
	    {"9215", "22, 10061, BASE IL, TCP/IP DRVR, 8, 274", 22, -1, 10061, 8, 274, false},
	    {"9234", "10038, BASE IL, TCP/IP ASYNC, 11, 280", -1, -1, 10038, 11, 280, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		char text[1024];
		snprintf(text, sizeof(text),
			 ROW("2/26/2002", "2:43:50 PM", "\t", "%s",
			     "The description for Event ID ( %s ) in Source ( MSExchangeMTA ) could not be found. It "
			     "contains "
			     "the following insertion string(s): %s."),
			 events[i].id, events[i].id, events[i].list);
		struct event_log log = log_of(text);
		assert_int_equal(log.event_count, 1);
		assert_int_equal(log.events[0].cb, events[i].cb);
		assert_int_equal(log.events[0].error_code, events[i].error_code);
		assert_int_equal(log.events[0].socket_error, events[i].socket_error);
		assert_int_equal(log.events[0].thread, events[i].thread);
		assert_int_equal(log.events[0].process, events[i].process);
		assert_int_equal(log.events[0].has_lpi, events[i].has_lpi);
		assert_string_equal(log.events[0].text, events[i].list);
		event_log_free(&log);
	}
}

static void test_what_cannot_be_read(void **state)
{
	(void)state;
	struct event_log log = log_of(ROW("2/26/2002", "2:43:50 PM", "\t", "4283", "The description is missing") ROW(
	    "2/26/2002", "2:43:50 PM", "\t", "4283", WORDS_4283) "2/26/2002\t2:43:51 PM\tMSExchangeIS\tInformation"
								 "\tGeneral\t1000\tN/A\tEXCH1\tx\r\n");

	assert_int_equal(log.event_count, 2);
	assert_int_equal(log.foreign_count, 1);
	assert_int_equal(log.problem_count, 1);
	assert_int_equal(log.problems[0].line, 1);
	event_log_free(&log);
	/* What ends within its XML, and a time that cannot be. */
	log = log_of("<Events>" EVENT_XML("4283", "2", DATA_4283) "<Event><System><EventID>4283</EventID>");
	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.problem_count, 1);
	event_log_free(&log);
	log = log_of(WEVTUTIL("0", "yesterday", "4283", WORDS_4283));
	assert_int_equal(log.event_count, 1);
	assert_int_equal(log.problem_count, 1);
	event_log_free(&log);
}

/* Descriptions without words, one paragraph each and nothing around them, then one with words. */
static void test_paragraphs(void **state)
{
	(void)state;
	struct event_log log = log_of("Our server has these:\r\n\r\n" W2000("4258", LIST_4258) "\r\n\r\n" VISTA(
	    "4283", LINES_4283) "\r\n\r\nand\r\n\r\n" WORDS_4283 "\r\n");

	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 3);
	assert_int_equal(log.events[0].number, 4258);
	for (size_t i = 0; i < 3; i++)
		assert_lpi(&log.events[i], 1, 15, 12);
	assert_int_equal(log.events[1].error_code, 8464);
	assert_int_equal(log.events[2].error_code, 8464);
	event_log_free(&log);
}

/* Headings of more columns than a table can have: those that are wanted stand first. */
static void test_many_columns(void **state)
{
	(void)state;
	for (unsigned columns = 5; columns < 60; columns++) {
		char text[1024] = "Date,Time,Source,Event,Description";
		for (unsigned i = 5; i < columns; i++)
			strcat(text, ",x");
		strcat(text, "\r\n2/26/2002,2:43:50 PM,MSExchangeMTA,4283,\"" WORDS_4283 "\"");
		for (unsigned i = 5; i < columns; i++)
			strcat(text, ",y");
		strcat(text, "\r\n");
		struct event_log log = log_of(text);
		assert_int_equal(log.event_count, 1);
		assert_lpi(&log.events[0], 1, 15, 12);
		event_log_free(&log);
	}
}

/* u with dots is 81h in the OEM code pages, FCh in Windows-1252; both are bytes of no UTF-8. */
static void test_code_pages(void **state)
{
	const char *const rows[] = {
	    ROW("26.02.2002", "14:43:50", "\t", "9301",
		"Gateway f\x81r M\x81nchen k\x94nnte LPI 1-15-12 [POP4 POP4 UP 7 228] (14)"),
	    ROW("26.02.2002", "14:43:50", "\t", "9301",
		"Gateway f\xFCr M\xFCnchen k\xF6nnte LPI 1-15-12 [POP4 POP4 UP 7 228] (14)"),
	};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct event_log log = log_of(rows[i]);
		assert_int_equal(log.event_count, 1);
		assert_non_null(strstr(log.events[0].text, "f\xC3\xBCr M\xC3\xBCnchen k\xC3\xB6nnte"));
		event_log_free(&log);
	}
}

/* An event in XML goes on to its own end: another tag and words of its text are none, a prefix makes no difference. */
static void test_where_xml_ends(void **state)
{
	(void)state;
	struct event_log log = log_of(EVENT_XML(
	    "4283", "2",
	    DATA_4283
	    "<Data>x:Event>\r\nEvent Type: Error\r\nEvent Source: MSExchangeMTA\r\nEvent ID: 4283\r\n</Data>"));

	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 1);
	assert_lpi(&log.events[0], 1, 15, 12);
	event_log_free(&log);
	log = log_of("<e:Event xmlns:e='http://schemas.microsoft.com/win/2004/08/events/event'><e:System>"
		     "<e:Provider Name='MSExchangeMTA'/><e:EventID>4283</e:EventID>"
		     "<e:TimeCreated SystemTime='2002-02-26T19:43:50.000000000Z'/></e:System><e:EventData>" DATA_4283
		     "</e:EventData></e:Event>\r\n" PASTED("4258", W2000("4258", LIST_4258)));
	assert_int_equal(log.problem_count, 0);
	assert_int_equal(log.event_count, 2);
	assert_int_equal(log.events[0].number, 4283);
	assert_int_equal(log.events[1].number, 4258);
	event_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),      cmocka_unit_test(test_forms_in_utf_16),
	    cmocka_unit_test(test_forms_cut),  cmocka_unit_test(test_two_forms),
	    cmocka_unit_test(test_zone_shows), cmocka_unit_test(test_day_or_month),
	    cmocka_unit_test(test_strings),    cmocka_unit_test(test_what_cannot_be_read),
	    cmocka_unit_test(test_paragraphs), cmocka_unit_test(test_many_columns),
	    cmocka_unit_test(test_code_pages), cmocka_unit_test(test_where_xml_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
