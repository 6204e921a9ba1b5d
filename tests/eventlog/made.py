#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Event logs made from events that are known, in every form, encoding and damage; what mtascope reads of each is held
against them. made.py MTASCOPE [SEEDS [FIRST]]: the seeds of each form, 12 by default. A log that is read wrongly stays
in the folder that the message names. Nothing here is taken from the reader: the forms are those that their programs'
documentation and the quoted logs show."""
import datetime
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

NAMES = ['EXCH1', 'MTA-Köln', 'Zürich', 'Montréal', 'Genève', 'Ålesund', 'Größe, "alt"; neu']
OTHERS = ['MSExchangeIS', 'Service Control Manager', 'W32Time', 'ESE97']
PARTS = ('number', 't', 'lpi', 'cb', 'error', 'socket', 'type', 'peer', 'peer_name', 'thread_name', 'thread', 'process')


# ---- Events ----

def event(rng, t):
    """A random event of an MTA that tells of a connection."""
    cb = rng.randint(1, 240)
    e = dict.fromkeys(PARTS)
    e.update(t=t, umlaut=None, cb=None)
    kind = rng.choice([4283, 4283, 4283, 4258, 9301, 9301, 9215, 4284, 1290])
    e['number'] = kind
    if kind in (4283, 4258):
        e.update(lpi=f'1-15-{cb}', thread_name='POP4 UP', thread=rng.randint(5, 9), process=228, component='POP4')
    if kind == 4283:
        e.update(error=rng.choice([8464, 8465]), severity=14, cls='Interface Event')
    elif kind == 4258:
        e.update(cb=cb, type='Close Request', severity=8, cls='Interface Event')
    elif kind == 9301:
        e.update(thread_name='TCP/IP DRVR', thread=8, process=218, severity=10, component='BASE IL',
                 cls='Interface Event')
        if rng.random() < 0.6:
            e['peer'] = '.'.join(str(rng.randint(1, 254)) for _ in range(4))
            e['hex'] = ''.join('%02X' % int(part) for part in e['peer'].split('.'))
        else:
            e['peer_name'] = rng.choice(['mail.contoso.com', 'x400-gw', 'host7.example.org'])
            e['hex'] = e['peer_name'].encode().hex().upper()
        e['umlaut'] = rng.choice(NAMES)
    elif kind == 9215:
        e.update(cb=cb, socket=rng.choice([10060, 10061, 10065]), thread_name='TCP/IP DRVR', thread=8, process=274,
                 severity=12, component='BASE IL', cls='Internal Operating System Error')
    elif kind == 4284:
        e.update(error=8511, thread_name='POP4 DOWN', thread=4, process=179, severity=14, component='POP4',
                 cls='X.400 Service Event')
    else:
        e.update(cb=cb, thread_name='KERNEL', thread=20, process=130, severity=12, component='PLATFORM',
                 cls='X.400 Service Event', umlaut=rng.choice(NAMES))
    return e


def sentence(e):
    """The description as the Application log has it, without its bracket."""
    n = e['number']
    if n == 4283:
        return (f"Unable to recognize an internal message identifier. Internal connection handle (LPI) {e['lpi']} "
                f"Error code: {e['error']}")
    if n == 4258:
        return (f"A command was received at the network services interface. Control block index = {e['cb']}  Internal "
                f"Connection Handle (LPI) = {e['lpi']}  Message type = {e['type']}")
    if n == 9301:
        return (f"The message transfer gateway that uses the network address {e['hex']} and the transport stack "
                f"{e['umlaut']} could not be found.")
    if n == 9215:
        return (f"A sockets error {e['socket']} on a connect() call was detected. The MTA will attempt to recover the "
                f"sockets connection. Control block index: {e['cb']}.")
    if n == 4284:
        return f"A(n) error has occurred during connection/disconnection. Error code={e['error']}"
    return (f"A locally initiated association to {e['umlaut']} was refused. The failure reason provider is 1 and the "
            f"reason is 0. Control block index {e['cb']}. Type 1.")


def bracket(e):
    return f"[{e['component']} {e['thread_name']} {e['thread']} {e['process']}] ({e['severity']})"


def words(e):
    return sentence(e) + ' ' + bracket(e)


def insertion(e, rng=None):
    n = e['number']
    if n == 4283:
        first = e['lpi'].split('-') + [str(e['error'])]
    elif n == 4258:
        first = [str(e['cb'])] + e['lpi'].split('-') + [e['type']]
    elif n == 9301:
        first = [e['hex'], e['umlaut'].replace(',', '').replace(';', '').replace('"', '')]
    elif n == 9215:
        first = [str(e['cb']), str(e['socket'])]
        if rng and rng.random() < 0.5:
            first.reverse()
    elif n == 4284:
        first = [str(e['error'])]
    else:
        first = [e['umlaut'].replace(',', '').replace(';', '').replace('"', ''), '1', '0', str(e['cb']), '1']
    return first + [e['component'], e['thread_name'], str(e['thread']), str(e['process'])]


def log_body(e):
    n = e['number']
    if n == 4283:
        return ['Bad LPIs in message', f"Bad LPI {e['lpi']}", f"Error code = {e['error']}"]
    if n == 4258:
        return ['Message received at NSI:', f"  cb {e['cb']}", f"  LPI {e['lpi']}", f"  Message type {e['type']}"]
    return [sentence(e)]


# ---- Dates ----

def clock12(t, form='{h}:{m:02}:{s:02} {half}', halves=('AM', 'PM')):
    return form.format(h=t.hour % 12 or 12, m=t.minute, s=t.second, half=halves[t.hour >= 12])


def c24(t):
    return t.strftime('%H:%M:%S')


ENGLISH = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()
# Name, date, time, characters that only Unicode has. The names tell which settings they are.
LOCALES = {
    'en-US': (lambda t: f'{t.month}/{t.day}/{t.year}', clock12, False),
    'en-US, NT 4': (lambda t: f'{t.month}/{t.day}/{t.year % 100:02}', clock12, False),
    'en-GB': (lambda t: t.strftime('%d/%m/%Y'), c24, False),
    'en-AU': (lambda t: f'{t.day}/{t.month:02}/{t.year}', clock12, False),
    'en-IN': (lambda t: t.strftime('%d-%m-%Y'), c24, False),
    'en-CA': (lambda t: t.strftime('%d/%m/%Y'), lambda t: clock12(t, halves=('a.m.', 'p.m.')), False),
    'de': (lambda t: t.strftime('%d.%m.%Y'), c24, False),
    'de, NT 4': (lambda t: t.strftime('%d.%m.%y'), c24, False),
    'fi': (lambda t: f'{t.day}.{t.month}.{t.year}', lambda t: t.strftime('%H.%M.%S'), False),
    'it': (lambda t: t.strftime('%d/%m/%Y'), lambda t: t.strftime('%H.%M.%S'), False),
    'nl': (lambda t: f'{t.day}-{t.month}-{t.year}', c24, False),
    'sv': (lambda t: t.strftime('%Y-%m-%d'), c24, False),
    'hu': (lambda t: t.strftime('%Y.%m.%d.'), c24, False),
    'hu, 10': (lambda t: t.strftime('%Y. %m. %d.'), c24, False),
    'cs': (lambda t: f'{t.day}. {t.month}. {t.year}', c24, False),
    'ja': (lambda t: t.strftime('%Y/%m/%d'), c24, False),
    'ja, short years': (lambda t: t.strftime('%y/%m/%d'), c24, False),
    'es-MX': (lambda t: t.strftime('%d/%m/%Y'), lambda t: clock12(t, halves=('a. m.', 'p. m.')), False),
    'en-ZA': (lambda t: t.strftime('%Y/%m/%d'), lambda t: clock12(t, '{h:02}:{m:02}:{s:02} {half}'), False),
    'en-JM': (lambda t: f'{t.day:02}-{ENGLISH[t.month - 1]}-{t.year % 100:02}', clock12, False),
    'el': (lambda t: f'{t.day}/{t.month}/{t.year}', lambda t: clock12(t, halves=('πμ', 'μμ')), True),
    'zh-TW': (lambda t: f'{t.year}/{t.month}/{t.day}', lambda t: clock12(t, '{half} {h:02}:{m:02}:{s:02}',
                                                                        ('上午', '下午')), True),
    'ko': (lambda t: t.strftime('%Y-%m-%d'), lambda t: clock12(t, '{half} {h}:{m:02}:{s:02}', ('오전', '오후')), True),
    'bg': (lambda t: f'{t.day}.{t.month}.{t.year} г.', c24, True),
}


def pick_locale(rng, world):
    name = rng.choice(sorted(LOCALES))
    world['note'].append(name)
    world['unicode'] |= LOCALES[name][2]
    return LOCALES[name]


# ---- Forms: each gives text and the events that are in it, by what the form shows of them ----

def shown(e, without=(), utc=False):
    result = {key: e[key] for key in PARTS if key not in without}
    result['utc'] = utc
    if e['umlaut'] and 'text' not in without:
        result['umlaut'] = e['umlaut']
    return result


MISSING = [
    lambda n, s: (f'The description for Event ID ( {n} ) in Source ( MSExchangeMTA ) could not be found. It contains '
                  f'the following insertion string(s): {", ".join(s)}.'),
    lambda n, s: (f'The description for Event ID ( {n} ) in Source ( MSExchangeMTA ) cannot be found. The local '
                  'computer may not have the necessary registry information or message DLL files to display messages '
                  'from a remote computer. You may be able to use the /AUXSOURCE= flag to retrieve this description; '
                  f'see Help and Support for details. The following information is part of the event: {", ".join(s)}.'),
    lambda n, s: (f'Die Beschreibung der Ereigniskennung ( {n} ) in ( MSExchangeMTA ) wurde nicht gefunden. '
                  f'Ereignisinformationen: {", ".join(s)}.'),
]


def vista(n, strings):
    return (f'The description for Event ID {n} from source MSExchangeMTA cannot be found. Either the component that '
            'raises this event is not installed on your local computer or the installation is corrupted. You can '
            'install or repair the component on the local computer.\n\nIf the event originated on another computer, '
            'the display information had to be saved with the event.\n\nThe following information was included with '
            'the event: \n\n' + '\n'.join(strings) + '\n\nThe message resource is present but the message was not '
            'found in the message table\n')


def wrapped(rng, text, width):
    """Line ends in place of spaces, as a mail program folds."""
    lines, line = [], ''
    for word in text.split(' '):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = line + ' ' + word if line else word
    return '\n'.join(lines + [line])


def description(rng, e, breaks):
    """Words, or those for a missing message file; and whether the words are there."""
    if rng.random() < 0.5:
        text = words(e)
        return (wrapped(rng, text, rng.randint(30, 70)) if breaks and rng.random() < 0.5 else text), ()
    return rng.choice(MISSING)(e['number'], insertion(e, rng)), ('text',)


def form_ev(rng, events, world):
    out = []
    indent = rng.choice(['', '       ', '\t'])
    blank = rng.choice(['', '\n'])
    word = rng.choice(['message ', 'Message ', ''])
    for e in events:
        out.append(f"{word}NMI{e['number']}: {e['cls']}, severity {e['severity']}\n{blank}"
                   f"{indent}({e['component']} {e['thread_name']}({e['thread']}) Proc {e['process']}) "
                   f"{e['t'].strftime('%m-%d-%y %I:%M:%S')}{'am' if e['t'].hour < 12 else 'pm'}\n"
                   + ''.join(f'{indent}{line}\n' for line in log_body(e)) + '\n')
    return ''.join(out), [shown(e) for e in events]


def form_ev_bare(rng, events, world):
    """Records without their header."""
    out = []
    for e in events:
        out.append(f"({e['component']} {e['thread_name']}({e['thread']}) Proc {e['process']}) "
                   f"{e['t'].strftime('%m-%d-%y %I:%M:%S')}{'am' if e['t'].hour < 12 else 'pm'}\n"
                   + ''.join(f'{line}\n' for line in log_body(e)) + '\n')
    return ''.join(out), [shown(e) for e in events]


def foreign_row(rng, t):
    return rng.choice(OTHERS), rng.choice(['7036', '1', '100', '4283']), 'The service entered the stopped state.'


def form_viewer(rng, events, world):
    date, time, _ = pick_locale(rng, world)
    sep = rng.choice(['\t', ',', ';'])
    quoted = rng.choice([False, True])
    # Points and commas of a date are no separators, but a time's may be: no program writes such a file.
    breaks = quoted or sep == '\t'

    def row(t, source, number, text):
        kind = rng.choice(['Warning', 'Information', 'Warnung', 'Fehler'])
        if quoted or (sep != '\t' and ('\n' in text or '"' in text)):
            text = '"' + text.replace('"', '""') + '"'
        return sep.join([date(t), time(t), source, kind, rng.choice(['Interface ', 'None', '(4)']), number, 'N/A',
                         'EXCH1', text]) + '\n'

    out, truth = [], []
    for e in events:
        if rng.random() < 0.3:
            out.append(row(e['t'], *foreign_row(rng, e['t'])))
        text, without = description(rng, e, breaks)
        out.append(row(e['t'], 'MSExchangeMTA', str(e['number']), text))
        truth.append(shown(e, without))
    return ''.join(out), truth


def form_vista_csv(rng, events, world):
    date, time, _ = pick_locale(rng, world)
    out = [rng.choice(['Level,Date and Time,Source,Event ID,Task Category\n',
                       'Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie\n'])]
    truth = []
    for e in events:
        if rng.random() < 0.3:
            source, number, text = foreign_row(rng, e['t'])
            out.append(f"Information,{date(e['t'])} {time(e['t'])},{source},{number},None,{text}\n")
        missing = rng.random() < 0.5
        text = vista(e['number'], insertion(e, rng)) if missing else words(e)
        text = '"' + text.replace('"', '""') + '"'
        out.append(f"Warning,{date(e['t'])} {time(e['t'])},MSExchangeMTA,{e['number']},(4),{text}\n")
        truth.append(shown(e, ('text',) if missing else ()))
    return ''.join(out), truth


def form_dumpel(rng, events, world):
    sep = rng.choice([' ', '\t', ','])
    out = []
    for e in events:
        strings = insertion(e, rng)
        out.append(sep.join([f"{e['t'].month}/{e['t'].day}/{e['t'].year}", clock12(e['t']), '2', '4', str(e['number']),
                             'MSExchangeMTA', 'N/A', 'EXCH1', ' '.join(strings)]) + '\n')
    return ''.join(out), [shown(e, ('text',)) for e in events]


def form_psloglist_s(rng, events, world):
    date, time, _ = pick_locale(rng, world)
    out = ['PsLoglist - local and remote event log viewer\n\nApplication log on \\\\EXCH1:\n']
    truth = []
    for i, e in enumerate(events):
        text, without = description(rng, e, False)
        out.append(f"{i + 1},Application,MSExchangeMTA,WARNING,EXCH1,{date(e['t'])} {time(e['t'])},{e['number']},None,"
                   f'{text}\n')
        truth.append(shown(e, without))
    return ''.join(out), truth


def form_psloglist(rng, events, world):
    date, time, _ = pick_locale(rng, world)
    out, truth = ['Application log on \\\\EXCH1:\n'], []
    for i, e in enumerate(events):
        text, without = description(rng, e, True)
        out.append(f'[{i + 1}] MSExchangeMTA\n   Type:     WARNING\n   Computer: EXCH1\n'
                   f"   Time:     {date(e['t'])} {time(e['t'])}   ID:       {e['number']}\n{text}\n\n")
        truth.append(shown(e, without))
    return ''.join(out), truth


def form_wevtutil_text(rng, events, world):
    out, truth = [], []
    for i, e in enumerate(events):
        missing = rng.random() < 0.5
        text = vista(e['number'], insertion(e, rng)) if missing else words(e)
        out.append(f"Event[{i}]:\n  Log Name: Application\n  Source: MSExchangeMTA\n"
                   f"  Date: {e['t'].strftime('%Y-%m-%dT%H:%M:%S')}.000\n  Event ID: {e['number']}\n  Task: N/A\n"
                   f'  Level: Warning\n  Opcode: Info\n  Keyword: Classic\n  User: N/A\n  User Name: N/A\n'
                   f'  Computer: EXCH1\n  Description: \n{text}\n\n')
        truth.append(shown(e, ('text',) if missing else ()))
    return ''.join(out), truth


def escaped(text):
    return text.replace('&', '&amp;').replace('<', '&lt;').replace('"', '&quot;')


def form_xml(rng, events, world):
    out = []
    pretty = rng.choice(['', '\n  '])
    quote = rng.choice(['"', "'"])
    for i, e in enumerate(events):
        data = pretty.join(f'<Data>{escaped(s)}</Data>' for s in insertion(e, rng))
        out.append(f'<Event xmlns={quote}http://schemas.microsoft.com/win/2004/08/events/event{quote}>{pretty}<System>'
                   f'{pretty}<Provider Name={quote}MSExchangeMTA{quote}/>{pretty}<EventID Qualifiers={quote}32768'
                   f"{quote}>{e['number']}</EventID>{pretty}<Level>3</Level>{pretty}<TimeCreated SystemTime={quote}"
                   f"{e['t'].strftime('%Y-%m-%dT%H:%M:%S')}.000000000Z{quote}/>{pretty}<EventRecordID>{i + 1}"
                   f'</EventRecordID>{pretty}<Computer>EXCH1</Computer></System>{pretty}<EventData>{data}</EventData>'
                   f'</Event>\n')
    text = ''.join(out)
    if rng.random() < 0.5:
        text = '<?xml version="1.0"?>\n<Events>' + text + '</Events>\n'
    return text, [shown(e, ('text',), True) for e in events]


def form_evtexport(rng, events, world):
    out = ['evtexport 20200926\n\n']
    for i, e in enumerate(events):
        strings = insertion(e, rng)
        when = f"{ENGLISH[e['t'].month - 1]} {e['t'].day:02}, {e['t'].year} {c24(e['t'])} UTC"
        out.append(f'Event number\t\t\t: {i + 1}\nCreation time\t\t\t: {when}\nWritten time\t\t\t: {when}\n'
                   f'Event type\t\t\t: Warning event (2)\nComputer name\t\t\t: EXCH1\n'
                   f'Source name\t\t\t: MSExchangeMTA\nEvent category\t\t\t: 4\n'
                   f"Event identifier\t\t: 0x{0x80000000 + e['number']:08x} ({0x80000000 + e['number']})\n"
                   f'Number of strings\t\t: {len(strings)}\n'
                   + ''.join(f'String: {k + 1}\t\t\t: {s}\n' for k, s in enumerate(strings)) + '\n')
    return ''.join(out), [shown(e, ('text',), True) for e in events]


def form_log_parser(rng, events, world):
    out = ['EventLog,RecordNumber,TimeGenerated,TimeWritten,EventID,EventType,EventTypeName,EventCategory,'
           'EventCategoryName,SourceName,Strings,ComputerName,SID,Message,Data\n']
    for i, e in enumerate(events):
        when = e['t'].strftime('%Y-%m-%d %H:%M:%S')
        out.append(f"app.evt,{i + 1},{when},{when},{e['number']},2,Warning event,4,\"The name for category 4 in Source "
                   f"\"\"MSExchangeMTA\"\" cannot be found\",MSExchangeMTA,{'|'.join(insertion(e, rng))},EXCH1,,"
                   f"\"The description for Event ID {e['number']} in Source \"\"MSExchangeMTA\"\" cannot be found.\",\n")
    return ''.join(out), [shown(e, ('text',)) for e in events]


def form_powershell(rng, events, world):
    """Get-EventLog | Export-Csv."""
    date, time, _ = pick_locale(rng, world)
    out = ['#TYPE System.Diagnostics.EventLogEntry#Application/MSExchangeMTA/2147487931\n'
           '"EventID","MachineName","Data","Index","Category","CategoryNumber","EntryType","Message","Source",'
           '"ReplacementStrings","InstanceId","TimeGenerated","TimeWritten","UserName","Site","Container"\n']
    truth = []
    for i, e in enumerate(events):
        text, without = description(rng, e, True)
        when = f"{date(e['t'])} {time(e['t'])}"
        cells = [str(e['number']), 'EXCH1', 'System.Byte[]', str(i + 1), '(4)', '4', 'Warning', text, 'MSExchangeMTA',
                 'System.String[]', str(0x80000000 + e['number']), when, when, '', '', '']
        out.append(','.join('"' + cell.replace('"', '""') + '"' for cell in cells) + '\n')
        truth.append(shown(e, without))
    return ''.join(out), truth


PROSE = ['Hello,\n\nwe have seen this on our bridgehead since Monday, any idea?\n\n', 'Then, a little later:\n\n',
         'Customer says that mail is queued up.\n\n', 'This is what the other server had:\n\n', '']


def form_pasted(rng, events, world):
    date, time, _ = pick_locale(rng, world)
    out, truth = [], []
    for e in events:
        out.append(rng.choice(PROSE))
        text, without = description(rng, e, True)
        out.append(f"Event Type:\tWarning\nEvent Source:\tMSExchangeMTA\nEvent Category:\tInterface\n"
                   f"Event ID:\t{e['number']}\nDate:\t\t{date(e['t'])}\nTime:\t\t{time(e['t'])}\nUser:\t\tN/A\n"
                   f'Computer:\tEXCH1\nDescription:\n{text}\n\n')
        truth.append(shown(e, without))
    return ''.join(out), truth


def form_pasted_vista(rng, events, world):
    date, time, _ = pick_locale(rng, world)
    out, truth = [], []
    for e in events:
        missing = rng.random() < 0.5
        text = vista(e['number'], insertion(e, rng)) if missing else words(e)
        out.append(f"Log Name:      Application\nSource:        MSExchangeMTA\nDate:          {date(e['t'])} "
                   f"{time(e['t'])}\nEvent ID:      {e['number']}\nTask Category: (4)\nLevel:         Warning\n"
                   f'Keywords:      Classic\nUser:          N/A\nComputer:      EXCH1\nDescription:\n{text}\n')
        if rng.random() < 0.5:
            xml, _ = form_xml(rng, [e], world)
            xml = xml.replace('<?xml version="1.0"?>\n<Events>', '').replace('</Events>', '')
            out.append('Event Xml:\n' + xml)
        truth.append(shown(e, ('text',) if missing else ()))
    return ''.join(out), truth


def form_sentences(rng, events, world):
    """Descriptions out of the event's window, nothing else, paragraphs of a page whose lines were wrapped."""
    out = []
    for e in events:
        out.append(wrapped(rng, words(e), rng.randint(40, 72)) + '\n\n')
    return ''.join(out), [shown(e, ('t',)) for e in events]


