# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: openssl
"""TLS 1.3 with OpenSSL as the other side: a certificate that is right, each kind that is wrong, other versions, a
connection that is cut off, and a server on board."""

import contextlib
import os
import socket
import ssl
import subprocess
import tempfile
import threading

from machine import HOST, Machine, WebServer, passed

SECTION = "[v]\nsubjectAltName=IP:{host}\nbasicConstraints=CA:false\n"


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


class Authority:
    """Makes certificates in a folder; `.ca` is its own."""

    def __init__(self, folder, name):
        self.folder, self.ca = folder, os.path.join(folder, f"{name}.crt")
        self.key = os.path.join(folder, f"{name}.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                "-out", self.ca, "-days", "30", "-subj", f"/CN={name}")
        for file in ("index.txt", "index.txt.attr"):
            with open(os.path.join(folder, f"{name}.{file}"), "w", encoding="utf-8"):
                pass
        self.index = os.path.join(folder, f"{name}.index.txt")

    def issue(self, name, host=HOST, first="20200101000000Z", last="20990101000000Z", kind="ec"):
        base = os.path.join(self.folder, name)
        key = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("req", "-newkey", *key, "-nodes", "-keyout", base + ".key", "-out", base + ".csr",
                "-subj", f"/CN={name}")
        with open(base + ".cnf", "w", encoding="utf-8") as file:
            file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.index}\nnew_certs_dir={self.folder}\n"
                       "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n"
                       + SECTION.format(host=host))
        openssl("ca", "-batch", "-config", base + ".cnf", "-cert", self.ca, "-keyfile", self.key, "-in", base + ".csr",
                "-out", base + ".crt", "-startdate", first, "-enddate", last, "-extensions", "v", "-notext")
        return base


class Server:
    """`openssl s_server` that answers requests for web pages with its own state."""

    def __init__(self, base, *more):
        self.words = ["-cert", base + ".crt", "-key", base + ".key", "-www", *(more or ("-tls1_3",))]

    def __enter__(self):
        with contextlib.closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", *self.words],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)
        for line in self.process.stdout:
            if "ACCEPT" in line:
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Cut:
    """A server that sends a line and ends the connection without the notice of TLS."""

    def __init__(self, base):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(base + ".crt", base + ".key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection = self.context.wrap_socket(self.listener.accept()[0], server_side=True)
        connection.sendall(b"half of it\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(100):  # what is not read would reset it
            pass


GET = r"printf 'GET / HTTP/1.0\r\n\r\n'"


def refused(machine, base, message, *more, options="-C /tmp/ca"):
    with Server(base, *more) as server:
        said = machine.run(f"{GET} | tls {options} {HOST} {server.port} 2>&1", code=1)
        assert said.strip() == f"tls: {HOST}: {message}", said
    passed(f"refused: {message}")


def clients(machine, good, other, folder):
    for kind in ("ec", "rsa"):
        with Server(good.issue(f"good-{kind}", kind=kind)) as server:
            said = machine.run(f"{GET} | tls -C /tmp/ca {HOST} {server.port}")
            assert "TLSv1.3" in said and "200 ok" in said, said
    passed("a certificate of a known authority is taken")
    base = os.path.join(folder, "good-ec")
    refused(machine, good.issue("elsewhere", host="192.0.2.1"), "the certificate is for another host")
    refused(machine, good.issue("old", last="20210101000000Z"), "the certificate has expired")
    refused(machine, good.issue("young", first="20980101000000Z"), "the certificate is not valid yet")
    refused(machine, other.ca.removesuffix(".crt"), "the certificate is signed by itself")
    refused(machine, other.issue("stranger"), "the certificate is signed by an unknown authority")
    refused(machine, base, "the other side does not speak TLS 1.3", "-tls1_2")
    refused(machine, base, "no certificates of authorities", options="-C /tmp/none")
    with Server(os.path.join(folder, "stranger")) as server:
        assert "200 ok" in machine.run(f"{GET} | tls -k {HOST} {server.port}")
    passed("who asks for it is let through unchecked")
    said = machine.run(f"echo | tls -C /tmp/ca {HOST} {Cut(base).port} 2>&1", code=1)
    assert said == f"half of it\ntls: {HOST}: the connection was cut off before its end\n", said
    passed("an end without notice is told")


def serves(machine, authority):
    port = machine.ports[9443]
    machine.run("echo from the board >/tmp/answer; (tls -l 9443 /tmp/crt /tmp/key </tmp/answer >/tmp/asked; "
                "echo $? >/tmp/ended) & until grep -q announced /net/tcp/*/status; do sleep 0.1; done")
    context = ssl.create_default_context(cafile=authority.ca)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain, \
            context.wrap_socket(plain, server_hostname=HOST) as connection:
        assert connection.version() == "TLSv1.3"
        connection.sendall(b"a question\n")
        assert connection.recv(100) == b"from the board\n"
        connection.unwrap()
    machine.run("wait")  # the shell tells that it ended
    assert machine.run("cat /tmp/asked /tmp/ended") == "a question\n0\n"
    passed("a client of others speaks with a server on board")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        good, other = Authority(folder, "good"), Authority(folder, "other")
        board = good.issue("board")
        files = {}
        for path, name in (("/ca", good.ca), ("/crt", board + ".crt"), ("/key", board + ".key")):
            with open(name, "rb") as file:
                files[path] = file.read()
        with WebServer(files) as web, Machine(forward=(9443,)) as machine:
            machine.login()
            machine.reach()
            for path in files:
                machine.run(f"wget -q -O /tmp{path} {web.url(path)}")
            clients(machine, good, other, folder)
            serves(machine, good)


main()
