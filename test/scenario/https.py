# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: openssl
"""HTTPS by wget and curl from a server of others: a download whose checksum is right, and all that must not be taken,
each with a message of its own; what else curl has: resuming, redirects, forms, proxies, compressed answers."""

import gzip
import hashlib
import http.server
import os
import random
import re
import socket
import ssl
import tempfile
import threading

from machine import HOST, Machine, WebServer, passed
from peer.tls import Authority

CONTENT = random.Random(9).randbytes(3 << 20)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path: how the answer is made says its name."""

    protocol_version = "HTTP/1.1"

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in {"Content_Length": len(body)}.items() | headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/large" and self.headers.get("Range"):
            first = int(self.headers["Range"].split("=")[1].split("-")[0])
            self.answer(206, CONTENT[first:], Content_Range=f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}")
        elif self.path == "/large":
            self.answer(200, CONTENT)
        elif self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(CONTENT), 300_000):
                piece = CONTENT[at:at + 300_000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        elif self.path == "/packed":
            self.answer(200, gzip.compress(b"unpacked\n"), Content_Encoding="gzip")
        elif self.path == "/moved":
            self.answer(302, Location="/large")
        elif self.path in ("/cut", "/half"):  # without a length, and with one
            length = "" if self.path == "/cut" else f"Content-Length: {len(CONTENT)}\r\n"
            self.wfile.write(b"HTTP/1.1 200 OK\r\n%sConnection: close\r\n\r\nhalf of it\n" % length.encode())
            self.close_connection = True
        elif self.path == "/ended":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it\n")
            self.connection = self.connection.unwrap()
            self.close_connection = True
        else:
            self.answer(404)

    def do_POST(self):
        self.answer(200, b"got " + self.rfile.read(int(self.headers["Content-Length"])) + b"\n")

    def do_CONNECT(self):
        """As a proxy: bytes go on to the host, and back."""
        host, port = self.path.split(":")
        self.server.asked.append(self.path)
        with socket.create_connection(("127.0.0.1" if host == HOST else host, int(port))) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=self.pass_on, args=(far, self.connection))
            back.start()
            self.pass_on(self.connection, far)
            back.join()
        self.close_connection = True

    @staticmethod
    def pass_on(source, target):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)

    def log_message(self, format, *arguments):
        pass


class Site:
    """A server, with TLS if it has a certificate."""

    def __init__(self, base=None, change=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # that it is refused is the client's to tell
        self.server.asked = []
        self.port = self.server.server_address[1]
        if base:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(base + ".crt", base + ".key")
            if change:
                change(context)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False, suppress_ragged_eofs=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/large"):
        return f"https://{HOST}:{self.port}{path}"


def downloads(machine, site):
    for path in ("/large", "/chunked"):
        for command in ("wget -q -O", "curl -s -o"):
            machine.run(f"{command} /tmp/got {site.url(path)}", timeout=200)
            assert DIGEST in machine.run("sha256sum /tmp/got")
    machine.run(f"wget -q -O /tmp/got {site.url('/ended')} && test \"$(cat /tmp/got)\" = 'all of it'")
    passed("what comes over HTTPS is what was sent")


# What is wrong, what wget says by tls(1), and what curl says and ends with.
def refusals(good, other):
    good.issue("right")
    yield (Site(good.issue("elsewhere", host="192.0.2.1")), "the certificate is for another host",
           r"\(60\) .*does not match with the expected CN")
    yield (Site(good.issue("old", last="20210101000000Z")), "the certificate has expired",
           r"\(60\) .*validity has expired")
    yield (Site(good.issue("young", first="20980101000000Z")), "the certificate is not valid yet",
           r"\(60\) .*validity starts in the future")
    yield (Site(other.ca.removesuffix(".crt")), "the certificate is signed by itself",
           r"\(60\) .*not correctly signed by the trusted CA")
    yield (Site(other.issue("stranger")), "the certificate is signed by an unknown authority",
           r"\(60\) .*not correctly signed by the trusted CA")
    yield (Site(os.path.join(good.folder, "right"), older), "the other side does not speak TLS 1.3",
           r"\(35\) .*fatal alert message")


def older(context):
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def refused(machine, site, by_wget, by_curl):
    said = machine.run(f"wget -O /tmp/none {site.url()} 2>&1", code=1)
    assert f"tls: {HOST}: {by_wget}" in said, said
    machine.run("test ! -e /tmp/none")
    said = machine.run(f"curl -s -S -o /tmp/none {site.url()} 2>&1", code=None)
    assert re.search(by_curl, said, re.DOTALL), said
    machine.run("test ! -e /tmp/none")
    passed(f"neither takes it: {by_wget}")


def truncated(machine, site):
    for path in ("/cut", "/half"):
        said = machine.run(f"wget -O /tmp/half {site.url(path)} 2>&1", code=1)
        assert f"tls: {HOST}: the connection was cut off before its end" in said, said
        said = machine.run(f"curl -s -S -o /tmp/half {site.url(path)} 2>&1; echo $?")
        assert "curl: (" in said and said.split()[-1] in ("18", "56"), said
        machine.run("rm /tmp/half")
    passed("an answer that is cut off is told from a whole one")


def more_of_curl(machine, site):
    machine.run(f"curl -s {site.url()} | head -c 1000000 >/tmp/got; curl -s -C - -o /tmp/got {site.url()}", timeout=200)
    assert DIGEST in machine.run("sha256sum /tmp/got")
    passed("curl goes on where a download ended")
    assert DIGEST in machine.run(f"curl -s -L {site.url('/moved')} | sha256sum")
    assert machine.run(f"curl -s --compressed {site.url('/packed')}") == "unpacked\n"
    assert machine.run(f"curl -s -d a=b --data-urlencode 'c=d e' {site.url('/form')}") == "got a=b&c=d+e\n"
    assert "100 3072k" in machine.run(f"curl -o /tmp/got {site.url()} 2>&1")
    passed("curl follows, unpacks, posts and tells how far it is")
    proxy = Site()
    said = machine.run(f"https_proxy=http://{HOST}:{proxy.port} curl -s {site.url()} | sha256sum")
    assert DIGEST in said and proxy.server.asked == [f"{HOST}:{site.port}"]
    passed("curl goes through a proxy")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        good, other = Authority(folder, "good"), Authority(folder, "other")
        with open(good.ca, "rb") as file:
            files = {"/ca": file.read()}
        with WebServer(files) as web, Machine() as machine:
            machine.login()
            machine.reach()
            machine.run(f"wget -q -O /tmp/ca {web.url('/ca')}; export SSL_CERT_FILE=/tmp/ca")
            site = Site(good.issue("site"))
            downloads(machine, site)
            for site_wrong, by_wget, by_curl in refusals(good, other):
                refused(machine, site_wrong, by_wget, by_curl)
            truncated(machine, site)
            more_of_curl(machine, site)


main()