def quoting(form):
    """A newsgroup's page: the same with marks before each line, and lines wrapped."""
    def quoted(rng, events, world):
        text, truth = form(rng, events, world)
        mark = rng.choice(['> ', '>> ', '| ', '>'])
        return ''.join(mark + line + '\n' for line in text.split('\n')[:-1]) + '\n', truth
    return quoted


FORMS = {
    'ev': form_ev,
    'ev without headers': form_ev_bare,
    'event viewer': form_viewer,
    'vista csv': form_vista_csv,
    'dumpel': form_dumpel,
    'psloglist -s': form_psloglist_s,
    'psloglist': form_psloglist,
    'wevtutil': form_wevtutil_text,
    'xml': form_xml,
    'evtexport': form_evtexport,
    'log parser': form_log_parser,
    'powershell': form_powershell,
    'pasted': form_pasted,
    'pasted from vista': form_pasted_vista,
    'sentences': form_sentences,
    'quoted ev': quoting(form_ev),
    'quoted paste': quoting(form_pasted),
    'quoted sentences': quoting(form_sentences),
}


# ---- Bytes ----

def encode(rng, text, world):
    end = rng.choice(['\r\n', '\r\n', '\n', '\r'])
    names = ['cp1252', 'cp850', 'utf-8', 'utf-8-sig', 'utf-16-le', 'utf-16-be', 'utf-16-le-bom', 'utf-16-be-bom',
             'cp1252 with a mark']
    try:
        text.encode('cp1252')
        text.encode('cp850')
    except UnicodeEncodeError:
        names = [name for name in names if name.startswith('utf')]
    name = rng.choice(names)
    world['note'].append(name.split(' ')[0])
    text = text.replace('\n', end)
    world['codec'] = name.replace('-bom', '').replace(' with a mark', '')
    if name == 'utf-16-le-bom':
        return b'\xff\xfe' + text.encode('utf-16-le')
    if name == 'utf-16-be-bom':
        return b'\xfe\xff' + text.encode('utf-16-be')
    if name == 'cp1252 with a mark':
        return rng.choice([b'\xef\xbb\xbf', b'\xff\xfe']) + text.encode('cp1252')
    return text.encode(name)


