#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the generator's truth against a third reader, tshark: do both see the same PDUs complete in the same frames?

usage: audit.py GENERATOR [SEED...]
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tshark  # noqa: E402

FIELDS = ["frame.number", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.flags",
          "cotp.type", "ses.type"]


def packets_of(capture):
    """By client address, client port and server address: frame, whether the client sent it, flags, TPDUs, SPDUs."""
    arguments = ["-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "tcp.port==102 && !icmp && !icmpv6", "-T", "fields"]
    for field in FIELDS:
        arguments += ["-e", field]
    found = collections.defaultdict(list)
    for line in tshark.tell(capture, *arguments).splitlines():
        frame, ip, ip6, port, to, to6, to_port, flags, tpdus, spdus = line.split("\t")
        client = to_port == "102"
        key = (ip or ip6, int(port), to or to6) if client else (to or to6, int(to_port), ip or ip6)
        found[key].append((int(frame), client, int(flags, 0), {int(t, 0) for t in tpdus.split(",") if t},
                           {int(s, 0) for s in spdus.split(",") if s}))
    return found


def expected(packets):
    tests = {
        "syn": lambda p: p[1] and p[2] & 0x12 == 2,
        "synack": lambda p: not p[1] and p[2] & 0x12 == 0x12,
        "request": lambda p: 14 in p[3],
        "ok": lambda p: 13 in p[3],
        "bind_request": lambda p: 13 in p[4],
        "bind_result": lambda p: p[4] & {12, 14},
    }
    return {name: next((p[0] for p in packets if test(p)), None) for name, test in tests.items()}


def audit(prefix):
    capture = next(prefix + end for end in (".pcap", ".pcapng") if os.path.exists(prefix + end))
    packets, looked, bad = packets_of(capture), 0, 0
    with open(prefix + ".truth.ndjson", encoding="utf-8") as file:
        truths = [json.loads(line) for line in file]
    for truth in truths:
        if truth["truth"] != "connection" or truth["outcome"] == "partial":
            continue
        key = (truth["client"]["ip"], truth["client"]["port"], truth["server"]["ip"])
        mine = [p for p in packets[key] if truth["first"] <= p[0] <= truth["last"]]
        for name, frame in expected(mine).items():
            want = truth["milestones"][name]
            looked += 1
            if (want and want["frame"]) != frame:
                bad += 1
                print(f"{prefix}: {key} frame {truth['first']}: {name}: truth {want and want['frame']}, tshark {frame}")
    print(f"{looked} milestones looked at, {bad} differ")
    return bad


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in sys.argv[2:] or ["11", "12"]:
            prefix = os.path.join(folder, seed)
            subprocess.run([sys.argv[1], "run", seed, "300", prefix, "log=0"], check=True)
            bad += audit(prefix)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
