#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures mtascope beside other programs, in turns, on captures made for it.

usage: run.py [-n RUNS] [-s SCALE] [-d DIR] [--no-slow] BUILD [speed|linear|memory|check ...]

speed   CPU time, wall time and peak memory of each program on each capture: medians of RUNS
linear  CPU time by size, from 1/64 to SCALE
memory  what an open connection takes, and what many at once take
check   the records against the truth of the captures

Captures are made in DIR (build/bench) and kept there; SCALE 1 is a gigabyte each. Only what stands in one table
compares: the machine's speed changes from hour to hour.
"""
import argparse
import fractions
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
FULL = {"mta-mix": 20742, "needle": 1025, "syn-heavy": 1000000}
SEED = 1
OPEN = 250000


class Bench:
    def __init__(self, arguments):
        self.runs = arguments.runs
        self.scale = arguments.scale
        self.slow = not arguments.no_slow
        self.build = pathlib.Path(arguments.build)
        self.folder = pathlib.Path(arguments.dir or self.build / "bench")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.programs = self.build / "tests" / "bench"

    def capture(self, kind, connections):
        """The path without its extension."""
        prefix = self.folder / f"{kind}-{connections}"
        if not prefix.with_suffix(".pcap").exists() or not prefix.with_suffix(".truth.tsv").exists():
            subprocess.run([self.programs / "bench-captures", kind, str(connections), str(SEED), prefix], check=True,
                           stderr=subprocess.DEVNULL)
        return prefix

    def measure(self, command):
        """CPU seconds, wall seconds, MiB."""
        result = subprocess.run([self.programs / "bench-measure", *command], stdout=subprocess.PIPE, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"run.py: {command[0]} ended with {result.returncode}")
        cpu, wall, kib = result.stdout.split()
        return float(cpu), float(wall), int(kib) / 1024

    def ours(self, path):
        return [str(self.build / "mtascope"), "analyze", "-q", "--json", "/dev/null", path]

    def theirs(self, kind, path):
        """Name, needed program, command, whether it takes minutes."""
        tshark = ["tshark", "-n", "-r", path, "-Y", "cotp", "-T", "fields", "-e", "frame.number", "-e", "cotp.type"]
        # tcpdump gives up root's rights, with which the file may have been made, unless told not to.
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        piped = f"tcpdump -Z {user} -n -r '{path}' -w - tcp port 102 | tshark -n -r - -Y cotp -T fields -e frame.number"
        yield "libpcap, counting", None, [str(self.programs / "bench-count"), path], False
        yield "libnids", None, [str(self.programs / "bench-nids"), path], False
        yield "tcptrace -n", "tcptrace", ["tcptrace", "-n", path], kind == "syn-heavy"
        if kind == "needle":
            yield "tcpdump | tshark -Y cotp", "tcpdump", ["sh", "-c", piped], False
        if kind != "syn-heavy":
            yield "tshark -Y cotp", "tshark", tshark, True


def median(results):
    return [statistics.median(column) for column in zip(*results)]


def speed(bench):
    for kind, full in FULL.items():
        prefix = bench.capture(kind, max(1, round(full * bench.scale)))
        path = str(prefix.with_suffix(".pcap"))
        programs = [("mtascope", bench.ours(path))]
        for name, needed, command, slow in bench.theirs(kind, path):
            if needed and not shutil.which(needed):
                print(f"{kind}: {name} is left out: {needed} is not installed", file=sys.stderr)
            elif slow and not bench.slow:
                print(f"{kind}: {name} is left out: --no-slow", file=sys.stderr)
            else:
                programs.append((name, command))
        results = {name: [] for name, _ in programs}
        subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)
        for _ in range(bench.runs):
            for name, command in programs:
                results[name].append(bench.measure(command))
        ours = results["mtascope"]
        print(f"\n{kind}: {os.path.getsize(path) / 1e6:.0f} MB, medians of {bench.runs}\n")
        print("| | CPU s | wall s | MiB | CPU, mtascope = 1 |\n| --- | --- | --- | --- | --- |")
        for name, _ in programs:
            cpu, wall, memory = median(results[name])
            # Each run against the one beside it: what slows the machine slows both.
            ratio = statistics.median(a[0] / b[0] for a, b in zip(results[name], ours))
            print(f"| {name} | {cpu:.2f} | {wall:.2f} | {memory:.0f} | {ratio:.2f} |")


def linear(bench):
    print("\n| | " + " | ".join(f"1/{round(64 / n)}" for n in (1, 4, 16, 64)) + " | MiB |")
    print("| --- " * 6 + "|")
    for kind, full in FULL.items():
        paths = []
        for share in (1, 4, 16, 64):
            connections = max(1, round(full * bench.scale * share / 64))
            paths.append(str(bench.capture(kind, connections).with_suffix(".pcap")))
        results = [[] for _ in paths]
        for _ in range(bench.runs):
            for path, result in zip(paths, results):
                # A small one many times, so that each takes about as long.
                repeats = max(1, os.path.getsize(paths[-1]) // os.path.getsize(path) // 4)
                result.append(statistics.median(bench.measure(bench.ours(path))[0] for _ in range(repeats)))
        rates = [statistics.median(result) / os.path.getsize(path) * 1e9 for path, result in zip(paths, results)]
        memory = bench.measure(bench.ours(paths[-1]))[2]
        print(f"| {kind}, CPU s a GB | " + " | ".join(f"{rate:.3f}" for rate in rates) + f" | {memory:.0f} |")


def memory(bench):
    print("\n| | connections | MiB | bytes a connection |\n| --- | --- | --- | --- |")
    for kind, count in (("open-idle", OPEN), ("open-data", OPEN // 5)):
        few = bench.measure(bench.ours(str(bench.capture(kind, count // 100).with_suffix(".pcap"))))[2]
        many = bench.measure(bench.ours(str(bench.capture(kind, count).with_suffix(".pcap"))))[2]
        each = (many - few) * 1024 * 1024 / (count - count // 100)
        print(f"| {kind} | {count} | {many:.0f} | {each:.0f} |")


def check(bench):
    good = True
    for kind, full in FULL.items():
        prefix = bench.capture(kind, max(1, round(full * bench.scale)))
        command = bench.ours(str(prefix.with_suffix(".pcap")))
        command[command.index("/dev/null")] = "-"
        with subprocess.Popen(command, stdout=subprocess.PIPE) as records:
            result = subprocess.run([HERE / "check.py", prefix.with_suffix(".truth.tsv")], stdin=records.stdout,
                                    stdout=subprocess.PIPE, text=True, check=False)
        print(f"{kind}: {result.stdout.strip()}")
        good = good and result.returncode == 0
    return good


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("-n", "--runs", type=int, default=5)
    parser.add_argument("-s", "--scale", type=fractions.Fraction, default=1)
    parser.add_argument("-d", "--dir")
    parser.add_argument("--no-slow", action="store_true", 
                        help="without what takes minutes: tshark on all, tcptrace on syn-heavy")
    parser.add_argument("build")
    parser.add_argument("parts", nargs="*", default=[])
    arguments = parser.parse_args()
    bench = Bench(arguments)
    parts = {"check": check, "speed": speed, "linear": linear, "memory": memory}
    for part in arguments.parts or parts:
        if part not in parts:
            parser.error(f"no such part: {part}")
        if parts[part](bench) is False:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
