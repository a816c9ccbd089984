# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: openssl
# waits
"""httpd serves the book and what the machine does now, by HTTP and HTTPS, over IPv4 and IPv6: parts of files, many at a
time, and peers who are slow, hostile or silent keep nobody else waiting."""

import concurrent.futures
import contextlib
import http.client
import os
import re
import socket
import ssl
import subprocess
import tempfile
import threading

from machine import HOST, TOP, Machine, WebServer, make, passed
from peer.tls import Authority

WAIT = 60
SERVED = "/share/www man=/share/man large=/tmp/large"
MOST, PEER_MOST = 64, 32  # connections that it has at a time, and of one address
LARGE = 16 << 20  # more than lies between a server and a peer who does not read

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
        changed = headers["Last-Modified"]
        assert get(web, "/book.html", If_Modified_Since=changed)[0::2] == (304, b"")
        assert get(web, "/book.html", If_Modified_Since=changed, If_None_Match='"other"')[2] == BOOK
        assert get(web, "/book.html", If_Modified_Since="once")[2] == BOOK
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
        assert b'fetch("state"' in get(web, "/status.html")[2]
        text = get(web, "/state")[2].decode()
        parts = re.split(r"^file (\S+)\n", text, flags=re.M)
        told = dict(zip(parts[1::2], parts[2::2]))
        assert re.search(r"^MemTotal: +\d+", told["/proc/meminfo"], re.M)
        assert re.search(r"^cpu 0 idle \d+", told["/proc/cpu"], re.M)
        assert re.search(r"^tcp sent \d+ received \d+", told["/net/statistics"], re.M)
        assert any("name httpd\n" in content for path, content in told.items() if path.endswith("/status"))
    passed("what the page of the machine's state asks for is there")


def by_default(machine):
    """The server that every machine has."""
    port = machine.ports[80]
    machine.run("until nc -z localhost 80; do sleep 0.1; done")
    state(port)
    with plain(port) as web:
        assert get(web, "/book.html")[2] == BOOK
        assert get(web, "/man/1/httpd.md")[0] == 200
        for path in ("/etc/passwd", "/proc/1/status", "/tmp/"):
            assert get(web, path)[0] == 404, path
    pid = machine.pid_of("httpd")
    assert "uid 65534\n" in machine.run(f"cat /proc/{pid}/status")
    seen = {line.split()[-1] for line in machine.run(f"ns {pid}").splitlines()[1:]}
    assert seen == {"/share/www", "/share/man", "/proc", "/net", "/net/statistics", "/etc/passwd", "/etc/hostname",
                    "/etc/ssl/httpd"}
    passed("a machine serves the book and its state from the start, as nobody, with few names")
    for address in ("127.0.0.1", "[::1]"):
        assert machine.run(f"curl -s -g http://{address}/book.html | wc -c").strip() == str(len(BOOK))
        assert machine.run(f"wget -q -O - http://{address}/book.html | wc -c").strip() == str(len(BOOK))
    passed("it is reached by IPv4 and by IPv6")


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


def silent_one(stack, port):
    """Somebody who calls and says nothing. The emulator's listener keeps two calls until it takes them, and who is one
    too many calls again after a second at the earliest: this one was taken when one behind it has been answered."""
    stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT))
    asked(port, b"GET / HTTP/2.0\r\n\r\n")


def many(port):
    calls = threading.Lock()  # the next one calls when the one before was taken, too

    def download(_):
        with plain(port) as web:
            with calls:
                web.request("GET", "/book.html")
                answer = web.getresponse()
            return answer.read() == BOOK
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert all(pool.map(download, range(40)))
    passed("many are served at a time")
    with contextlib.ExitStack() as silent:
        for _ in range(MOST + 10):
            silent_one(silent, port)
        assert download(0)
        slow = silent.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT))
        slow.sendall(b"GET /book.html HTTP/1.1\r\nHost: a\r\n\r\n")  # and does not read what comes
        assert download(0)
    passed("who is silent or slow keeps nobody else waiting")


def reader(stack, port):
    """Somebody who asks for much and does not read it. False: the server hangs up."""
    one = stack.enter_context(socket.socket())
    one.settimeout(WAIT)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.connect(("127.0.0.1", port))
    one.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    with contextlib.suppress(ConnectionResetError):
        return one.recv(1, socket.MSG_PEEK) != b""
    return False


def greedy(machine, patient, port):
    with contextlib.ExitStack() as stack:
        assert all(reader(stack, patient) for _ in range(PEER_MOST))
        assert not reader(stack, patient)
        assert machine.run("curl -s http://127.0.0.1:8081/index.html | grep -c book") == "1\n"
    passed("one address has half of the connections at most")
    with contextlib.ExitStack() as stack:
        for _ in range(2 * PEER_MOST):  # the second half gets in when those before have been given up
            while not reader(stack, port):
                pass
    passed("who does not read is given up")


