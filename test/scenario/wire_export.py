# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""9P2000.L over TCP: exportfs serves folders to the tools of others, and to clients that mean it ill."""

import contextlib
import errno
import os
import shutil
import socket
import struct
import subprocess
import time

from machine import Machine, passed
from peer import ninep
from peer.ninep import Client, refused

READ_ONLY, WRITABLE, NET, HASTY = 5640, 5641, 5642, 5643
TOOLS = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"


def tool(name, machine, *words):
    server = f"127.0.0.1:{machine.ports[READ_ONLY]}"
    return subprocess.check_output([shutil.which(name, path=TOOLS), "-s", server, "-a", "/", *words], text=True,
                                   timeout=120)


def by_tools_of_others(machine):
    assert tool("diodcat", machine, "etc/hostname") == machine.run("cat /etc/hostname")
    assert {"bin", "dev", "proc", "net", "tmp"} <= set(tool("diodls", machine, "/").split())
    assert "Ferrite" in tool("diodcat", machine, "proc/version")
    listed = tool("diodls", machine, "-l", "/etc")
    assert "passwd" in listed and "-rw" in listed, listed
    passed("diod's own tools list and read what is exported")


def read_only(machine):
    with Client(machine.ports[READ_ONLY]) as client:
        assert client.walk(0, 1, "tmp") == 1
        refused(errno.EROFS, client.create, 1, "new")
        refused(errno.EROFS, client.call, ninep.MKDIR, struct.pack("<I", 1) + ninep.text("new") + bytes(8))
        refused(errno.EROFS, client.call, ninep.UNLINK_AT, struct.pack("<I", 1) + ninep.text("pub") + bytes(4))
        client.walk(0, 2, "etc", "motd")
        refused(errno.EROFS, client.open, 2, 1)
        refused(errno.EROFS, client.open, 2, 0o1000)
        refused(errno.EROFS, client.call, ninep.REMOVE, struct.pack("<I", 2))
        refused(errno.EBADF, client.open, 2)  # remove forgets the fid
    passed("a read-only export changes nothing")


def writable(machine):
    machine.run("echo outside >/tmp/secret")
    with Client(machine.ports[WRITABLE]) as client:
        client.walk(0, 1)
        client.create(1, "file", 2)
        assert client.write(1, "written from afar\n") == 18
        assert client.read(1, 8) == b"from afar\n"
        assert machine.run("cat /tmp/pub/file") == "written from afar\n"
        client.walk(0, 2)
        client.open(2)
        assert set(client.names(2)) == {"file", "away", "up"}
        passed("a writable export is written to")
        refused(errno.EINVAL, client.walk, 0, 3, "..")
        refused(errno.EINVAL, client.walk, 0, 3, "../secret")
        refused(errno.EINVAL, client.walk, 0, 3, "")
        refused(errno.EINVAL, client.walk, 0, 3, "a\0b")
        assert client.walk(0, 3, "file", "..") == 1  # the first name only, and no fid
        refused(errno.EBADF, client.open, 3)
        for link in ("away", "up"):
            assert client.walk(0, 3, link, "secret") == 1
            client.walk(0, 3, link)
            refused(errno.ELOOP, client.open, 3)
            client.clunk(3)
        refused(errno.ENOENT, client.attach, 4, ninep.NO_FID, "nobody", "/tmp")
    passed("neither .. nor links lead out of the folder")


