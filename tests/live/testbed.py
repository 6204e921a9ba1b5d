# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts on one machine: a client, a router and an MTA in network namespaces, and a fourth one with mirror ports.

    client c0 ── r0 router r1 ── e0 MTA          mirror: c (beside the client), s (beside the MTA)

In the router every packet goes through `path`, which takes some milliseconds, so that the taps have a near and a far
side. Faults are rules of nftables in the router (or in the host that suffers them). The namespaces and all processes
live in name spaces of this process's own (`enter`), and are gone with it, however it ends.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

TOOLS = {"ethtool": "ethtool", "ip": "iproute2", "nft": "nftables", "tcpdump": "tcpdump", "unshare": "util-linux"}
CLIENT, ROUTER, MTA, TAP = "client", "router", "mta", "tap"
SERVER_IP, CLIENT_IP = "10.2.0.1", "10.1.0.1"
PATH_MS = 4
MIRROR = """table netdev mirror {{
	chain in {{ type filter hook ingress device {device} priority 0; dup to "{port}"
	}}
	chain out {{ type filter hook egress device {device} priority 0; dup to "{port}"
	}}
}}
"""


def why_not():
    """What is missing to make namespaces: a pair of a text, and whether installing something would help."""
    missing = sorted(package for tool, package in TOOLS.items() if shutil.which(tool) is None)
    if missing:
        return f"{', '.join(missing)} is not installed", True
    if os.geteuid() != 0:
        return "namespaces need root", False
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc", "nft", "list", "ruleset"],
                           capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return f"no namespaces with nftables can be made here: {tried.stderr.strip()}", False
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "there is no /dev/net/tun", False
    return None, False


def enter(arguments):
    """Runs this program again, with these arguments, where mounts and processes are its own."""
    return subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
                             sys.argv[0], *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(*command, **options):
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def inside(namespace, *command, **options):
    return run("ip", "netns", "exec", namespace, *command, **options)


