# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# waits
"""Peers that send a byte now and then, or nothing: servers give their places to others and end with them, and who
waits for such a server, with a limit of time, is told what went wrong."""

import contextlib
import socket
import threading

from machine import HOST, Machine, passed
from peer.trickle import Trickle

PAUSE = 0.5  # seconds between two bytes
PATIENT = 120  # seconds: the longest limit of a server's is a minute
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


class Dripping:
    """Calls a port and sends a text of bytes, one now and then, until it is hung up on; keeps what came."""

    def __init__(self, port, text):
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENT)
        self.text, self.came, self.is_over = text, b"", threading.Event()
        self.thread = threading.Thread(target=self.drip, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def drip(self):
        with contextlib.suppress(OSError), self.connection:
            self.connection.settimeout(PAUSE)
            for at in range(len(self.text)):
                self.connection.send(self.text[at:at + 1])
                with contextlib.suppress(TimeoutError):
                    while piece := self.connection.recv(4096):
                        self.came += piece
                    break
        self.is_over.set()


def ask(port, text, size):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENT) as connection:
        connection.sendall(text)
        came = b""
        while len(came) < size and (piece := connection.recv(4096)):
            came += piece
        return came


def check_httpd(machine):
    machine.run("(httpd -p 8080 -t 5 /share/www >/tmp/httpd 2>&1 &)")
    machine.wait_listener(8080)
    port = machine.ports[8080]
    with contextlib.ExitStack() as stack:
        all_of_them = [stack.enter_context(Dripping(port, b"GET / HTTP/1.1\r\nHost: " + b"a" * 1000))
                       for _ in range(20)]
        assert b"200 OK" in ask(port, b"GET /book.html HTTP/1.1\r\nHost: a\r\n\r\n", 100)
        for one in all_of_them:
            assert one.is_over.wait(PATIENT) and b" 408 " in one.came, one.came
    assert b"200 OK" in ask(port, b"GET /book.html HTTP/1.1\r\nHost: a\r\n\r\n", 100)
    passed("the web server refuses requests that come a byte at a time when their time is over, and answers others")


def check_sshd(machine):
    port = machine.ports[22]
    machine.wait_listener(22)
    with contextlib.ExitStack() as stack:
        all_of_them = [stack.enter_context(Dripping(port, b"SSH-2.0-" + b"a" * 1000)) for _ in range(10)]
        assert ask(port, b"", 8).startswith(b"SSH-2.0-")
        assert len(machine.pids_of("ssh")) >= 10 and not any(one.is_over.is_set() for one in all_of_them)
        for one in all_of_them:
            assert one.is_over.wait(PATIENT), "it still waits"
    assert ask(port, b"", 8).startswith(b"SSH-2.0-")
    machine.run("while ps | grep -q ' ssh$'; do sleep 0.1; done")
    passed("the SSH server hangs up on who does not log in, and answers others")


def check_clients(machine):
    run = machine.run
    with Trickle(HEAD, b"x", PAUSE) as slow, Trickle(HEAD) as stalled, Trickle(b"") as silent:
        said = run(f"curl -s -S -m 4 http://{HOST}:{slow.port}/ 2>&1 >/tmp/none", code=28)
        assert "Operation timed out" in said, said
        said = run(f"curl -s -S -Y 100 -y 3 http://{HOST}:{slow.port}/ 2>&1 >/tmp/none", code=28)
        assert "too slow" in said, said
        passed("curl ends with what comes too slowly, and says so")
        for port in (stalled.port, silent.port):
            said = run(f"wget -T 3 -O /tmp/none http://{HOST}:{port}/ 2>&1", code=1)
            assert "wget: download timed out" in said, said
            said = run(f"curl -s -S -m 3 http://{HOST}:{port}/ 2>&1 >/tmp/none", code=28)
            assert "timed out" in said, said
        said = run(f"wget -T 3 -O /tmp/none https://{HOST}:{silent.port}/ 2>&1", code=1)
        assert "timed out" in said, said
        said = run(f"curl -s -S -m 3 https://{HOST}:{silent.port}/ 2>&1 >/tmp/none", code=28)
        assert "timed out" in said, said
        passed("wget and curl end with who says nothing, in plain text and by TLS")
    said = run("nc 10.0.2.99 80 </dev/null 2>&1", code=1)
    assert "Host is unreachable" in said, said
    passed("a neighbour who is not there is told of")


with Machine(forward=(22, 8080)) as guest:
    guest.login(user="root")
    guest.reach()
    check_clients(guest)
    check_httpd(guest)
    check_sshd(guest)
