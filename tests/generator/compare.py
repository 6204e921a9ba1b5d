#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds mtascope's records against the generator's truth.

usage: compare.py [-n LINES] [--json FILE] RECORDS.ndjson TRUTH.ndjson [RECORDS TRUTH ...]

Several pairs are summed up. --json writes the sums as one object. Exit status 0, or 2 when something cannot be read.
"""
import argparse
import collections
import json
import sys

FAILED = {
    "syn-refused", "syn-unanswered", "handshake-unfinished", "no-request", "refused", "late-ok", "ok-lost", "no-ok",
    "closed-after-ok",
}
MILESTONES = ["syn", "synack", "established", "request", "ok", "bind_request", "bind_result", "first_data", "close"]
RIVAL_S = 1.5


def seconds(text):
    """RFC 3339 to seconds within the year, exact enough to compare distances."""
    date, _, rest = text.partition("T")
    year, month, day = (int(part) for part in date.split("-"))
    hour, minute, second = rest.rstrip("Z").split(":")
    days = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[month - 1] + day
    return ((days * 24 + int(hour)) * 60 + int(minute)) * 60 + float(second)


def tuple_of(record):
    client, server = record["client"], record["server"]
    return (client["ip"], client["port"], server["ip"], server["port"])


def show(key):
    return f"{key[0]}:{key[1]} -> {key[2]}:{key[3]}"


class Sums:
    def __init__(self):
        self.outcomes = collections.Counter()
        self.origins = collections.Counter()
        self.origins_also = 0
        self.connections = self.missing = self.extra = self.at_end = 0
        self.milestones = {name: collections.Counter() for name in MILESTONES}
        self.close_by = collections.Counter()
        self.close_how = collections.Counter()
        self.buckets = [[0, 0] for _ in range(10)]
        self.incidents = collections.Counter()
        self.scores = [[0, 0] for _ in range(10)]
        self.scenarios = collections.defaultdict(lambda: [0, 0])
        self.disagreements = []
        self.clocks = []
        self.gapped = [0, 0, 0]


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def pair_up(records, truths):
    """One truth and one record for each incarnation of a tuple: the nearest first frames, each used once."""
    by_tuple = collections.defaultdict(list)
    for record in records:
        by_tuple[tuple_of(record)].append(record)
    pairs, missing, used = [], [], set()
    for truth in truths:
        candidates = [r for r in by_tuple[tuple_of(truth)] if r["id"] not in used]
        inside = [r for r in candidates if truth["first"] <= r["frames"]["first"] <= truth["last"]]
        # A mid-stream capture may take the sides for each other; the first frame tells all the same.
        if not inside:
            missing.append(truth)
            continue
        best = min(inside, key=lambda r: abs(r["frames"]["first"] - truth["first"]))
        used.add(best["id"])
        pairs.append((truth, best))
    extra = [r for r in records if r["id"] not in used]
    return pairs, missing, extra


def disagree(sums, name, truth, what, frame=None):
    sums.disagreements.append(f"{name}: {show(tuple_of(truth))} frame {frame or truth['first']}: {what}"
                              f"  [{truth['scenario']}, tap {truth['tap']}]")


def same_time(a, b):
    return a is not None and b is not None and a["t"] == b["t"] and a["frame"] == b["frame"]


def compare_milestones(sums, name, truth, record):
    for milestone in MILESTONES:
        want, got = truth["milestones"].get(milestone), record["milestones"].get(milestone)
        counter = sums.milestones[milestone]
        if want is None and got is None:
            counter["neither"] += 1
        elif want is None or got is None:
            counter["invented" if want is None else "missed"] += 1
            disagree(sums, name, truth, f"{milestone}: truth {want and want['frame']}, records {got and got['frame']}",
                     (want or got)["frame"])
        elif same_time(want, got) or (milestone == "close" and got["frame"] == truth.get("close_also")):
            counter["exact"] += 1
        else:
            counter["wrong"] += 1
            disagree(sums, name, truth, f"{milestone}: truth {want['frame']} {want['t']}, records {got['frame']} {got['t']}",
                     want["frame"])
    want, got = truth["milestones"].get("close"), record["milestones"].get("close")
    if want and got:
        sums.close_by[(truth.get("by"), got.get("by"))] += 1
        sums.close_how[(truth.get("how"), got.get("how"))] += 1


def compare_connection(sums, name, truth, record):
    if truth["at_end"]:
        # What the next packet would have shown is not in the capture; such are counted, not judged.
        sums.at_end += 1
        return
    if truth.get("missed"):
        # The tap missed packets: right is what it saw, what passed, or to say that it cannot be told.
        sums.gapped[0] += 1
        fine = {truth["outcome"], truth["outcome_whole"], "partial"} | set(truth["outcome_also"])
        sums.gapped[1] += record["outcome"] in fine
        sums.gapped[2] += (record["confidence"] or 0) >= 0.9 and record["origin"] not in (
            [truth["origin"], "undetermined"] + truth["also"])
        if record["outcome"] not in fine:
            disagree(sums, name, truth, f"missed packets: outcome {record['outcome']}, passed "
                                        f"{truth['outcome_whole']}, seen {truth['outcome']}")
        return
    outcome, want = record["outcome"], truth["outcome"]
    good_outcome = outcome == want or outcome in truth["outcome_also"]
    sums.outcomes[(want, want if good_outcome else outcome)] += 1
    if not good_outcome:
        disagree(sums, name, truth, f"outcome: truth {want}, records {outcome}")
    origin = record["origin"]
    good_origin = origin == truth["origin"] or origin in truth["also"]
    if good_origin and origin != truth["origin"]:
        sums.origins_also += 1
    sums.origins[(truth["origin"], truth["origin"] if good_origin else origin)] += 1
    if not good_origin and good_outcome:
        disagree(sums, name, truth, f"origin: truth {truth['origin']} (also {truth['also']}), records {origin} at "
                                    f"{record['confidence']}")
    if origin is not None and record.get("confidence") is not None:
        bucket = sums.buckets[min(9, int(record["confidence"] * 10))]
        bucket[0] += 1
        bucket[1] += good_origin
    scenario = sums.scenarios[truth["scenario"]]
    scenario[0] += 1
    scenario[1] += good_outcome and good_origin
    if want != "partial":
        compare_milestones(sums, name, truth, record)


def lonely(truth, closes):
    """Whether no other failing connection to that MTA closed close by."""
    close = truth["milestones"]["close"]
    if close is None:
        return False
    at = seconds(close["t"])
    return not any(other is not truth and other["server"] == truth["server"] and abs(when - at) < RIVAL_S
                   for when, other in closes)


def compare_incidents(sums, name, truths, incidents, records, pairs):
    true_incidents = [t for t in truths if t["truth"] == "incident"]
    connections = {t["id"]: t for t in truths if t["truth"] == "connection"}
    record_of = {truth["id"]: record["id"] for truth, record in pairs}
    closes = [(seconds(t["milestones"]["close"]["t"]), t) for t in connections.values()
              if t["outcome"] in FAILED and t["milestones"]["close"]]
    by_key = collections.defaultdict(list)
    for incident in incidents:
        by_key[(incident["lpi"], incident["t_local"])].append(incident)
    for truth in true_incidents:
        found = by_key[(truth["lpi"], truth["t_local"])]
        if not found:
            sums.incidents["not read"] += 1
            sums.disagreements.append(f"{name}: incident {truth['lpi']} {truth['t_local']} is not in the records")
            continue
        judge_incident(sums, name, truth, found.pop(0), connections, record_of, closes)
    sums.incidents["made up"] += sum(len(left) for left in by_key.values())


def judge_incident(sums, name, truth, incident, connections, record_of, closes):
    count, said = sums.incidents, incident["confidence"]
    count["all"] += 1
    true_id = None if truth["connection"] is None else record_of.get(truth["connection"])
    right = incident["connection"] is not None and incident["connection"] == true_id
    count[f"said {said}"] += 1
    if incident["connection"] is not None:
        bucket = sums.scores[min(9, int((incident.get("score") or 0) * 10))]
        bucket[0] += 1
        bucket[1] += right
    if said in ("certain", "probable") and right:
        count[f"{said} and right"] += 1
    if said in ("certain", "probable") and not right:
        sums.disagreements.append(f"{name}: incident {truth['lpi']} {truth['t_local']}: {said} connection "
                                  f"{incident['connection']}, truth {true_id}")
    if truth["connection"] is None:
        count["strays"] += 1
        count["strays matched"] += said in ("certain", "probable")
        return
    count["real"] += 1
    count["real found"] += right or true_id in incident["candidates"]
    if lonely(connections[truth["connection"]], closes):
        count["lonely"] += 1
        count["lonely named"] += right and said in ("certain", "probable")


def compare_files(sums, records_path, truth_path):
    records, truths = load(records_path), load(truth_path)
    name = truth_path.rsplit("/", 1)[-1].removesuffix(".truth.ndjson")
    connections = [r for r in records if r["record"] == "connection"]
    pairs, missing, extra = pair_up(connections, [t for t in truths if t["truth"] == "connection"])
    sums.connections += len(pairs)
    sums.missing += len(missing)
    sums.extra += len(extra)
    for truth in missing:
        disagree(sums, name, truth, f"no record ({truth['outcome']})")
    for record in extra:
        sums.disagreements.append(f"{name}: {show(tuple_of(record))} frame {record['frames']['first']}: a record "
                                  f"without truth ({record['outcome']})")
    for truth, record in pairs:
        compare_connection(sums, name, truth, record)
    compare_incidents(sums, name, truths, [r for r in records if r["record"] == "incident"], connections, pairs)
    clock = next((t for t in truths if t["truth"] == "clock"), None)
    said = next((r for r in records if r["record"] == "clock"), None)
    if clock and said:
        real = any(t["truth"] == "incident" and t["connection"] is not None for t in truths)
        sums.clocks.append((name, clock["offset_s"] if real else None, said["method"], said["offset_s"]))


def percent(part, whole):
    return f"{100 * part / whole:6.2f} % ({part} of {whole})" if whole else "     - (none)"


def print_matrix(title, counter):
    rows = sorted({str(a) for a, _ in counter})
    columns = sorted({str(b) for _, b in counter})
    table = collections.Counter()
    for (a, b), count in counter.items():
        table[(str(a), str(b))] += count
    right = sum(count for (a, b), count in counter.items() if a == b)
    print(f"\n{title}: {percent(right, sum(counter.values()))} right; rows are the truth")
    for row in rows:
        whole = sum(table[(row, column)] for column in columns)
        wrong = ", ".join(f"{column} {table[(row, column)]}" for column in columns
                          if column != row and table[(row, column)])
        print(f"  {row:22} {table[(row, row)]:7} of {whole:7}" + (f"   but {wrong}" if wrong else ""))


def print_buckets(title, buckets):
    print(f"\n{title}")
    for i, (count, good) in enumerate(buckets):
        if count:
            print(f"  {i / 10:.1f}..{(i + 1) / 10:.1f}: {percent(good, count)}")


def print_clocks(sums):
    if not sums.clocks:
        return
    print("\nclock (truth, records)")
    for name, true_offset, method, offset in sums.clocks:
        fine = (true_offset is None) == (offset is None) and (offset is None or abs(offset - true_offset) < 1.5)
        if not fine or len(sums.clocks) <= 3:
            print(f"  {name}: {true_offset} | {method} {offset}{'' if fine else '   WRONG'}")
    print(f"  {len(sums.clocks)} clocks looked at")


def report(sums, lines):
    print(f"connections: {sums.connections} paired, {sums.missing} without record, {sums.extra} records too many, "
          f"{sums.at_end} at the capture's end not judged")
    if sums.gapped[0]:
        print(f"with packets that the tap missed: outcome {percent(sums.gapped[1], sums.gapped[0])}, "
              f"{sums.gapped[2]} origins wrong at 0.9 or more")
    print_matrix("outcome", sums.outcomes)
    print_matrix(f"origin ({sums.origins_also} by another answer that is right too)", sums.origins)
    print("\nmilestones, time and frame")
    for name, counter in sums.milestones.items():
        seen = sum(counter.values()) - counter["neither"]
        print(f"  {name:13} {percent(counter['exact'], seen)}" + "".join(
            f", {counter[k]} {k}" for k in ("wrong", "missed", "invented") if counter[k]))
    print_matrix("close by", sums.close_by)
    print_matrix("close how", sums.close_how)
    print_buckets("origin's confidence, and how many were right", sums.buckets)
    print("\nscenarios with wrong answers")
    for name, (count, good) in sorted(sums.scenarios.items()):
        if good < count:
            print(f"  {name:22} {percent(good, count)}")
    count = sums.incidents
    if count["all"] or count["not read"]:
        print(f"\nincidents: {count['all']}, not read {count['not read']}, made up {count['made up']}")
        print(f"  certain, right             {percent(count['certain and right'], count['said certain'])}")
        print(f"  probable, right            {percent(count['probable and right'], count['said probable'])}")
        print(f"  found (best or candidate)  {percent(count['real found'], count['real'])}")
        print(f"  named where no rival close {percent(count['lonely named'], count['lonely'])}")
        print(f"  matched with nothing there {percent(count['strays matched'], count['strays'])}")
        print_buckets("incidents' score, and how many were right", sums.scores)
    print_clocks(sums)
    if sums.disagreements and lines:
        print(f"\nthe first {min(lines, len(sums.disagreements))} of {len(sums.disagreements)} disagreements")
        for line in sums.disagreements[:lines]:
            print("  " + line)


def as_object(sums):
    def matrix(counter):
        return {f"{a} -> {b}": n for (a, b), n in sorted(counter.items(), key=str)}

    return {
        "connections": sums.connections, "missing": sums.missing, "extra": sums.extra, "at_end": sums.at_end,
        "outcomes": matrix(sums.outcomes), "origins": matrix(sums.origins),
        "milestones": {k: dict(v) for k, v in sums.milestones.items()},
        "confidence": sums.buckets, "scores": sums.scores, "incidents": dict(sums.incidents),
        "scenarios": dict(sums.scenarios),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", type=int, default=20, help="how many disagreements to list")
    parser.add_argument("--json", help="write the sums to this file")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    if len(arguments.files) % 2 != 0:
        parser.error("records and truth go in pairs")
    sums = Sums()
    for records, truth in zip(arguments.files[::2], arguments.files[1::2]):
        try:
            compare_files(sums, records, truth)
        except (OSError, ValueError) as problem:
            print(f"compare.py: {records}, {truth}: {problem}", file=sys.stderr)
            return 2
    report(sums, arguments.n)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(as_object(sums), file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
