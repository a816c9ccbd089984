# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: ssh
"""Ports that OpenSSH's client forwards through the system: connections from there by IPv4, IPv6 and by name, what is
sent and the end of it each way, many at once, and what cannot be reached, or not from the user's namespace; and calls
that are taken there."""

import contextlib
import hashlib
import random
import select
import socket
import socketserver
import subprocess
import tempfile
import threading

from machine import HOST, Background, Machine, free_port, passed
from ssh_client import Client, reach

HOST6 = "fec0::2"
BYTES, AT_ONCE, MOST = 5 << 20, 20, 40
content = random.Random(7).randbytes(BYTES)


class Server(Background, socketserver.ThreadingTCPServer):
    """Takes all until its end, tells the hash of it, and sends the content; `together` of them at a time."""
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 64

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.server.count(1)
            try:
                digest = hashlib.sha256()
                while piece := self.request.recv(1 << 16):
                    digest.update(piece)
                    if self.server.together:
                        self.server.together.wait(200)
                self.request.sendall(digest.hexdigest().encode() + content)
            except (ConnectionError, threading.BrokenBarrierError):
                pass
            finally:
                self.server.count(-1)

    def __init__(self, family=socket.AF_INET):
        self.address_family, self.together = family, None
        self.there, self.changed = 0, threading.Condition()
        super().__init__(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), self.Handler)
        self.port = self.server_address[1]

    def count(self, change):
        with self.changed:
            self.there += change
            self.changed.notify_all()

    def wait(self, number):
        with self.changed:
            assert self.changed.wait_for(lambda: self.there == number, 200), f"{self.there}, not {number}"


class Session:
    """A session of the client, with these forwards; it ends with the block."""

    def __init__(self, client, key, *forwards):
        more = ("-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=INFO", *forwards)
        self.one = client.start("echo there; cat", key=key, more=more, stderr=subprocess.PIPE)

    def __enter__(self):
        line = self.one.stdout.readline()
        assert line == b"there\n", (line, self.one.communicate(timeout=100))
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """What it said to its errors."""
        return self.one.communicate(timeout=200)[1].decode() if self.one.returncode is None else ""


def call(port):
    return socket.create_connection(("127.0.0.1", port), timeout=200)


def receive(one):
    pieces = []
    while piece := one.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def exchange(port, data):
    """Sends all and its end, and then gets all."""
    with call(port) as one:
        one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        come = receive(one)
    assert come[:64].decode() == hashlib.sha256(data).hexdigest(), f"{come[:64]}, {len(come)} bytes came"
    assert come[64:] == content, f"{len(come)} bytes came"


def failure(client, key, target):
    """What the client says of a forward that fails."""
    _, errors = client.run(key=key, more=("-o", "LogLevel=INFO", "-W", target), code=255)
    return errors.decode()


def there(client, key, four, six):
    ports = [free_port() for _ in range(3)]
    with Session(client, key, "-L", f"{ports[0]}:{HOST}:{four.port}", "-L", f"{ports[1]}:[{HOST6}]:{six.port}",
                 "-L", f"{ports[2]}:localhost:22"):
        exchange(ports[0], content[::-1])
        passed("by IPv4, 5 MiB go there and then 5 come back, and each way has its own end")
        exchange(ports[1], content[1:])
        passed("by IPv6 they do as well")
        inner = Client(client.folder, ports[2])
        assert inner.run("echo through", key=key, more=("-o", "HostKeyAlias=inner"))[0] == b"through\n"
        passed("by the name of the system itself a session goes through another")


def refused(client, key):
    said = failure(client, key, f"{HOST}:1")
    assert "connect failed: Connection refused" in said, said
    said = failure(client, key, "10.0.2.77:80")
    assert "connect failed: " in said and "refused" not in said, said
    said = failure(client, key, "no!name:80")
    assert "connect failed: No such file or directory" in said, said
    passed("where nobody listens, where no machine is and what is no name are told apart")