def bad_clients(machine):
    port = machine.ports[READ_ONLY]
    with Client(port) as client:
        refused(errno.EBADF, client.open, 99)
        refused(errno.EBADF, client.clunk, 99)
        refused(errno.EEXIST, client.attach)
        refused(errno.EOPNOTSUPP, client.call, 30, struct.pack("<II", 0, 1) + ninep.text("x"))
        refused(errno.EPROTO, client.call, 200, b"")
        refused(errno.EPROTO, client.call, ninep.WALK, struct.pack("<IIH", 0, 1, 3) + ninep.text("etc"))
        refused(errno.EBADF, client.read, 0)
        client.walk(0, 1, "etc", "motd")
        client.open(1)
        assert len(client.read(1, 0, 0xffffffff)) > 0
        assert client.read(1, 1 << 63) == b""
        refused(errno.ENOTDIR, client.names, 1)
    for start in (b"\xff\xff\xff\xff\x6e\1\0", b"\0\0\0\0\x6e\1\0", b"\7\0\0\0\x6e\1\0"):
        with Client(port, attach=False) as client:
            client.socket.sendall(start)
            if start[0] != 7:
                try:
                    client.receive()
                    raise AssertionError("a frame of no size was answered")
                except ConnectionError:
                    pass
    with Client(port) as client:  # ends in the middle of a frame
        client.socket.sendall(struct.pack("<IBH", 100, ninep.WALK, 1) + b"half")
    with Client(port) as client:
        assert client.walk(0, 1, "etc") == 1
    passed("bad fids, types, sizes and frames are answered or hung up on, and others are served")


def hung_up(client):
    """Whether the server ends the connection, however long that takes."""
    try:
        while client.recv(4096):
            pass
    except ConnectionError:
        pass


def flood(machine):
    """As many as one peer may have; others have their own places."""
    port = machine.ports[HASTY]
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(Client(port)) for _ in range(16)]
        for _ in range(30):
            with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as more:
                hung_up(more)
        machine.expect(r"exportfs: \S+: 16 connections of it, 16 in all, more are hung up on")
        assert all(client.walk(0, 1, "etc", "motd") == 2 for client in held)
    passed("a flood of connections gets its share of places, and no more")


def gone(machine):
    for _ in range(50):
        if "exportfs -i" not in machine.run("sleep 0.2; ps"):
            return
    raise AssertionError("a process stays when its client has gone")


def hostile(machine):
    """Slow, silent and torn connections, while others are served."""
    flood(machine)
    gone(machine)
    port = machine.ports[HASTY]
    with Client(port) as good, Client(port) as idle, Client(port) as slow, Client(port) as half, \
            Client(port) as torn, Client(port, attach=False) as stranger:
        half.socket.sendall(struct.pack("<IBH", 5000, ninep.WALK, 1) + bytes(100))
        torn.socket.sendall(struct.pack("<IBH", 60000, ninep.WRITE, 1) + bytes(30000))
        torn.socket.close()
        with contextlib.suppress(ConnectionError):
            for byte in struct.pack("<IBH", 5000, ninep.WALK, 1) + bytes(100):
                slow.socket.sendall(bytes([byte]))
                time.sleep(0.3)
                assert good.walk(0, 1, "etc") == 1 and good.clunk(1) == b""
            raise AssertionError("a byte now and then is waited for")
        hung_up(half.socket)
        hung_up(stranger.socket)
        assert idle.walk(0, 1, "etc") == 1  # silent since it attached
    gone(machine)
    passed("half requests, slow ones and torn ones are hung up on, and silence after an attach is not")


def poll(fid, events, waits=True):
    return struct.pack("<IIB", fid, events, waits)


