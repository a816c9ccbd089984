# SPDX-License-Identifier: MIT
"""Names of hosts: those of this machine without a name server, others from one: addresses of both kinds, aliases, names
that there are not, and an answer that is too long for a datagram."""

import contextlib
import errno
import ipaddress
import re
import socket
import struct
import threading
import time

from machine import HOST, Machine, WebServer, passed

A, CNAME, AAAA = 1, 5, 28  # RFC 1035, 3.2.2; RFC 3596
BAD_QUESTION = IndexError, UnicodeDecodeError, struct.error  # of others that ask at the usual port
NO_SUCH_NAME, TRUNCATED = 3, 0x0200
MANY = [f"192.0.2.{i}" for i in range(1, 61)]
RECORDS = {
    "web.example": [(A, HOST)],
    "both.example": [(A, "192.0.2.7"), (AAAA, "2001:db8::7")],
    "alias.example": [(CNAME, "web.example"), (A, HOST)],
    "many.example": [(A, address) for address in MANY],
}


def packed(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def answer(question, most):
    """To one question (RFC 1035, 4.1), in at most so many bytes."""
    number, parts, at = struct.unpack_from(">H", question)[0], [], 12
    while question[at]:
        parts.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    name, kind = ".".join(parts).lower(), struct.unpack_from(">H", question, at + 1)[0]
    records = [(what, value) for what, value in RECORDS.get(name, []) if what in (kind, CNAME)]
    body, owner = b"", name
    for what, value in records:
        data = packed(value) if what == CNAME else ipaddress.ip_address(value).packed
        body += packed(owner) + struct.pack(">HHIH", what, 1, 60, len(data)) + data
        owner = value if what == CNAME else owner
    asked = question[12:at + 5]
    flags = 0x8180 | (0 if name in RECORDS else NO_SUCH_NAME)
    if 12 + len(asked) + len(body) > most:
        body, records, flags = b"", [], flags | TRUNCATED
    return struct.pack(">HHHHHH", number, flags, 1, len(records), 0, 0) + asked + body


class NameServer:
    """Answers at a port of this machine, by datagrams and by streams."""

    def __init__(self, port):
        self.streams = socket.create_server(("127.0.0.1", port))  # of streams' ports more are taken
        self.port, self.streamed = self.streams.getsockname()[1], 0
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", self.port))

    def __enter__(self):
        for work in self.serve_datagrams, self.serve_streams:
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.datagrams.close()
        self.streams.close()

    def serve_datagrams(self):
        with contextlib.suppress(OSError):
            while True:
                question, peer = self.datagrams.recvfrom(512)
                with contextlib.suppress(*BAD_QUESTION):
                    self.datagrams.sendto(answer(question, 512), peer)

    def serve_streams(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.streams.accept()
                with connection, connection.makefile("rb") as stream, contextlib.suppress(*BAD_QUESTION):
                    said = answer(stream.read(*struct.unpack(">H", stream.read(2))), 65535)
                    self.streamed += 1  # before who asked can go on
                    connection.sendall(struct.pack(">H", len(said)) + said)


def usual_server():
    """At the port that resolvers ask. The same scenario of another board may have it for a while; None: it is not to be
    had, as for one who is not root."""
    for _ in range(60):
        try:
            return NameServer(53)
        except OSError as error:
            said = error
        if said.errno != errno.EADDRINUSE:
            break
        time.sleep(1)
    print(f"\nno name server at port 53, so the C library's resolver is not tried: {said.strerror}")
    return None


def check_lookups(machine, port):
    """By nslookup(1), of a server at any port."""
    def look(name, code=0):
        return machine.run(f"nslookup {name} {HOST}:{port}", code=code)
    assert re.search(rf"Name:\s+web.example\s+Address: {HOST}\s", look("web.example"))
    said = look("both.example")
    assert "Address: 192.0.2.7" in said and "Address: 2001:db8::7" in said, said
    assert "canonical name = web.example" in look("alias.example")
    assert "NXDOMAIN" in look("none.example", code=1)
    passed("a name server's answers are read")


def check_resolver(machine, server, web):
    """By the C library, whose servers are those that ip(1) set, at the usual port."""
    machine.run(f"ip dns {HOST}")
    assert f"nameserver {HOST}" in machine.run("cat /etc/resolv.conf")
    for name in "web.example", "alias.example":
        assert "by name" in machine.run(f"wget -q -O - {web.url('/').replace(HOST, name)}")
    assert "bad address" in machine.run("ping -c 1 none.example", code=1)
    said = machine.run("ping -c 1 -W 1 many.example", code=None)
    assert "PING many.example (192.0.2." in said and server.streamed > 0, said
    machine.run("ip dhcp ether0")
    machine.run("for i in 1 2 3 4 5 6 7 8 9; do ip addr | grep -q 'address 10' && break; sleep 1; done")
    assert re.fullmatch(rf"nameserver {HOST}\s*", machine.run("cat /etc/resolv.conf"))
    machine.run("ip dns")
    assert HOST not in machine.run("cat /etc/resolv.conf")
    passed("programs find hosts by name, also by an answer that takes a stream")


with WebServer({"/": b"by name\n"}) as web, Machine() as machine:
    machine.login(user="root")
    machine.run("for i in 1 2 3 4 5 6 7 8 9; do grep -q nameserver /etc/resolv.conf && break; sleep 1; done")
    for name in "localhost", "ferrite":
        assert "64 bytes from 127.0.0.1" in machine.run(f"ping -c 1 {name}")
    assert "64 bytes from ::1" in machine.run("ping -6 -c 1 localhost")
    assert "loopback up mtu 65535" in machine.run("ip addr")
    passed("this machine has its name without a server")
    with NameServer(0) as server:
        check_lookups(machine, server.port)
    server = usual_server()
    if server:
        with server:
            check_resolver(machine, server, web)
