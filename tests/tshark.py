# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark tells of captures, for tests that hold something against it.

A start of tshark takes half a second, most captures a few milliseconds, and many tests ask about the same ones. So tests
that can be told the same are: see frames(). Where MTASCOPE_TSHARK names a folder, what tshark says is kept there, for
all tests of several builds; .ci/run makes one for itself. What is kept is found by tshark's file, its arguments and the
bytes of the capture.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess

# Starting, tshark fills 150 MB; in large pages that takes two thirds of the time.
ENVIRONMENT = {**os.environ, "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=67108864"}
# Of captures whose servers do not listen on 102.
TPKT_PORTS = (10002, 10102)

FIELDS = ("frame.number", "frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
          "tcp.srcport", "tcp.dstport", "tcp.flags", "tcp.stream", "tcp.seq_raw", "tcp.ack_raw", "tcp.len",
          "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission",
          "cotp.type", "ses.type", "pres.fully_encoded_data", "pres.cptype", "pres.cpapdu", "pres.cprtype",
          "pres.aru_ppdu", "pres.arp_ppdu_element", "acse.aarq_element", "acse.aare_element", "acse.rlrq_element", "acse.rlre_element",
          "acse.abrt_element", "rtse.rtorq_apdu_element", "rtse.rtoac_apdu_element", "rtse.rtorj_apdu_element",
          "rtse.rtab_apdu_element", "rtse.rttp_apdu", "rtse.rttr_apdu", "p1.MTABindArgument", "p1.MTABindResult",
          "p1.MTABindError")
PLAIN = ("-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,", *(word for field in FIELDS for word in ("-e", field)))
# Only reassemble_out_of_order and the ports are not tshark's defaults.
OPTIONS = ("-o", "ip.defragment:TRUE", "-o", "ipv6.defragment:TRUE", "-o", "tcp.desegment_tcp_streams:TRUE", "-o",
           "tcp.reassemble_out_of_order:TRUE", "-o", "tpkt.desegment:TRUE",
           *(word for port in TPKT_PORTS for word in ("-d", f"tcp.port=={port},tpkt")))


class Failed(Exception):
    pass


def installed():
    return shutil.which("tshark") is not None


def ask(capture, arguments):
    """Status, output and messages."""
    done = subprocess.run(["tshark", "-n", "-r", str(capture), *arguments], capture_output=True, stdin=subprocess.DEVNULL,
                          env=ENVIRONMENT, timeout=600, check=False)
    return done.returncode, done.stdout, done.stderr


def place(folder, capture, arguments):
    """Where it is kept. The ending of a file's name can tell Wireshark its format."""
    program = pathlib.Path(shutil.which("tshark")).resolve()
    about = program.stat()
    which = (str(program), about.st_size, about.st_mtime_ns, pathlib.Path(capture).suffix, arguments)
    key = hashlib.sha256(repr(which).encode() + pathlib.Path(capture).read_bytes()).hexdigest()
    return pathlib.Path(folder) / key


def asked(capture, arguments):
    folder = os.environ.get("MTASCOPE_TSHARK")
    if not folder:
        return ask(capture, arguments)
    kept = place(folder, capture, arguments)
    with open(kept.with_suffix(".lock"), "wb") as lock:
        # Whoever wants the same at the same time waits for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            status, _, output = kept.read_bytes().partition(b"\n")
            return int(status), output, b""
        status, output, messages = ask(capture, arguments)
        # Killed, it would have said more.
        if status >= 0:
            unfinished = kept.with_suffix(".unfinished")
            unfinished.write_bytes(b"%d\n" % status + output)
            unfinished.rename(kept)
    return status, output, messages


def tell(capture, *arguments, status=(0,)):
    """tshark's output for a capture, as text. status: what it may end with; it is 2 after a damaged packet."""
    words = tuple(map(str, arguments))
    ended, output, messages = asked(capture, words)
    if ended not in status:
        raise Failed(f"tshark {' '.join(words)} -r {capture}: status {ended}: {messages.decode(errors='replace')}")
    return output.decode(errors="replace")


def frames(capture, fields, status=(0, 1, 2), plain=False):
    """Of each frame the values of these of FIELDS, each a text with commas between the values of several layers.

    A damaged tail makes tshark fail, after it has told of all that came before. plain: without OPTIONS.
    """
    places = [FIELDS.index(field) for field in fields]
    for line in tell(capture, *PLAIN, *(() if plain else OPTIONS), status=status).split("\n")[:-1]:
        values = line.split("\t")
        yield [values[place] for place in places]
