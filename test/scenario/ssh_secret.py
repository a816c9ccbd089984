# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# needs: ssh
"""The host's private key of SSH is in the service of logins and nowhere else: what speaks to peers can name nothing and
does not have it in its memory. Keys are exchanged by each method, and exchanged anew while bytes go both ways."""

import contextlib
import hashlib
import os
import random
import re
import socket
import subprocess
import tempfile

from machine import Machine, Monitor, host, make, passed
from ssh_client import Client, reach

METHODS = "curve25519-sha256", "sntrup761x25519-sha512@openssh.com", "mlkem768x25519-sha256"
RAM = 1 << 30  # where it begins
SESSIONS, HANDLES = 4, 8
KEY, FIELDS = "/etc/secret/ssh_host_key", ("mode 0100600", "uid 0", "gid 0")


def pruned(digest):
    """The number that Ed25519 multiplies by, of the seed's digest."""
    low = bytearray(digest[:32])
    low[0] &= 0xf8
    low[31] = low[31] & 0x7f | 0x40
    return bytes(low)


def forms(seed):
    """What of it would do to sign with."""
    digest = hashlib.sha512(seed).digest()
    return seed, seed.hex().encode(), digest[:32], pruned(digest), digest[32:]


def found(machine, monitor, seed):
    """How often each form is in the machine's memory."""
    path = os.path.join(machine.folder.name, "memory")
    size = monitor.ask("query-memory-size-summary")["base-memory"]
    monitor.ask("pmemsave", val=RAM, size=size, filename=path)
    with open(path, "rb") as file:
        memory = file.read()
    os.remove(path)
    return [memory.count(form) for form in forms(seed)]


def begin(client, key):
    one = client.start("echo there; read line; echo $line", key=key, stderr=subprocess.PIPE)
    line = one.stdout.readline()
    assert line == b"there\n", (line, one.communicate(timeout=100))
    return one


def call(client, stack):
    """A connection that was greeted, and says nothing."""
    one = stack.enter_context(socket.create_connection(("127.0.0.1", client.port), timeout=100))
    assert one.recv(8) == b"SSH-2.0-"


def without_names(machine, client):
    """Before the proof: no name, no other process, nobody's, and handles that are few."""
    with contextlib.ExitStack() as stack:
        call(client, stack)
        machine.run("until ps | grep -q ' ssh$'; do sleep 0.1; done")
        pid = machine.pid_of("ssh")
        assert machine.run(f"ns {pid}").splitlines()[1:] == []
        status = dict(re.findall(r"(\w+) (\w+)", machine.run(f"cat /proc/{pid}/status")))
        assert status["uid"] == status["gid"] == "65534" and int(status["handles"]) <= HANDLES, status
    machine.run("until ! ps | grep -q ' ssh$'; do sleep 0.1; done")
    passed("what speaks to a peer that has proved nothing is nobody, and has no name and few handles")


def without_key(machine, monitor, client, key, seed):
    client.run("true", key=key)  # from here on the service of logins has it
    machine.run("until ! ps | grep -q ' ssh$'; do sleep 0.1; done")
    before = found(machine, monitor, seed)
    assert before[0] > 0, f"the key is not where it is known to be: {before}"
    with contextlib.ExitStack() as stack:
        for _ in range(SESSIONS):
            call(client, stack)
        ones = [begin(client, key) for _ in range(SESSIONS)]
        assert len(machine.pids_of("ssh")) == 2 * SESSIONS, machine.run("ps")
        during = found(machine, monitor, seed)
        for one in ones:
            one.communicate(b"end\n", timeout=100)
    assert all(now <= then for then, now in zip(before, during)), (before, during)
    assert not any(during[1:]), during
    passed("with eight connections the key is in no more places of the memory than without")


def exchanged(machine, client, key):
    known = subprocess.check_output(["ssh", "-Q", "kex"], text=True).split()
    for method in METHODS:
        if method in known:
            client.run("true", key=key, more=("-o", f"KexAlgorithms={method}"))
            passed(f"keys are exchanged by {method}")
    content = random.Random(7).randbytes(1 << 20)
    out, said = client.run("cat", data=content, key=key, more=("-o", "RekeyLimit=64K", "-o", "LogLevel=DEBUG1"))
    count = len(re.findall(r"SSH2_MSG_NEWKEYS received", said.decode()))
    assert out == content and count > 5, (len(out), count)
    machine.run("log | grep 'did not sign'", code=1)
    passed("they are exchanged anew while bytes go both ways")


def forged(machine):
    assert "ermission denied" in machine.run("/test/forger", code=2)
    machine.line_send("exit")
    machine.login("root")
    machine.run("/test/forger")
    machine.run("until [ $(log | grep -c 'did not sign') = 10 ]; do sleep 0.1; done")
    passed("what is no exchange of the host's is not signed, and a user asks for nothing")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        disk, file, seed = os.path.join(folder, "root.img"), os.path.join(folder, "seed"), os.urandom(32)
        with open(file, "wb") as to:
            to.write(seed)
        make("SYSTEM=scenario", f"DISK={disk}", "SIZE=64M", "disk")
        for line in (f"write {file} {KEY}", *(f"set_inode_field {KEY} {field}" for field in FIELDS)):
            host("debugfs", "-w", "-R", line, disk)
        machine = Machine(disk=disk, forward=(22,))
        monitor = Monitor(machine)
        with machine:
            client = Client(folder, machine.ports[22])
            reach(machine)
            key = client.admit(machine)
            without_names(machine, client)
            without_key(machine, monitor, client, key, seed)
            exchanged(machine, client, key)
            forged(machine)


main()