def encrypted(machine, port, authority):
    context = ssl.create_default_context(cafile=authority.ca)
    with contextlib.ExitStack() as silent:  # they say nothing
        for _ in range(MOST + 10):
            silent_one(silent, port)
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as other:
            other.sendall(b"GET / HTTP/1.1\r\n\r\n")  # no TLS
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


def makes_keys(machine):
    """Without a certificate it makes one, and keeps it; what is there and wrong stays as it is."""
    port = machine.ports[8444]
    kept = []
    machine.run("mkdir /tmp/made")
    for _ in range(2):
        start(machine, "-p 8444 -c /tmp/made/crt -k /tmp/made/key -g board.example")
        kept.append(ssl.get_server_certificate(("127.0.0.1", port)))
        said = machine.run("curl -s -S --cacert /tmp/made/crt --resolve board.example:8444:127.0.0.1 "
                           "https://board.example:8444/book.html | wc -c")
        assert int(said) == len(BOOK), said
        machine.run("kill $!; wait $!", code=None)
    assert kept[0] == kept[1]
    assert machine.run("ls -l /tmp/made").count("-rw-------") == 1
    assert "BEGIN" in machine.run("head -n 1 /tmp/made/key")
    passed("a certificate is made when there is none, and kept")
    start(machine, "-p 8445 -c /tmp/none/crt -k /tmp/none/key -g board.example 2>/tmp/said")
    assert machine.run("cat /tmp/said") == "httpd: /tmp/none/key: a new key, for as long as this runs\n"
    machine.run("cp /tmp/ca /tmp/made/key")
    said = machine.run("httpd -p 8446 -c /tmp/made/crt -k /tmp/made/key -g board.example /share/www 2>&1", code=1)
    assert said == "httpd: /tmp/made/crt: the key cannot be read or belongs to another certificate\n", said
    passed("that it cannot be kept is told, and what is there is not replaced")


def names_host(machine):
    """The machine's own name is in the certificate, and those that it has for itself."""
    machine.run("echo board7.example >/tmp/name; bind /tmp/name /etc/hostname")
    start(machine, "-p 8444 -c /tmp/own/crt -k /tmp/own/key -g . 2>/tmp/said")
    text = ssl.get_server_certificate(("127.0.0.1", machine.ports[8444]))
    said = subprocess.run(["openssl", "x509", "-noout", "-subject", "-ext", "subjectAltName"], input=text, text=True,
                          check=True, capture_output=True).stdout
    assert "subject=CN = board7.example\n" in said, said
    names = {"DNS:board7.example", "DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"}
    assert set(said.splitlines()[-1].strip().split(", ")) == names, said
    machine.run("kill $!; wait $!", code=None)
    for name in ("a b", "a,CN=b", "", "x" * 65):
        machine.run(f"echo '{name}' >/tmp/name")
        said = machine.run(f"httpd -p 8444 -c /tmp/own/crt -k /tmp/own/key -g '{name}' /share/www 2>&1", code=1)
        assert said == f"httpd: {name}: is no name of a host\n", said
    passed("a certificate has the machine's name, and none that is no name")


def keeps_keys(folder):
    """Where / is on a disk the machine's own certificate is the same after each start."""
    disk = os.path.join(folder, "root.img")
    make("SYSTEM=scenario", f"DISK={disk}", "disk")
    seen = []
    for _ in range(2):
        with Machine(disk=disk, forward=(443,)) as machine:
            machine.login()
            machine.run("until nc -z localhost 443; do sleep 0.1; done")
            seen.append(ssl.get_server_certificate(("127.0.0.1", machine.ports[443])))
            machine.run("cat /etc/ssl/httpd/key", code=1)  # not for users
            machine.line_send("poweroff")
            machine.expect_end()
    assert seen[0] == seen[1] and "BEGIN CERTIFICATE" in seen[0]
    passed("a disk keeps the machine's own")


def start(machine, options):
    options, mark, errors = options.partition(" 2>")
    machine.run(f"httpd {options} {SERVED} {mark}{errors} &")
    machine.wait_listener(options.split()[1])


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        authority = Authority(folder, "good")
        base = authority.issue("board", host="127.0.0.1,IP:" + HOST)
        content = {}
        for path, name in (("/ca", authority.ca), ("/crt", base + ".crt"), ("/key", base + ".key")):
            with open(name, "rb") as file:
                content[path] = file.read()
        with WebServer(content) as web, Machine(forward=(80, 8080, 8081, 8443, 8444)) as machine:
            machine.login()
            machine.reach()
            for path in content:
                machine.run(f"wget -q -O /tmp{path} {web.url(path)}")
            by_default(machine)
            machine.run(f"dd if=/dev/zero of=/tmp/large bs=1024k count={LARGE >> 20}")
            start(machine, "-p 8080 -t 5")
            port = machine.ports[8080]
            files(port)
            hostile(port)
            many(port)
            start(machine, "-p 8081 -t 600")
            greedy(machine, machine.ports[8081], port)
            start(machine, "-p 8443 -c /tmp/crt -k /tmp/key")
            encrypted(machine, machine.ports[8443], authority)
            makes_keys(machine)
            names_host(machine)
        keeps_keys(folder)


main()
