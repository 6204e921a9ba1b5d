#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the records of a bench capture against its truth: every outcome, milestone, close and repeat, to the microsecond.

usage: check.py TRUTH.tsv < RECORDS.ndjson

Exit status 0: all of it agrees; 1: it does not, and the first differences are told.
"""
import calendar
import json
import sys

BASE_S = 1014752400
MILESTONES = ["syn", "synack", "established", "request", "ok", "bind_request", "bind_result", "first_data", "close"]
TOLD = 10

dates = {}


def microseconds(text):
    day = text[:10]
    if day not in dates:
        dates[day] = calendar.timegm((int(day[:4]), int(day[5:7]), int(day[8:10]), 0, 0, 0)) - BASE_S
    seconds = dates[day] + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
    return seconds * 1000000 + int(text[20:26])


def line_of(record):
    milestones = record["milestones"]
    close = milestones["close"] or {"by": "-", "how": "-"}
    # The truth tells of data sent again; repeated SYN/ACKs and FINs are not played.
    again = record["retransmissions"]
    times = [str(microseconds(milestones[name]["t"])) if milestones[name] else "-" for name in MILESTONES]
    return "\t".join([record["outcome"], close["by"], close["how"], str(again["client"]), str(again["server"])] + times)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="ascii") as file:
        truths = dict(line.rstrip("\n").split("\t", 1) for line in file)
    wrong = known = 0
    for line in sys.stdin:
        if not line.startswith('{"record":"connection"'):
            continue
        record = json.loads(line)
        known += 1
        truth = truths.pop(str(record["id"]), "no such connection")
        found = line_of(record)
        if found != truth:
            wrong += 1
            if wrong <= TOLD:
                print(f"connection {record['id']}: {found}\n  in truth: {truth}", file=sys.stderr)
    for number in list(truths)[:TOLD]:
        print(f"connection {number}: no record", file=sys.stderr)
    print(f"{known} records, {wrong} wrong, {len(truths)} missing")
    return 1 if wrong or truths or known == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
