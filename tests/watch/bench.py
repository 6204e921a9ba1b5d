# SPDX-License-Identifier: GPL-2.0-or-later
"""`mtascope live` on an interface in a network namespace of its own: packets made by hand, the program, its files."""
import contextlib
import glob
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
SOON = 5  # seconds: two are promised, to which a machine that is busy with other tests adds
CLONE_NEWNET = 0x40000000
TAP, WIRE = "mta0", "wire0"  # what is sent into WIRE is captured on TAP
CR = bytes.fromhex("0300000b06e00000000100")
CC = bytes.fromhex("0300000b06d00000000100")
DT = bytes.fromhex("0300000902f0800102")


class Failure(Exception):
    pass


def check(condition, says):
    if not condition:
        raise Failure(says)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.strip() or f"ip {' '.join(words)}")


def add_pair():
    ip("link", "add", WIRE, "type", "veth", "peer", "name", TAP)
    for name in (WIRE, TAP):
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1", encoding="ascii")
        ip("link", "set", name, "up")


def enter_namespace():
    """This process, and with it all that it starts, gets a network of its own."""
    if os.geteuid() != 0:
        skip("making a network namespace needs root")
    import ctypes
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        skip("network namespaces can't be made here")
    try:
        add_pair()
    except OSError as problem:
        skip(f"a pair of interfaces can't be made here: {problem}")


# ---- Packets ----

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


class Wire:
    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((WIRE, 0))

    def send(self, frame):
        self.socket.send(frame)

    def tcp(self, source, destination, flags, seq, ack, payload=b""):
        addresses = socket.inet_aton(source[0]) + socket.inet_aton(destination[0])
        header = struct.pack(">HHIIBBHHH", source[1], destination[1], seq, ack, 0x50, flags, 8192, 0, 0)
        total = checksum(addresses + struct.pack(">BBH", 0, 6, len(header) + len(payload)) + header + payload)
        header = header[:16] + struct.pack(">H", total) + header[18:]
        ip_header = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 1, 0, 64, 6, 0) + addresses
        ip_header = ip_header[:10] + struct.pack(">H", checksum(ip_header)) + ip_header[12:]
        self.send(b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip_header + header + payload)


class Talk:
    """One connection to the MTA."""

    def __init__(self, wire, port, server="10.20.0.1"):
        self.wire, self.client, self.server = wire, ("10.20.1.9", port), (server, 102)
        self.seq, self.peer = 1000, 5000

    def handshake(self):
        self.wire.tcp(self.client, self.server, 0x02, self.seq, 0)
        self.wire.tcp(self.server, self.client, 0x12, self.peer, self.seq + 1)
        self.seq, self.peer = self.seq + 1, self.peer + 1
        self.wire.tcp(self.client, self.server, 0x10, self.seq, self.peer)

    def ask(self):
        self.wire.tcp(self.client, self.server, 0x18, self.seq, self.peer, CR)
        self.seq += len(CR)
        self.wire.tcp(self.server, self.client, 0x10, self.peer, self.seq)

    def answer(self):
        self.wire.tcp(self.server, self.client, 0x18, self.peer, self.seq, CC)
        self.peer += len(CC)
        self.wire.tcp(self.client, self.server, 0x10, self.seq, self.peer)

    def send_on(self):
        """What a server sends once all went well."""
        self.wire.tcp(self.server, self.client, 0x18, self.peer, self.seq, DT)
        self.peer += len(DT)
        self.wire.tcp(self.client, self.server, 0x10, self.seq, self.peer)

    def close(self):
        self.wire.tcp(self.client, self.server, 0x11, self.seq, self.peer)
        self.wire.tcp(self.server, self.client, 0x11, self.peer, self.seq + 1)
        self.wire.tcp(self.client, self.server, 0x10, self.seq + 1, self.peer + 1)


def packets_of(path):
    """Times and bytes of a little-endian pcap file."""
    data = path.read_bytes()
    unit = {b"\xd4\xc3\xb2\xa1": 1e-6, b"\x4d\x3c\xb2\xa1": 1e-9}[data[:4]]
    at = 24
    while at < len(data):
        seconds, fraction, captured, _ = struct.unpack_from("<IIII", data, at)
        yield seconds + fraction * unit, data[at + 16:at + 16 + captured]
        at += 16 + captured


# ---- The program ----

class Ready:
    """Hears from the program that it captures."""

    def __init__(self, folder):
        self.path = str(folder / "ready")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.1)

    def wait(self, live, seconds=30.0):
        begun = time.monotonic()
        while live.process.poll() is None and time.monotonic() - begun < seconds:
            with contextlib.suppress(TimeoutError):
                check(self.socket.recv(64) == b"READY=1", "it said something else than that it is ready")
                return
        raise Failure(f"it does not capture:\n{live.said()}")


