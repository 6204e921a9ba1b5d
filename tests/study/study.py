#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs every cell of the study, in parts and side by side, and writes the tables and the calibration curve.

usage: study.py PROGRAM DOCS_DIR [RUNS]

The tables replace what stands between the two marks in DOCS_DIR/study.md; the curve is DOCS_DIR/study-calibration.svg.
The seeds are fixed, so that the same program gives the same figures on the same kind of machine.
"""
import collections
import concurrent.futures
import math
import os
import pathlib
import subprocess
import sys

APART = ("bursts", "1 close/s", "5 closes/s")
NOTHING = ("unrelated", "unrelated streams", "other day")
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
PART, BINS = 25, 20


def run_part(program, cell, first, count):
    output = subprocess.run([program, cell, str(first), str(count)], check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in output.splitlines())}


def run_all(program, runs):
    cells = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    sums = {cell: collections.Counter() for cell in cells}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        parts = {}
        for cell in cells:
            wanted = max(1000, runs) if cell in NOTHING else runs
            for first in range(1, wanted + 1, PART):
                count = min(PART, wanted + 1 - first)
                parts[pool.submit(run_part, program, cell, first, count)] = cell
        for part in concurrent.futures.as_completed(parts):
            sums[parts[part]].update(part.result())
    return sums


def wilson(right, whole):
    """The 95 % interval of a share (Wilson 1927)."""
    if whole == 0:
        return 0.0, 1.0
    z, share = 1.959964, right / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(right, whole):
    if whole == 0:
        return "–"
    low, high = wilson(right, whole)
    return f"{100 * right / whole:.2f} ({100 * low:.2f}–{100 * high:.2f}) of {int(whole)}"


def table(heads, rows):
    return "\n".join(["| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows)]) + "\n"


def tables(sums):
    true = {cell: s for cell, s in sums.items() if cell not in NOTHING}
    text = ["### What is named, and whether it is right (%)\n"]
    text.append(table(["cell", "`certain` right", "`probable` right", "best of `ambiguous` right"],
                      [[cell] + [share(s[f"{word}_right"], s[f"{word}_right"] + s[f"{word}_wrong"])
                                 for word in ("certain", "probable", "ambiguous")] for cell, s in true.items()]))
    text.append("\n### What has a connection, and whether it is named or among the candidates (%)\n")
    text.append(table(["cell", "in all logs", "in logs with a clock"],
                      [[cell, share(s["found"], s["true_ones"]), share(s["clocked_found"], s["clocked_ones"])]
                       for cell, s in true.items()]))
    text.append("\n### The ideal observer (%)\n")
    text.append(table(["cell", "what it decides is right", "decided here too", "the same, in logs with a clock"],
                      [[cell, share(s["ideal_right"], s["ideal_decided"]), share(s["both_decided"], s["ideal_decided"]),
                        share(s["clocked_both"], s["clocked_ideal"])] for cell, s in true.items()]))
    text.append("\n### What the knowledge is worth: decided of what the ideal observer decides (%)\n")
    text.append(table(["cell", "without yield and strays", "without the offset", "without the law of lags",
                       "without any of these", "pairing that knows offset and lags", "decided here"],
                      [[cell] + [share(true[cell][name], true[cell]["ideal_decided"])
                                 for name in ("without_rates", "without_offset", "without_lags", "without_all",
                                              "given_decided", "both_decided")] for cell in APART]))
    text.append("\n### The clock, zone unknown but where the cell says so (%)\n")
    text.append(table(["cell", "clock taken", "wrong by more than 4 s", "within 1 s, of clocks with 5 or more true pairs",
                       "truth in `offset_interval_s`"],
                      [[cell, share(s["clocked"], s["runs"]), share(s["wrong_clock"], s["clocked"]),
                        share(s["near"], s["clockable"]), share(s["covered"], s["clockable"])]
                       for cell, s in true.items()]))
    text.append("\n### Logs and captures that have nothing in common (%)\n")
    text.append(table(["cell", "an incident got a candidate", "an incident was named"],
                      [[cell, share(sums[cell]["matched_runs"], sums[cell]["runs"]),
                        share(sums[cell]["named_runs"], sums[cell]["runs"])] for cell in NOTHING]))
    return "\n".join(text)


def curve(sums):
    """What the score says against how often it is right, over all cells, with Wilson's intervals."""
    size, edge = 420, 50
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * edge} {size + 2 * edge}" '
             'font-family="sans-serif" font-size="13">',
             f'<rect width="{size + 2 * edge}" height="{size + 2 * edge}" fill="white"/>',
             f'<rect x="{edge}" y="{edge}" width="{size}" height="{size}" fill="none" stroke="#888"/>',
             f'<line x1="{edge}" y1="{edge + size}" x2="{edge + size}" y2="{edge}" stroke="#bbb"/>']

    def x(value):
        return edge + size * value

    def y(value):
        return edge + size * (1 - value)

    for tick in range(0, 11, 2):
        parts.append(f'<text x="{x(tick / 10):.1f}" y="{edge + size + 18}" text-anchor="middle">{tick / 10}</text>')
        parts.append(f'<text x="{edge - 8}" y="{y(tick / 10) + 4:.1f}" text-anchor="end">{tick / 10}</text>')
    for k in range(BINS):
        count, right, score = (sum(s[f"bin_{what}_{k}"] for s in sums.values()) for what in ("count", "right", "score"))
        if count == 0:
            continue
        low, high = wilson(right, count)
        at = x(score / count)
        parts.append(f'<line x1="{at:.1f}" y1="{y(low):.1f}" x2="{at:.1f}" y2="{y(high):.1f}" stroke="#06c"/>')
        parts.append(f'<circle cx="{at:.1f}" cy="{y(right / count):.1f}" r="4" fill="#06c">'
                     f'<title>{int(right)} of {int(count)}</title></circle>')
    parts.append(f'<text x="{edge + size / 2}" y="{edge + size + 38}" text-anchor="middle">score that is said</text>')
    parts.append(f'<text transform="translate(14 {edge + size / 2}) rotate(-90)" text-anchor="middle">share that is '
                 'right</text></svg>')
    return "\n".join(parts) + "\n"


def main():
    if len(sys.argv) not in (3, 4):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    docs = pathlib.Path(sys.argv[2])
    sums = run_all(sys.argv[1], int(sys.argv[3]) if len(sys.argv) == 4 else 200)
    text = tables(sums)
    print(text)
    page = (docs / "study.md").read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    (docs / "study.md").write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
    (docs / "study-calibration.svg").write_text(curve(sums), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