def times(rng, count):
    t = datetime.datetime(2002, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59),
                          rng.randint(0, 59))
    result = []
    for _ in range(count):
        result.append(t)
        t += datetime.timedelta(seconds=rng.choice([0, 1, rng.randint(1, 900), rng.randint(1, 3 * 86400)]))
    return result


def events_of(rng, count):
    return [event(rng, t) for t in times(rng, count)]


def spanning(rng, count):
    """Days that show which of a date's numbers is the day: some are beyond the twelfth."""
    while True:
        events = events_of(rng, count)
        days = {e['t'].day for e in events}
        if any(day > 12 for day in days) and len(days) >= 4:
            return events


# ---- .evt ----

def evt(rng, events, world):
    """A ring of records that has come round or not, and what it dropped and has not written over yet."""
    def record(number, e, foreign):
        source = rng.choice(OTHERS) if foreign else 'MSExchangeMTA'
        strings = ['stopped'] if foreign else insertion(e, rng)
        names = (source + '\0EXCH1\0').encode('utf-16-le')
        names += b'\0' * (-len(names) % 4)
        data = ''.join(s + '\0' for s in strings).encode('utf-16-le')
        size = 56 + len(names) + len(data)
        pad = -size % 4
        size += pad + 4
        when = int(e['t'].replace(tzinfo=datetime.timezone.utc).timestamp())
        head = struct.pack('<IIIIIIHHHHIIIIII', size, 0x654C664C, number, when, when, 0x80000000 + e['number'], 2,
                           len(strings), 4, 0, 0, 56 + len(names), 0, 56, 0, size - 4)
        return head + names + data + b'\0' * pad + struct.pack('<I', size)

    records, mine = [], []
    for e in events:
        if rng.random() < 0.3:
            records.append(record(len(records) + 1, e, True))
            mine.append(None)
        records.append(record(len(records) + 1, e, False))
        mine.append(e)
    dropped = rng.randint(0, 2)
    begin = 48 + sum(map(len, records[:dropped]))
    end = 48 + sum(map(len, records))
    tail = struct.pack('<IIIIIIIIII', 40, 0x11111111, 0x22222222, 0x33333333, 0x44444444, begin, end,
                       len(records) + 1, dropped + 1, 40)
    dirty = rng.random() < 0.5
    header = struct.pack('<IIIIIIIIIIII', 48, 0x654C664C, 1, 1, begin if not dirty else 48, end if not dirty else 48,
                         len(records) + 1, dropped + 1, 65536, 1 if dirty else 0, 0, 48)
    world['note'].append(f'.evt, {dropped} dropped, dirty {dirty}')
    return header + b''.join(records) + tail, [shown(e, ('text',), True) for e in mine if e]


