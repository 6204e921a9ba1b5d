# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages for the tests: of shipped samples, and of a log and a file name that would rather be markup."""
import struct
import subprocess

# What a page must show as words and never take for markup or code.
HOSTILE = [
    "</script><script>window.hostile = 1</script>",
    "<script>window.hostile = 2</script>",
    "<!--<script><img src=x onerror='window.hostile=3'>",
    "&lt;b&gt; &quot;\u2028window.hostile = 4\u2029 \u202egnirts",
    "]]> \\u003c/script\\u003e ${window.hostile=5} `x`",
]


def analyze(program, source, arguments, status=0):
    done = subprocess.run([program, "analyze", *arguments], cwd=source, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=300, check=False)
    if done.returncode != status:
        raise AssertionError(f"{arguments}: exit status {done.returncode}: {done.stderr.decode()[:300]}")
    return done


def hostile_inputs(source, folder):
    """Arguments for an analysis whose log's events and whose files' names are hostile."""
    capture = folder / "a<script>window.hostile=6<"
    capture.mkdir(exist_ok=True)
    capture = capture / "'\"><img src=x onerror=window.hostile=7>.pcap"
    capture.write_bytes((source / "captures" / "overloaded-mta.pcap").read_bytes())
    lines = (source / "captures" / "overloaded-mta.log").read_text(encoding="latin-1").split("\n")
    number, log = 0, []
    for line in lines:
        log.append(line.rstrip("\r"))
        if "Bad LPIs in message" in line:
            log.append("       " + HOSTILE[number % len(HOSTILE)])
            number += 1
    path = folder / "log<script>window.hostile=8<.log"
    path.write_text("\r\n".join(log), encoding="utf-8")
    return ["-e", str(path), str(capture)]


def long_capture(path, repeats):
    """A connection whose request is repeated so many times, until the server resets it: four packets more."""
    client, server = (b"\x0a\x14\x01\x09", 1042), (b"\x0a\x14\x00\x01", 102)
    request = bytes.fromhex("0300000b06e00000000100")
    packets = [(client, server, 100, 0, 0x02, b""), (server, client, 500, 101, 0x12, b""),
               (client, server, 101, 501, 0x10, b"")]
    packets += [(client, server, 101, 501, 0x18, request)] * repeats
    packets.append((server, client, 501, 0, 0x04, b""))
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, (source, target, seq, ack, flags, data) in enumerate(packets):
            tcp = struct.pack("!HHIIBBHHH", source[1], target[1], seq, ack, 0x50, flags, 8192, 0, 0) + data
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), number, 0, 64, 6, 0, source[0], target[0])
            frame = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\x00" + ip + tcp
            out.write(struct.pack("<IIII", 1014757200 + number // 100, number % 100 * 10000, len(frame), len(frame)))
            out.write(frame)


def make(program, source, page, arguments):
    analyze(program, source, ["-q", "--html", str(page), *arguments])
    return page
