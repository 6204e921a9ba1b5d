# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages for the tests: of shipped samples, and of a log and a file name that would rather be markup."""
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


def make(program, source, page, arguments):
    analyze(program, source, ["-q", "--html", str(page), *arguments])
    return page
