# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures made of others, for tests that compare what is said of them; and what is said, without what may differ."""
import pathlib
import struct


def packets_of(path):
    """Of a little-endian pcap: its header, and each packet with its record's head."""
    data = pathlib.Path(path).read_bytes()
    head, packets, at = data[:24], [], 24
    assert struct.unpack("<I", head[:4])[0] == 0xA1B2C3D4, path
    while at < len(data):
        length = struct.unpack("<I", data[at + 8:at + 12])[0]
        packets.append(data[at:at + 16 + length])
        at += 16 + length
    return head, packets


def write(path, head, packets):
    path.write_bytes(head + b"".join(packets))
    return path


def elsewhere(packet, later=0):
    """The same of TCP over IPv4 over Ethernet, on port 80 in place of 102, some seconds later."""
    seconds = struct.unpack("<I", packet[:4])[0] + later
    ports = packet[50:54].replace(b"\0\x66", b"\0\x50")
    return struct.pack("<I", seconds) + packet[4:50] + ports + packet[54:]


def among_others(path, head, packets):
    """Each packet with one that concerns nobody before and behind it, and half an hour of such at two places."""
    out, late = [], 0
    for i, packet in enumerate(packets):
        packet = struct.pack("<I", struct.unpack("<I", packet[:4])[0] + late) + packet[4:]
        other = elsewhere(packet)
        out += [other, packet, other]
        if i in (len(packets) // 2, len(packets) - 1):
            out += [elsewhere(packet, 1 + second) for second in range(0, 1800, 7)]
            late += 1800
    return write(path, head, out)


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng_that_changes(path, head, packets):
    """Microseconds first, then an interface with nanoseconds: the records' times get more digits midway."""
    link = struct.unpack("<I", head[20:24])[0]
    micro = block(1, struct.pack("<HHI", link, 0, 0))
    nano = block(1, struct.pack("<HHIHHB3xHH", link, 0, 0, 9, 1, 9, 0, 0))
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + micro
    for i, packet in enumerate(packets):
        seconds, micros, captured, length = struct.unpack("<IIII", packet[:16])
        late = i >= len(packets) // 2
        if i == len(packets) // 2:
            out += nano
        time = seconds * 10**9 + micros * 1000 + 7 if late else seconds * 10**6 + micros
        out += block(6, struct.pack("<IIIII", int(late), time >> 32, time & 0xFFFFFFFF, captured, length) + packet[16:])
    path.write_bytes(out)
    return path


def pcapng_of_failures(path, head, packets, at):
    """Says, before its packet number at, that it only holds connections that failed."""
    words = b"mtascope: only connections that failed"
    comment = struct.pack("<HH", 1, len(words)) + words + bytes(-len(words) % 4) + bytes(4)
    begin = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    interface = block(1, head[20:22] + struct.pack("<HI", 0, 0))
    out = b"" if at == 0 else block(0x0A0D0D0A, begin) + interface
    for i, packet in enumerate(packets):
        if i == at:
            out += block(0x0A0D0D0A, begin + comment) + interface
        seconds, micros, captured, length = struct.unpack("<IIII", packet[:16])
        time = seconds * 10**6 + micros
        out += block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, captured, length) + packet[16:])
    path.write_bytes(out)
    return path


def without_run(records):
    """The first record tells the options and the time."""
    return b"\n".join(line for line in records.split(b"\n") if not line.startswith(b'{"record":"run"'))
