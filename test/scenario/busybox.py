# SPDX-License-Identifier: MIT
# cells: by-hand
"""busybox's own tests, run by its shell on Ferrite: prints for each file of tests how many passed, failed and were
skipped. It takes minutes, so it is run by hand, with all tests or with those of some tools:

    test/scenario/busybox.py qemu-virt-aarch64 raw [tool...]
"""

import io
import os
import re
import sys
import tarfile

from machine import TOP, Machine, WebServer, make, passed

SOURCE = os.path.join(TOP, "out/port/busybox/src")
TESTS = os.path.join(SOURCE, "testsuite")
KINDS = ("PASS", "FAIL", "SKIPPED", "UNTESTED")


def archive():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.add(TESTS, "testsuite")
        tar.add(os.path.join(SOURCE, ".config"), ".config")
    return made.getvalue()


def options():
    with open(os.path.join(SOURCE, ".config"), encoding="ascii") as file:
        return ":".join(re.findall(r"(?m)^CONFIG_(\w+)=", file.read()))


def prepare(machine, server):
    machine.run(f"mkdir /tmp/bb && cd /tmp/bb && wget -q {server.url('/tests')} {server.url('/options')}")
    machine.run("tar xf tests && rm tests && ln -s /bin/busybox busybox && cd testsuite && . ../options")
    machine.run("export bindir=/tmp/bb tsdir=/tmp/bb/testsuite ECHO=echo SKIP_KNOWN_BUGS=1; PATH=$tsdir:$bindir:$PATH")


def run(machine, name):
    """The lines that tell of each test."""
    is_folder = os.path.isdir(os.path.join(TESTS, name))
    command = f"./runtest {name}" if is_folder else f"./{name}"
    said = machine.run(f"timeout 300 sh {command} 2>&1", code=None, timeout=400)
    return re.findall(rf"(?m)^({'|'.join(KINDS)}): (.*)", said.replace("\r", ""))


def run_all(machine, wanted):
    tools = set(machine.run("ls -1 /bin | cat").split())
    total = dict.fromkeys(KINDS, 0)
    lines = []
    for name in sorted(os.listdir(TESTS)):
        tool = name.removesuffix(".tests")
        if tool not in (wanted or tools) or not (tool != name or os.path.isdir(os.path.join(TESTS, name))):
            continue
        results = run(machine, name)
        for kind, _ in results:
            total[kind] += 1
        failed = [what for kind, what in results if kind == "FAIL"]
        lines.append(f"{name}: {sum(kind == 'PASS' for kind, _ in results)} passed, {len(failed)} failed"
                     + "".join(f"\n    {what}" for what in failed))
    print("\n" + "\n".join(lines))
    assert total["PASS"] > 0
    passed(", ".join(f"{kind} {count}" for kind, count in total.items()))


make("SYSTEM=scenario", "build")
with WebServer({"/tests": archive(), "/options": f"export OPTIONFLAGS=:{options()}:\n".encode()}) as web, \
        Machine() as board:
    board.login()
    prepare(board, web)
    run_all(board, sys.argv[3:])