# ---- Running and comparing ----

def read(program, path):
    run = subprocess.run([program, 'events', '--json', '-', path], capture_output=True, text=True, timeout=60)
    if run.returncode not in (0, 1):
        raise SystemExit(f'{path}: exit {run.returncode}: {run.stderr}')
    records = [json.loads(line) for line in run.stdout.splitlines()]
    found = []
    for r in records:
        if r['record'] != 'event':
            continue
        t = r['t_local'] and datetime.datetime.fromisoformat(r['t_local'].rstrip('Z')[:19])
        found.append(dict(number=r['number'], t=t, lpi=r['lpi'], cb=r['cb'], error=r['error_code'],
                          socket=r['socket_error'], type=r['message_type'], peer=r['peer'], peer_name=r['peer_name'],
                          thread_name=r['thread_name'], thread=r['thread'], process=r['process'], utc=r['utc'],
                          text=r['text'], cut=r['cut'], line=r['line']))
    return found, run.stderr.splitlines()


def lines_of(data, codec):
    return len(data.decode(codec, 'ignore').replace('\r\n', '\n').replace('\r', '\n').split('\n')) - 1


def differences(truth, found):
    if len(truth) != len(found):
        # The first that is not the same tells most.
        for i, (a, b) in enumerate(zip(truth, found)):
            if a['number'] != b['number'] or a.get('t', b['t']) != b['t']:
                return [f'{len(found)} events, not {len(truth)}: first at {i}: {b} not {a}']
        return [f'{len(found)} events, not {len(truth)}; the last found: {found[-1] if found else None}']
    wrong = []
    for i, (a, b) in enumerate(zip(truth, found)):
        for key in a:
            if key == 'umlaut':
                if ' '.join(a[key].split()) not in ' '.join((b['text'] or '').split()):
                    wrong.append(f'event {i}: {a[key]!r} is not in {b["text"]!r}')
            elif a[key] != b[key]:
                wrong.append(f'event {i} (line {b["line"]}): {key} {b[key]!r}, not {a[key]!r}')
        if b['cut']:
            wrong.append(f'event {i} is called cut')
    return wrong


