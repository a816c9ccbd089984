# SPDX-License-Identifier: MIT
"""Busybox's own tests brought to a machine and judged: which may fail is known, each with its reason, and no other
fails."""

import contextlib

from machine import Machine, WebServer, make, passed
from suite import source


def read(name):
    return source.read("busybox", name)


def archive(folder, changed, left_out=()):
    return source.archive("busybox", (".config", folder), changed, left_out)


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
