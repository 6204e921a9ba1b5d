#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the PDUs of every layer above TCP against tshark's, frame by frame.

usage: layers.py LAYERS_PROGRAM

For every capture in the folders x400, mms, iccp and cotp of the one that MTASCOPE_CAPTURES names, each frame must hold
the same TPDUs, SPDUs, PPDUs, and APDUs of ACSE, RTSE and P1, in the same number. Where both differ for a reason, it
stands in EXPLAINED with the number of frames. The shipped samples, which have activities and checkpoints, are compared
up to the session layer: above it tshark 4.0 keeps state across connections and guesses in X.410 mode. Exit status 0 when all is well, 1 when not, 77 when tshark or the captures
are not there and CI is not `true`.
"""
import collections
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tshark  # noqa: E402

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "captures"
FOLDERS = ("x400", "mms", "iccp", "cotp")
# One of its captures, which a program wrote, is another when put in order, and some have servers that do not listen on
# 102, where the layers are not looked for.
PLAIN = "iccp"
COTP = {0xe: "CR", 0xd: "CC", 0x8: "DR", 0xc: "DC", 0xf: "DT", 0x1: "ED", 0x6: "AK", 0x2: "EA", 0x5: "RJ", 0x7: "ER"}

# Our names of SPDUs, as the SI that tshark shows.
SPDU = {"CN": 13, "OA": 16, "CDO": 15, "AC": 14, "RF": 12, "FN": 9, "DN": 10, "NF": 8, "AB": 25, "AA": 26, "DT": 1,
        "EX": 5, "TD": 33, "CD": 61, "CDA": 62, "GT": 1, "PT": 2, "GTC": 21, "GTA": 22, "MIP": 49, "MIA": 50,
        "MAP": 41, "MAA": 42, "RS": 53, "RA": 34, "PR": 7, "ER": 0, "ED": 48, "AS": 45, "AR": 29, "AI": 25, "AIA": 26,
        "AD": 57, "ADA": 58, "AE": 41, "AEA": 42}

# tshark's field, the layer and the name of the PDU that its presence shows.
PRESENT = (
    ("pres.cptype", "presentation", "CP"), ("pres.cpapdu", "presentation", "CPA"),
    ("pres.cprtype", "presentation", "CPR"), ("pres.aru_ppdu", "presentation", "ARU"),
    ("pres.arp_ppdu_element", "presentation", "ARP"), ("acse.aarq_element", "acse", "AARQ"),
    ("acse.aare_element", "acse", "AARE"), ("acse.rlrq_element", "acse", "RLRQ"),
    ("acse.rlre_element", "acse", "RLRE"), ("acse.abrt_element", "acse", "ABRT"),
    ("rtse.rtorq_apdu_element", "rtse", "RTORQ"), ("rtse.rtoac_apdu_element", "rtse", "RTOAC"),
    ("rtse.rtorj_apdu_element", "rtse", "RTORJ"), ("rtse.rtab_apdu_element", "rtse", "RTAB"),
    ("rtse.rttp_apdu", "rtse", "RTTP"), ("rtse.rttr_apdu", "rtse", "RTTR"),
    ("p1.MTABindArgument", "p1", "MTABindArgument"), ("p1.MTABindResult", "p1", "MTABindResult"),
    ("p1.MTABindError", "p1", "MTABindError"))

# capture: (frames that differ, why)
EXPLAINED = {}


def missing(what):
    print(f"tests/differential/layers: {what}, so no layer was compared")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


def tshark_frames(capture):
    fields = ["frame.number", "cotp.type", "ses.type", "pres.fully_encoded_data", *(field for field, _, _ in PRESENT)]
    frames = {}
    for frame, cotp, session, encoded, *present in tshark.frames(capture, fields, (0,), capture.parent.name == PLAIN):
        found = collections.Counter()
        for value in cotp.split(",") if cotp else []:
            found["cotp", COTP.get(int(value, 0), value)] += 1
        for value in session.split(",") if session else []:
            found["session", str(int(value, 0))] += 1
        for (_, layer, name), values in zip(PRESENT, present):
            if values:
                found[layer, name] += values.count(",") + 1
        # User data by itself: what is not within a PPDU that has a name.
        named = sum(count for (layer, _), count in found.items() if layer == "presentation")
        plain = (encoded.count(",") + 1 if encoded else 0) - named
        if plain > 0:
            found["presentation", "user data"] = plain
        if found:
            frames[int(frame)] = found
    return frames


def our_frames(program, capture):
    done = subprocess.run([program, str(capture)], capture_output=True, text=True, timeout=600, check=True)
    frames = {}
    for line in done.stdout.splitlines():
        frame, layer, name = line.split("\t")
        if layer == "tpkt":
            continue
        if layer == "session":
            name = str(SPDU.get(name.split()[0], name))
        if name in ("TD", "TTD", "User-data"):
            name = "user data"
        frames.setdefault(int(frame), collections.Counter())[layer, name] += 1
    return frames


def up_to_session(frames):
    cut = {frame: collections.Counter({what: count for what, count in found.items() if what[0] in ("cotp", "session")})
           for frame, found in frames.items()}
    return {frame: found for frame, found in cut.items() if found}


def words(counter):
    return ", ".join(f"{layer} {name}" + (f" x{count}" if count > 1 else "")
                     for (layer, name), count in sorted(counter.items())) or "nothing"


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = pathlib.Path(os.environ.get("MTASCOPE_CAPTURES", ""))
    if not os.environ.get("MTASCOPE_CAPTURES") or not folder.is_dir():
        missing("MTASCOPE_CAPTURES does not name the folder of real captures")
    if not tshark.installed():
        missing("tshark is not installed")
    failed, captures, compared, pdus = False, 0, 0, 0
    real = sorted(path for part in FOLDERS for path in (folder / part).glob("*"))
    if not real:
        missing("there are no captures in the folders " + ", ".join(FOLDERS))
    for capture in real + sorted(SAMPLES.glob("*.pcap*")):
        name = f"{capture.parent.name}/{capture.name}"
        theirs, ours = tshark_frames(capture), our_frames(sys.argv[1], capture)
        if capture.parent == SAMPLES:
            theirs, ours = up_to_session(theirs), up_to_session(ours)
        frames = theirs.keys() | ours.keys()
        other = [frame for frame in sorted(frames) if theirs.get(frame) != ours.get(frame)]
        expected, why = EXPLAINED.get(name, (0, ""))
        captures += 1
        compared += len(frames)
        pdus += sum(sum(found.values()) for found in ours.values())
        if len(other) == expected:
            continue
        failed = True
        print(f"{name}: {len(other)} frames differ, {expected} expected {why}")
        for frame in other[:5]:
            both = theirs.get(frame, collections.Counter()), ours.get(frame, collections.Counter())
            print(f"    frame {frame}: only tshark has {words(both[0] - both[1])}; "
                  f"only mtascope has {words(both[1] - both[0])}")
    print(f"{captures} captures, {compared} frames, {pdus} PDUs, {len(EXPLAINED)} captures with known differences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