class Tests:
    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix='made-logs-')
        self.made = 0
        self.events = 0
        self.failed = 0

    def check_half(self, name, seed, data, truth, world, at, first):
        """Reads a log as a whole, and then the half before or behind a byte of it."""
        path = os.path.join(self.folder, f'cut-{seed}.log')
        with open(path, 'wb') as file:
            file.write(data)
        whole, _ = read(self.program, path)
        if len(whole) != len(truth):
            return
        half = data[:at] if first else data[at:]
        with open(path, 'wb') as file:
            file.write(half)
        found, problems = read(self.program, path)
        before = lines_of(data[:at], world['codec'])
        wrong = damaged(name, truth, whole, [dict(e, line=e['line'] + (0 if first else before)) for e in found],
                        problems, range(1, before + 1) if first else range(before + 1, 10 ** 9), first)
        self.judge(path, found, wrong, world)

    def check(self, name, seed, data, truth, world):
        path = os.path.join(self.folder, f'{name.replace(" ", "-")}-{seed}.log')
        with open(path, 'wb') as file:
            file.write(data)
        found, problems = read(self.program, path)
        wrong = differences(truth, found)
        if problems:
            wrong.append('problems: ' + '; '.join(problems[:3]))
        self.judge(path, found, wrong, world)

    def judge(self, path, found, wrong, world):
        self.made += 1
        self.events += len(found)
        if wrong:
            self.failed += 1
            print(f'{path} ({"; ".join(world["note"])}):\n  ' + '\n  '.join(wrong[:4]), file=sys.stderr)
        else:
            os.unlink(path)