class Testbed:
    """One set of hosts. build is the build folder, work an empty folder for what is recorded."""

    def __init__(self, build, work, path_ms=PATH_MS):
        self.programs = pathlib.Path(build) / "tests" / "live"
        self.work = pathlib.Path(work)
        self.truth = []
        self.listeners = []
        self.sockets = 0
        pathlib.Path("/run/netns").mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "none", "/run/netns")
        for namespace in (CLIENT, ROUTER, MTA, TAP):
            run("ip", "netns", "add", namespace)
            # IPv6 would only chatter on the mirror.
            self.tune(namespace, "net/ipv6/conf/all/disable_ipv6", 1)
            self.tune(namespace, "net/ipv6/conf/default/disable_ipv6", 1)
            self.tune(namespace, "net/ipv4/conf/all/rp_filter", 0)
            self.tune(namespace, "net/ipv4/conf/default/rp_filter", 0)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        self.wire(CLIENT, "c0", f"{CLIENT_IP}/24", ROUTER, "r0", "10.1.0.254/24")
        self.wire(MTA, "e0", f"{SERVER_IP}/24", ROUTER, "r1", "10.2.0.254/24")
        self.wire(CLIENT, "m0", None, TAP, "c", None)
        self.wire(MTA, "m0", None, TAP, "s", None)
        run("ip", "-n", CLIENT, "route", "add", "default", "via", "10.1.0.254")
        run("ip", "-n", MTA, "route", "add", "default", "via", "10.2.0.254")
        self.tune(ROUTER, "net/ipv4/ip_forward", 1)
        if path_ms > 0:
            self.lengthen(path_ms)
        self.rules(CLIENT, MIRROR.format(device="c0", port="m0"))
        self.rules(MTA, MIRROR.format(device="e0", port="m0"))

    @staticmethod
    def tune(namespace, key, value):
        inside(namespace, "sh", "-c", f"echo {value} > /proc/sys/{key}")

    def wire(self, one, one_device, one_address, other, other_device, other_address):
        run("ip", "link", "add", one_device, "netns", one, "type", "veth", "peer", "name", other_device, "netns", other)
        for namespace, device, address in ((one, one_device, one_address), (other, other_device, other_address)):
            if address:
                run("ip", "-n", namespace, "address", "add", address, "dev", device)
            # Whole packets with their checksums, as they are on a cable.
            inside(namespace, "ethtool", "-K", device, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
            run("ip", "-n", namespace, "link", "set", device, "up")

    def lengthen(self, milliseconds):
        for tun, device, table in (("t0", "r0", "100"), ("t1", "r1", "101")):
            run("ip", "-n", ROUTER, "tuntap", "add", "dev", tun, "mode", "tun")
            run("ip", "-n", ROUTER, "link", "set", tun, "up")
            run("ip", "-n", ROUTER, "rule", "add", "iif", device, "lookup", table)
            run("ip", "-n", ROUTER, "route", "add", "default", "dev", tun, "table", table)
        self.start(ROUTER, [self.programs / "live-path", "t0", "t1", str(milliseconds)], "ready")

    def rules(self, namespace, text):
        inside(namespace, "nft", "-f", "-", input=text)

    def faults(self, rules, namespace=ROUTER, hook="forward"):
        """Rules for what passes the router, or for what a host gets (hook input) or sends (output)."""
        lines = "\n".join(f"\t\t{rule}" for rule in rules)
        self.rules(namespace, f"table ip faults {{\n\tchain c {{ type filter hook {hook} priority 0;\n{lines}\n\t}}\n}}\n")

    def heal(self, namespace=ROUTER):
        inside(namespace, "nft", "delete", "table", "ip", "faults")

    def start(self, namespace, command, ready=None, **options):
        process = subprocess.Popen(["ip", "netns", "exec", namespace, *map(str, command)], stdout=subprocess.PIPE,
                                   text=True, **options)
        if ready is not None and process.stdout.readline().strip() != ready:
            raise RuntimeError(f"{command[0]} did not start")
        return process

    def listen(self, *options, port=102, before=()):
        """The MTA's process; before: a command that runs it, as nice."""
        process = self.start(MTA, [*before, self.programs / "live-mta", *options, SERVER_IP, port], "listening")
        self.listeners.append(process)
        return process

    def call(self, *options, port=102, before=()):
        return self.start(CLIENT, [*before, self.programs / "live-client", *options, SERVER_IP, port])

    def record(self, tap):
        """tcpdump on a mirror port: s or c. It has started when it says so."""
        file = self.work / f"{tap}.pcap"
        process = subprocess.Popen(["ip", "netns", "exec", TAP, "tcpdump", "-i", tap, "-Z", "root", "-U", "-s", "0",
                                    "--immediate-mode", "-B", "8192", "-w", str(file)], stderr=subprocess.PIPE,
                                   text=True)
        while True:
            line = process.stderr.readline()
            if not line:
                raise RuntimeError("tcpdump did not start")
            if "listening on" in line:
                self.sockets += 1
                return process, file

    def watch(self, program, tap, *options):
        """mtascope live on a mirror port; its records and its ring of packets go to work. It has started: it captures."""
        ring = self.work / f"{tap}.ring"
        ring.mkdir()
        process = self.start(TAP, [program, "live", "-q", "-i", tap, "--json", self.work / f"{tap}.ndjson", "-w", ring,
                                   *options])
        until = time.monotonic() + 10
        while len(inside(TAP, "cat", f"/proc/{process.pid}/net/packet").splitlines()) < self.sockets + 2:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("mtascope live did not start")
            time.sleep(0.05)
        self.sockets += 1
        time.sleep(0.2)
        return process

    def dismiss(self):
        """Ends the listeners and collects what they said."""
        for process in self.listeners:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            self.truth += [line.split() for line in process.communicate()[0].splitlines()]
        self.listeners = []


def stop(process):
    process.send_signal(signal.SIGINT)
    process.communicate()


def analyze(program, captures, *options):
    """The records of mtascope about captures."""
    text = run(program, "analyze", "-q", "--json", "-", *options, *captures)
    return [json.loads(line) for line in text.splitlines()]


def settle(seconds=0.7):
    time.sleep(seconds)