class Live:
    started = []

    def __init__(self, program, folder, *options, interface=TAP):
        self.folder, self.ready = folder, Ready(folder)
        self.errors = open(folder / "errors", "a+b")
        self.out = open(folder / "out", "wb")
        self.process = subprocess.Popen([program, "live", "-i", interface, *map(str, options)], stdin=subprocess.DEVNULL,
                                        stdout=self.out, stderr=self.errors, cwd=folder,
                                        env=dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1",
                                                 NOTIFY_SOCKET=self.ready.path))
        Live.started.append(self.process)
        self.ready.wait(self)

    @staticmethod
    def kill_all():
        for process in Live.started:
            process.kill()
            process.wait()

    def said(self):
        return (self.folder / "errors").read_text(encoding="utf-8")

    def wait_for(self, words, seconds=20.0, times=1):
        """How long it took until all the words stood in one line of what was said."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            lines = [line for line in self.said().splitlines() if all(word in line for word in words)]
            if len(lines) >= times:
                return time.monotonic() - begun
            time.sleep(0.05)
        raise Failure(f"within {seconds} s nothing was said of {words}:\n{self.said()}")

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, status=0):
        self.send(number)
        ended = self.process.wait(timeout=20)
        self.errors.close()
        self.out.close()
        check(ended == status, f"exit status {ended} in the place of {status}:\n{self.said()}")


def records(text, kind=None):
    lines = text.splitlines() if isinstance(text, str) else text.read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [record for record in found if kind is None or record["record"] == kind]


def analyzed(program, *paths):
    done = subprocess.run([program, "analyze", "-q", "--json", "-", *map(str, paths)], capture_output=True, text=True,
                          check=False, timeout=60)
    check(done.returncode == 0, f"analyze: {done.stderr}")
    return done.stdout


def files_of(folder):
    return sorted(glob.glob(str(folder / "mtascope-*.pcapng")))


def event(when, lpi):
    stamp = time.strftime("%m-%d-%y %I:%M:%S", time.gmtime(when)) + ("am" if time.gmtime(when).tm_hour < 12 else "pm")
    return (f"message NMI4258: Interface Event, severity 8\r\n\r\n       (POP4 POP4 UP(7) Proc 228) {stamp}\r\n"
            f"       Message received at NSI:\r\n         cb {lpi}\r\n         LPI 1-15-{lpi}\r\n"
            f"         Message type Close Request\r\n\r\n"
            f"message NMI4283: Interface Event, severity 14\r\n\r\n       (POP4 POP4 UP(7) Proc 228) {stamp}\r\n"
            f"       Bad LPIs in message\r\n       Bad LPI 1-15-{lpi}\r\n       Error code = 8464\r\n\r\n")


def fail_and_log(wire, log, port, lpi, mode="a"):
    talk = Talk(wire, port)
    talk.handshake(), talk.ask()
    time.sleep(0.7)
    talk.close()
    time.sleep(0.2)
    with open(log, mode, encoding="ascii") as out:
        out.write(event(time.time(), lpi))
    time.sleep(3.2)  # the next failure's second must be another one


def against_schema(source, folder):
    """Every record that was written, also before a kill, fits the schema."""
    try:
        import jsonschema
    except ImportError:
        return
    schema = json.loads((source / "docs" / "records.schema.json").read_text(encoding="utf-8"))
    kinds = {choice["$ref"].rpartition("/")[2]: jsonschema.Draft202012Validator({**choice, "$defs": schema["$defs"]})
             for choice in schema["oneOf"]}
    for path in folder.rglob("records*"):
        for record in records(path) if path.is_file() and path.suffix != ".state" else []:
            for error in kinds[record["record"]].iter_errors(record) if record["record"] != "none" else ():
                raise Failure(f"{path.name}: {error.message}: {record}")


def main(doc, parts):
    """Runs the part that the command line names, in a network of its own. Returns the exit status."""
    if len(sys.argv) != 4 or f"part_{sys.argv[3]}" not in parts:
        print(doc.strip(), file=sys.stderr)
        return 2
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        try:
            parts[f"part_{sys.argv[3]}"](os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(),
                                         pathlib.Path(folder))
            against_schema(pathlib.Path(sys.argv[2]), pathlib.Path(folder))
        except Failure as failure:
            print(failure)
            return 1
        finally:
            Live.kill_all()
    return 0