def same(a, b, last=False):
    """Whether what was read is that event, as far as it is there: nothing of it is another's. The last one of a log that
    ends within a line may have lost the end of a number or a name."""
    for key in PARTS:
        if key in a and b[key] is not None and a[key] is not None and a[key] != b[key]:
            if not last or not str(a[key]).startswith(str(b[key])):
                return False
    return True


# Forms that cannot be read without the line that names their columns.
HEADED = ('log parser', 'powershell')


def damaged(name, truth, whole, found, problems, kept, first):
    """What was read of half a log: every event that is whole in it, none that there was not, and what lacks is told.
    whole is what was read of all of it; kept are the lines that the half has, as a range."""
    wrong = []
    # An event is whole if the next one begins within the half too.
    ends = [e['line'] for e in whole[1:]] + [10 ** 9]
    expected = [t for t, e, end in zip(truth, whole, ends)
                if (end < kept.stop if first else e['line'] > kept.start)]
    if not first and name in HEADED:
        expected = []
    if not first:
        expected = expected[1:] if name.startswith(('quoted', 'sentences', 'pasted')) else expected
    at = 0
    for e in found:
        k = at
        told = any('the dates of this log' in problem for problem in problems)
        while k < len(truth) and not same(truth[k], dict(e, t=None) if told else e, first and e is found[-1]):
            k += 1
        if k < len(truth):
            at = k + 1
        elif not (e['cut'] or problems):
            wrong.append(f'line {e["line"]}: there was no such event: {e}')
    for t in expected:
        # Half a file may not tell what its dates are; then that is told.
        if any('the dates of this log' in problem for problem in problems):
            t = dict(t, t=None)
        if not any(same(t, e) and e['number'] == t['number'] for e in found):
            wrong.append(f'whole, but not read: {t}')
    if len(found) > len(truth):
        wrong.append(f'{len(found)} events of {len(truth)}')
    return wrong


