# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: openssl
"""httpd serves the book and what the machine does now, by HTTP and HTTPS: parts of files, many at a time, and peers who
are slow, hostile or silent keep nobody else waiting."""

import concurrent.futures
import contextlib
import http.client
import os
import re
import socket
import ssl
import tempfile

from machine import HOST, TOP, Machine, WebServer, passed
from peer.tls import Authority

WAIT = 60
SERVED = "/share/www man=/share/man proc=/proc net/statistics=/net/statistics"
MOST = 64  # connections that it has at a time

with open(os.path.join(TOP, "out/book.html"), "rb") as book_file:
    BOOK = book_file.read()


def get(connection, path, method="GET", **headers):
    """The status, the headers and the body."""
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def plain(port):
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT))


def files(port):
    with plain(port) as web:
        assert b'href="book.html"' in get(web, "/")[2]
        status, headers, body = get(web, "/book.html")
        assert status == 200 and body == BOOK and headers["Content-Type"].startswith("text/html")
        tag = headers["ETag"]
        assert get(web, "/book.html", If_None_Match=tag)[0::2] == (304, b"")
        status, headers, body = get(web, "/book.html", Range="bytes=1000-1999")
        assert (status, body) == (206, BOOK[1000:2000])
        assert headers["Content-Range"] == f"bytes 1000-1999/{len(BOOK)}"
        assert get(web, "/book.html", Range="bytes=-70")[2] == BOOK[-70:]
        assert get(web, "/book.html", Range="bytes=5-", If_Range='"other"')[2] == BOOK
        assert get(web, "/book.html", Range="bytes=5-", If_Range=tag)[2] == BOOK[5:]
        assert get(web, "/book.html", Range=f"bytes={len(BOOK)}-")[0] == 416
        status, headers, body = get(web, "/book.html", "HEAD")
        assert (status, headers["Content-Length"], body) == (200, str(len(BOOK)), b"")
        status, headers, _ = get(web, "/man")
        assert (status, headers["Location"]) == (301, "/man/")
        status, _, body = get(web, "/" + "%20" * 1000)
        assert status == 404, (status, body)
        assert b'<a href="./1/">1/</a>' in get(web, "/man/")[2]
        assert get(web, "/nothing")[0] == 404
    passed("files, parts of them, lists of folders, all over one connection")


def state(port):
    with plain(port) as web:
        assert b"proc/meminfo" in get(web, "/status.html")[2]
        assert re.search(rb"^MemTotal: +\d+", get(web, "/proc/meminfo")[2], re.M)
        assert re.search(rb"^cpu 0 idle \d+", get(web, "/proc/cpu")[2], re.M)
        assert re.search(rb"^tcp sent \d+ received \d+", get(web, "/net/statistics")[2], re.M)
        pids = re.findall(rb'href="\./(\d+)/"', get(web, "/proc/")[2])
        states = [get(web, f"/proc/{int(pid)}/status") for pid in pids]
        assert any(b"name httpd\n" in body for status, _, body in states if status == 200)
    passed("what the page of the machine's state asks for is there")


def asked(port, *pieces):
    """What comes for these bytes until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as connection:
        for piece in pieces:
            connection.sendall(piece)
        whole = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(1 << 16):
                whole += piece
    return whole


def hostile(port):
    end = b" HTTP/1.1\r\nHost: a\r\n"
    for request, status in ((b"GET /../etc/passwd" + end + b"\r\n", 400), (b"GET /%2e%2e/x" + end + b"\r\n", 400),
                            (b"GET /" + end + b"A: " + b"b" * 9000 + b"\r\n\r\n", 431),
                            (b"GET /" + b"a" * 3000 + end + b"\r\n", 414), (b"POST /" + end + b"\r\n", 405),
                            (b"GET /" + end + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
                            (b"GET / HTTP/2.0\r\n\r\n", 505), (b"\x16\x03\x01\x02\x00\n\n", 400),
                            (b"GET /" + end + b"A: b", 408)):
        said = asked(port, request)
        assert said.startswith(b"HTTP/1.1 %d " % status), (request[:60], said[:60])
        assert b"Connection: close\r\n" in said
    passed("each kind of bad request has its own answer; one that never ends is given up")
    two = b"GET /index.html" + end + b"\r\nGET /none" + end + b"Connection: close\r\n\r\n"
    for pieces in ((two,), [two[at:at + 1] for at in range(len(two))]):
        said = asked(port, *pieces)
        assert re.findall(rb"HTTP/1.1 (\d+) ", said) == [b"200", b"404"], said
    passed("requests may come together, or byte by byte")


def many(port):
    def download(_):
        with plain(port) as web:
            return get(web, "/book.html")[2] == BOOK
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert all(pool.map(download, range(40)))
    passed("many are served at a time")
    with contextlib.ExitStack() as silent:
        for _ in range(MOST + 10):
            silent.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT))
        assert download(0)
        slow = silent.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT))
        slow.sendall(b"GET /book.html HTTP/1.1\r\nHost: a\r\n\r\n")  # and does not read what comes
        assert download(0)
    passed("who is silent or slow keeps nobody else waiting")


def encrypted(machine, port, authority):
    context = ssl.create_default_context(cafile=authority.ca)
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT):  # says nothing
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as silent:
            silent.sendall(b"GET / HTTP/1.1\r\n\r\n")  # no TLS
            web = http.client.HTTPSConnection("127.0.0.1", port, timeout=WAIT, context=context)
            web.connect()
            assert web.sock.version() == "TLSv1.3"
            for _ in range(3):
                assert get(web, "/book.html")[2] == BOOK
            assert get(web, "/book.html", Range="bytes=9-20")[2] == BOOK[9:21]
            web.close()
    passed("HTTPS serves the same")
    said = machine.run("curl -s -S --cacert /tmp/ca --resolve "
                       f"{HOST}:8443:127.0.0.1 https://{HOST}:8443/book.html | wc -c")
    assert int(said) == len(BOOK)
    said = machine.run("httpd -p 8444 -c /tmp/crt -k /tmp/ca /share/www 2>&1", code=1)
    assert said == "httpd: /tmp/crt: the key cannot be read or belongs to another certificate\n", said
    passed("curl on board takes it; a key of another is refused at the start")


def start(machine, options):
    machine.run(f"httpd {options} {SERVED} & until nc -z localhost {options.split()[1]}; do sleep 0.1; done")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        authority = Authority(folder, "good")
        base = authority.issue("board", host="127.0.0.1,IP:" + HOST)
        content = {}
        for path, name in (("/ca", authority.ca), ("/crt", base + ".crt"), ("/key", base + ".key")):
            with open(name, "rb") as file:
                content[path] = file.read()
        with WebServer(content) as web, Machine(forward=(8080, 8443)) as machine:
            machine.login()
            machine.reach()
            for path in content:
                machine.run(f"wget -q -O /tmp{path} {web.url(path)}")
            start(machine, "-p 8080 -t 5")
            port = machine.ports[8080]
            files(port)
            state(port)
            hostile(port)
            many(port)
            start(machine, "-p 8443 -c /tmp/crt -k /tmp/key")
            encrypted(machine, machine.ports[8443], authority)


main()
