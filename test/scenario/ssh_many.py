# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: ssh
# waits
"""Many sessions of SSH at once, some of which are killed; how many an address may have; how long wrong proofs take and
how many there may be, without others waiting for them."""

import contextlib
import socket
import subprocess
import tempfile
import time

from machine import Machine, passed
from ssh_client import Client, reach

SESSIONS, ADDRESS_MOST, FAILURES_MOST = 20, 24, 6


def there(number, one):
    line = one.stdout.readline()
    assert line == b"there\n", f"session {number}: {line}, {one.communicate(timeout=100)}, {one.returncode}"


def begin(client, key):
    return client.start("echo there; read line; echo $line", key=key, stderr=subprocess.PIPE)


def end(number, one):
    out, errors = one.communicate(f"{number}\n".encode(), timeout=100)
    assert out == f"{number}\n".encode() and one.returncode == 0, (number, out, errors, one.returncode)


def many(client, key):
    """Twenty that come at once; every fourth is killed, and the others go on."""
    ones = [begin(client, key) for _ in range(SESSIONS)]
    for number, one in enumerate(ones):
        there(number, one)
    passed(f"{SESSIONS} sessions are there at once")
    for one in ones[::4]:
        one.kill()
        one.communicate()
    for number, one in enumerate(ones):
        if number % 4 != 0:
            end(number, one)
    passed("when some are killed the others go on")


def later(machine, client, key):
    """As many as an address may have: each comes when the one before it has a program, which has its share of
    memory."""
    machine.run("until ! ps | grep -q ' ssh$'; do sleep 0.1; done")
    ones = []
    for number in range(ADDRESS_MOST):
        ones.append(begin(client, key))
        there(number, ones[-1])
    for number, one in enumerate(ones):
        end(number, one)
    passed(f"{ADDRESS_MOST} sessions come one after the other, and leave memory for the next")


def greeted(port, stack):
    """A connection that says nothing; whether the server speaks."""
    one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=100))
    try:
        return one.recv(100).startswith(b"SSH-2.0-")
    except ConnectionResetError:
        return False


def limited(machine, client, key):
    machine.run("until ! ps | grep -q ' ssh$'; do sleep 0.1; done")
    with contextlib.ExitStack() as stack:
        found = [greeted(client.port, stack) for _ in range(ADDRESS_MOST + 3)]
        assert found == [True] * ADDRESS_MOST + [False] * 3, found
        client.run("true", key=key, code=255)
        machine.run("log | grep 'too many connections'")
    machine.run("until ! ps | grep -q ' ssh$'; do sleep 0.1; done")
    client.run("true", key=key)
    passed("an address has no more connections than it may, and gets new ones when they end")


def delayed(machine, client, key):
    """Answers to wrong passwords come later and later; whoever proves it at once does not wait for them."""
    begin = time.monotonic()
    words = client.words("true", password="wrong", more=("-o", "NumberOfPasswordPrompts=3"))
    with subprocess.Popen(**words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as wrong:
        machine.run("until log | grep -q 'user: wrong password'; do sleep 0.1; done")
        client.run("true", key=key)
        assert wrong.poll() is None, "three wrong passwords were answered before one key"
        assert wrong.wait(100) == 255, wrong.returncode
    assert time.monotonic() - begin >= 1 + 2 + 4, "wrong passwords were answered too soon"
    passed("wrong passwords are answered later each time, and others do not wait for it")
    before = machine.run("log").count("user: wrong password")
    client.run("true", password="wrong", code=255, more=("-o", "NumberOfPasswordPrompts=20"))
    count = machine.run("log").count("user: wrong password") - before
    assert count == FAILURES_MOST, count
    passed("after six wrong passwords a connection ends")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine(forward=(22,)) as machine:
        client = Client(folder, machine.ports[22])
        reach(machine)
        key = client.admit(machine)
        many(client, key)
        later(machine, client, key)
        limited(machine, client, key)
        delayed(machine, client, key)


main()