def overlaid(rng, world):
    """A log that a restarted MTA began to write over: the new one's first part, and what is left of the old one. Or one
    with a hole, as a crash leaves it. Gives the bytes and the events that are whole in it."""
    new, old = spanning(rng, 8), spanning(rng, 8)
    style = rng.random()

    def chunks(events):
        return [form_ev(random.Random(style), [e], world)[0].replace('\n', '\r\n').encode('cp1252') for e in events]

    def cut_of(parts, low, high):
        """Which of the parts lie between two bytes."""
        at, inside = 0, []
        for i, part in enumerate(parts):
            if low <= at and at + len(part) <= high:
                inside.append(i)
            at += len(part)
        return inside

    first, second = chunks(new), chunks(old)
    if rng.random() < 0.5:
        at = rng.randrange(min(len(b''.join(first)), len(b''.join(second))))
        data = b''.join(first)[:at] + b''.join(second)[at:]
        whole = [new[i] for i in cut_of(first, 0, at)] + [old[i] for i in cut_of(second, at, 10 ** 9)]
        world['note'].append(f'written over up to {at}')
        return data, [shown(e) for e in new + old], [shown(e) for e in whole]
    data = b''.join(first)
    at = rng.randrange(len(data))
    length = rng.randint(2, 600)
    world['note'].append(f'a hole of {length} at {at}')
    whole = [new[i] for i in cut_of(first, 0, at) + cut_of(first, at + length, 10 ** 9)]
    return data[:at] + b'\0' * min(length, len(data) - at) + data[at + length:], [shown(e) for e in new], \
        [shown(e) for e in whole]