def polled(machine):
    """The requests of our own, on a terminal: more of them wait than there are workers."""
    reads, writes = 1, 4
    with Client(machine.ports[READ_ONLY]) as client:
        client.walk(0, 1, "dev", "console")
        client.open(1)
        refused(errno.EOPNOTSUPP, client.call, ninep.POLL, poll(1, reads, False))
    with Client(machine.ports[READ_ONLY], version="9P2000.L.ferrite") as client:
        client.walk(0, 1, "dev", "console")
        refused(errno.EBADF, client.call, ninep.POLL, poll(1, reads))
        client.open(1)
        assert client.call(ninep.POLL, poll(1, reads, False)) == struct.pack("<I", 0)
        assert client.call(ninep.POLL, poll(1, reads | writes)) == struct.pack("<I", writes)
        last = 10 + 100
        for tag in range(10, last):
            client.send(ninep.POLL, poll(1, reads), tag)
        client.send(ninep.FLUSH, struct.pack("<H", 10), 2)
        assert client.receive() == (ninep.FLUSH + 1, 2, b"")
        machine.line_send("until rm /tmp/pub/wake 2>/dev/null; do sleep 0.1; done; echo aw''ake")
        machine.send("typed\r")
        answers = sorted(client.receive() for tag in range(11, last))
        assert answers == [(ninep.POLL + 1, tag, struct.pack("<I", reads)) for tag in range(11, last)], answers
        with Client(machine.ports[WRITABLE]) as other:
            other.walk(0, 1)
            other.create(1, "wake")
        machine.expect("awake")
        machine.expect(r"[$#] ")
        machine.send("\r")
        machine.expect(r"[$#] ")
        client.send(ninep.POLL, poll(1, reads), 3)
        client.send(ninep.CLUNK, struct.pack("<I", 1), 4)
        assert sorted([client.receive(), client.receive()]) == [
            (ninep.ERROR, 3, struct.pack("<I", errno.EBADF)), (ninep.CLUNK + 1, 4, b"")]
    passed("polls wait, many at a time, and end with what they wait for, a flush or a clunk")


def controlled(machine):
    modes, window_set, group_get, take = 1, 4, 5, 15
    with Client(machine.ports[READ_ONLY], version="9P2000.L.ferrite") as client:
        client.walk(0, 1, "dev", "console")
        client.open(1)

        def control(request, data=b""):
            return client.call(ninep.CONTROL, struct.pack("<III", 1, request, len(data)) + data)
        assert len(control(modes)) > 12 + 32
        refused(errno.EROFS, control, window_set, bytes(8))
        refused(errno.ENOTTY, control, group_get)
        client.clunk(1)
        client.walk(0, 1, "srv", "tmp")
        client.open(1)
        refused(errno.ENOTTY, control, take)
    passed("control requests are those of terminals, and hand out nothing")


def waiting(machine):
    """Opening `listen` waits for a call that nobody makes."""
    with Client(machine.ports[NET]) as client:
        client.walk(0, 1, "tcp", "clone")
        client.open(1, 2)
        number = client.read(1).decode().strip()
        client.write(1, "bind *!7777")
        client.write(1, "announce 4")
        client.walk(0, 2, "tcp", number, "listen")
        last = 10 + 64
        for tag in range(10, last + 1):
            client.send(ninep.OPEN, struct.pack("<II", 2, 2), tag)
        # As many wait as may; one more is told to come again.
        assert client.receive() == (ninep.ERROR, last, struct.pack("<I", errno.EAGAIN))
        for tag in range(10, last):
            client.send(ninep.FLUSH, struct.pack("<H", tag), 1000 + tag)
        answers = [client.receive()[:2] for tag in range(10, last)]
        assert sorted(answers) == [(ninep.FLUSH + 1, 1000 + tag) for tag in range(10, last)], answers
        assert client.read(1, 0).decode().strip() == number
    passed("requests that wait are flushed, and too many of them refused")
    gone(machine)
    assert number not in machine.run("ls /net/tcp").split()
    passed("with a client everything goes that it held")


with Machine(forward=(READ_ONLY, WRITABLE, NET, HASTY)) as served:
    served.login()
    served.run("mkdir /tmp/pub; ln -s /tmp /tmp/pub/away; ln -s .. /tmp/pub/up")
    served.reach()
    assert "Not a directory" in served.run("exportfs /etc/motd 2>&1", code=1)
    served.run(f"(exportfs -p {READ_ONLY} / & exportfs -w -p {WRITABLE} /tmp/pub &"
               f" exportfs -w -p {NET} /net &)")
    for port in READ_ONLY, WRITABLE, NET:
        served.wait_listener(port)
    by_tools_of_others(served)
    read_only(served)
    writable(served)
    bad_clients(served)
    polled(served)
    controlled(served)
    served.run(f"(exportfs -T 4 -p {HASTY} / &)")
    served.wait_listener(HASTY)
    hostile(served)
    waiting(served)
