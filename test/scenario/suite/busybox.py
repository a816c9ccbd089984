# SPDX-License-Identifier: MIT
"""Busybox's own tests, as its sources have them, brought to a machine and judged: which may fail is known, each with
its reason, and no other fails."""

import contextlib
import io
import os
import tarfile

from machine import TOP, Machine, WebServer, make, passed

SOURCE = os.path.join(TOP, "out/port/busybox")


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def archive(folder, changed, left_out=()):
    """The tests' folder; `changed` has files' other contents by name."""
    def kept(entry):
        return None if entry.name.startswith(tuple(left_out)) or entry.name in changed else entry

    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name in (".config", folder):
            tar.add(os.path.join(SOURCE, "src", name), name, filter=kept)
        for name, text in changed.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


@contextlib.contextmanager
def machine_with(tests):
    """A machine with the tests in /tmp/bb, beside a busybox."""
    with WebServer({"/tests": tests}) as server, Machine(system="ports") as machine:
        machine.login()
        machine.run("mkdir /tmp/bb && cd /tmp/bb && ln -s /bin/busybox busybox")
        machine.run(f"wget -q -O - {server.url('/tests')} | tar x")
        yield machine


def judge(good, bad, known, least):
    """`known`: names of tests that fail, and why. `least` must pass."""
    assert bad == set(known), f"also fail: {bad - set(known)}; do not fail: {set(known) - bad}"
    assert good >= least, f"only {good} tests pass"
    passed(f"{good} pass, {len(bad)} are known to fail")


def build():
    make("SYSTEM=ports", "build")