def of_damage(every, whole, found, problems):
    wrong = []
    for t in whole:
        if not any(all(e[key] == t[key] for key in PARTS) for e in found):
            wrong.append(f'whole, but not read: {t}')
    strange = [e for e in found if not any(same(t, e) for t in every)]
    # Where one record's beginning meets another's end there is nothing that tells them from one.
    if len(strange) > 1 or len(found) > len(whole) + 2:
        wrong.append(f'{len(found)} events where {len(whole)} are whole; {strange}')
    if len(found) > len(whole) and not problems and not strange and any(e not in whole for e in found):
        lacking = [e for e in found if e['number'] in (4283, 4258) and e['lpi'] is None]
        if lacking:
            wrong.append(f'lacks something, and nothing is told: {lacking}')
    return wrong


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    tests = Tests(sys.argv[1])
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    for name, form in FORMS.items():
        for seed in range(first, first + seeds):
            rng = random.Random(f'{name} {seed}')
            world = dict(note=[], unicode=False)
            text, truth = form(rng, spanning(rng, 12), world)
            tests.check(name, seed, encode(rng, text, world), truth, world)
    for seed in range(first, first + seeds):
        rng = random.Random(f'evt {seed}')
        world = dict(note=[], unicode=False)
        data, truth = evt(rng, spanning(rng, 12), world)
        tests.check('evt', seed, data, truth, world)
    # Several forms and encodings in one file.
    names = sorted(FORMS)
    for seed in range(first, first + 6 * seeds):
        rng = random.Random(f'mixed {seed}')
        world = dict(note=[], unicode=False)
        data, truth = b'', []
        for _ in range(rng.randint(2, 4)):
            name = rng.choice(names)
            world['note'].append(name)
            text, part = FORMS[name](rng, spanning(rng, 8), world)
            data += encode(rng, text, world)
            truth += part
        # Two pages of single bytes in one part cannot be told apart.
        if len({note for note in world['note'] if note.startswith('cp')}) > 1:
            for event in truth:
                event.pop('umlaut', None)
        tests.check('mixed', seed, data, truth, world)
    # The first or the last half is gone.
    for seed in range(first, first + 6 * seeds):
        rng = random.Random(f'cut {seed}')
        world = dict(note=[], unicode=False)
        name = rng.choice(names)
        text, truth = FORMS[name](rng, spanning(rng, 8), world)
        data = encode(rng, text, world)
        # The order of bytes without a mark that Windows has not: half of it cannot be told from half of the other.
        if 'utf-16-be' in world['note'] and world['unicode']:
            continue
        at = rng.randrange(len(data))
        world['note'] += [name, f'cut at {at} of {len(data)}']
        tests.check_half(name, seed, data, truth, world, at, rng.random() < 0.5)
    for seed in range(first, first + 6 * seeds):
        rng = random.Random(f'overlaid {seed}')
        world = dict(note=[], unicode=False)
        data, every, whole = overlaid(rng, world)
        path = os.path.join(tests.folder, f'overlaid-{seed}.log')
        with open(path, 'wb') as file:
            file.write(data)
        found, problems = read(tests.program, path)
        tests.judge(path, found, of_damage(every, whole, found, problems), world)
    print(f'{tests.made} logs, {tests.events} events read; {tests.failed} logs read wrongly')
    if tests.failed:
        raise SystemExit(1)
    os.rmdir(tests.folder)


if __name__ == '__main__':
    main()