def at_once(client, key, four):
    port = free_port()
    with Session(client, key, "-L", f"{port}:{HOST}:{four.port}"):
        four.together = threading.Barrier(AT_ONCE)
        failures = []

        def one(number):
            try:
                exchange(port, content[:1000 + number])
            except (AssertionError, OSError) as error:
                failures.append(error)
        threads = [threading.Thread(target=one, args=(number,)) for number in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(400)
        four.together = None
        assert not failures, failures
        passed(f"{AT_ONCE} connections are there at once")


def stalled(client, key, four):
    """As many as there may be, whose ends take nothing: what they keep has room, and one more is told."""
    port = free_port()
    four.together = threading.Barrier(1000)
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(Session(client, key, "-L", f"{port}:{HOST}:{four.port}"))
        ones = [stack.enter_context(call(port)) for _ in range(MOST)]
        four.wait(MOST)
        while ready := select.select([], ones, [], 2)[1]:
            for one in ready:
                one.send(content[:1 << 16], socket.MSG_DONTWAIT)
        with call(port) as more:
            assert more.recv(1) == b""
        assert session.one.poll() is None
        session.one.stdin.write(b"still there\n")
        session.one.stdin.flush()
        assert session.one.stdout.readline() == b"still there\n"
        session.one.kill()
        assert "open failed: resource shortage" in session.end()
    four.together.abort()
    four.wait(0)
    four.together = None
    passed(f"{MOST} that nobody takes anything from leave room for the session, and no more come")


def vanished(machine, client, key, four):
    port = free_port()
    with Session(client, key, "-L", f"{port}:{HOST}:{four.port}") as session, contextlib.ExitStack() as stack:
        for _ in range(AT_ONCE):
            stack.enter_context(call(port))
        four.wait(AT_ONCE)
        session.one.kill()
        four.wait(0)
    machine.run("until ! ps | grep -q ' ssh$'; do sleep 0.1; done")
    machine.run(f"until ! grep -q '!{four.port}$' /net/tcp/*/remote 2>/dev/null; do sleep 0.1; done")
    passed("of a client that is killed nothing is left")


def taken(machine, client, key, four):
    """The other way round: what calls there reaches a server here."""
    for address, target in (("", "127.0.0.1"), ("", "::1"), ("*:", "10.0.2.15")):
        with Session(client, key, "-R", f"{address}7001:127.0.0.1:{four.port}"):
            machine.run(f"echo word | nc {target} 7001 > /tmp/come")
            assert machine.run("head -c 64 /tmp/come") == hashlib.sha256(b"word\n").hexdigest()
            assert machine.run("tail -c +65 /tmp/come | sha256sum").split()[0] == hashlib.sha256(content).hexdigest()
            if not address:
                machine.run("nc -z 10.0.2.15 7001", code=1)
        machine.run("while nc -z localhost 7001; do sleep 0.1; done")
    passed("calls that are taken there reach a server here, at the addresses asked for, until the session ends")


def taken_or_not(machine, client, key, four):
    bad = ("-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=INFO")
    with Session(client, key, "-R", f"7001:127.0.0.1:{four.port}"):
        for place in ("7001", "host.example:7002", "81"):
            _, errors = client.run("true", key=key, more=(*bad, "-R", f"{place}:127.0.0.1:{four.port}"), code=255)
            assert b"remote port forwarding failed" in errors, errors
    with Session(client, key, "-R", f"0:127.0.0.1:{four.port}", "-R", f"7002:127.0.0.1:{free_port()}"):
        machine.run("echo word | nc localhost 7002 > /tmp/come; [ ! -s /tmp/come ]")
        port = machine.run("cat /net/tcp/*/local | grep -v -e '!22$' -e '!80$' -e '!443$' -e '!7002$' | "
                           "grep '^127' | head -1").strip().rpartition("!")[2]
        machine.run(f"for i in 1 2 3 4 5 6 7 8; do (echo $i | nc 127.0.0.1 {port} | wc -c > /tmp/come.$i) & done; wait")
        assert machine.run("cat /tmp/come.?").split() == [str(64 + BYTES)] * 8
    passed("a port that is taken, one that no user may have and what is no address are refused, a free one is found")


def cancelled(machine, client, key, four):
    forward = f"7003:127.0.0.1:{four.port}"
    with Session(client, key, "-M", "-S", client.path("master")):
        for word, loop in (("forward", "until"), ("cancel", "while"), ("forward", "until")):
            client.run(key=key, more=("-S", client.path("master"), "-O", word, "-R", forward))
            machine.run(f"{loop} nc -z localhost 7003; do sleep 0.1; done")
    passed("a client can have a port back while its session goes on, and take it again")


def narrow(machine, client, key, four, six):
    """What the user's namespace does not have cannot be reached."""
    machine.run("mkdir -p ~/lib && echo 'unmount /net' > ~/lib/namespace")
    said = failure(client, key, f"{HOST}:{four.port}")
    assert "administratively prohibited" in said, said
    client.run("true", key=key, more=("-o", "ExitOnForwardFailure=yes", "-R", "7001:127.0.0.1:1"), code=255)
    assert client.run("ls /net", key=key, code=1)[0] == b""
    passed("a user whose namespace has no network forwards nothing")
    machine.run(f"echo \"bind '/net/view/tcp!{HOST}!{four.port}' /net\" > ~/lib/namespace")
    port = free_port()
    with Session(client, key, "-L", f"{port}:{HOST}:{four.port}"):
        exchange(port, b"narrow")
    said = failure(client, key, f"[{HOST6}]:{six.port}")
    assert "connect failed: Permission denied" in said, said
    machine.run("rm ~/lib/namespace")
    passed("one whose namespace has a single peer forwards to that alone")


def main():
    with (tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine(forward=(22,)) as machine,
          Server() as four, Server(socket.AF_INET6) as six):
        client = Client(folder, machine.ports[22])
        reach(machine)
        machine.run(f"until ping -6 -c 1 {HOST6}; do sleep 0.1; done")
        key = client.admit(machine)
        there(client, key, four, six)
        refused(client, key)
        at_once(client, key, four)
        vanished(machine, client, key, four)
        stalled(client, key, four)
        taken(machine, client, key, four)
        taken_or_not(machine, client, key, four)
        cancelled(machine, client, key, four)
        narrow(machine, client, key, four, six)


main()
