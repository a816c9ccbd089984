# SPDX-License-Identifier: MIT
"""Others at the far end of TLS: authorities, OpenSSL's server, and one that cuts connections off."""

import contextlib
import os
import socket
import ssl
import subprocess
import threading

from machine import HOST, free_port

SECTION = "[v]\nsubjectAltName=IP:{host}\nbasicConstraints=CA:false\n{more}"


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

    def issue(self, name, host=HOST, first="20200101000000Z", last="20990101000000Z", kind="ec", digest="sha256",
              more=""):
        base = os.path.join(self.folder, name)
        key = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}.get(kind, [kind])
        openssl("req", "-newkey", *key, "-nodes", "-keyout", base + ".key", "-out", base + ".csr",
                "-subj", f"/CN={name}")
        with open(base + ".cnf", "w", encoding="utf-8") as file:
            file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.index}\nnew_certs_dir={self.folder}\n"
                       f"default_md={digest}\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n"
                       + SECTION.format(host=host, more=more))
        openssl("ca", "-batch", "-config", base + ".cnf", "-cert", self.ca, "-keyfile", self.key, "-in", base + ".csr",
                "-out", base + ".crt", "-startdate", first, "-enddate", last, "-extensions", "v", "-notext")
        return base


class Server:
    """`openssl s_server` that answers requests for web pages with its own state."""

    def __init__(self, base, *more):
        self.words = ["-cert", base + ".crt", "-key", base + ".key", "-www", *(more or ("-tls1_3",))]

    def __enter__(self):
        self.port = free_port()
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


class Relay:
    """Somebody in between, for one connection: `change` gives what goes on of each TLS record, by whose it is and the
    record with its head."""

    def __init__(self, port, change):
        self.target, self.change = port, change
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with self.listener.accept()[0] as near, socket.create_connection(("127.0.0.1", self.target)) as far:
            back = threading.Thread(target=self.pass_on, args=("server", far, near))
            back.start()
            self.pass_on("client", near, far)
            back.join()

    def pass_on(self, who, source, target):
        with contextlib.suppress(OSError), source.makefile("rb") as stream:
            while head := stream.read(5):
                target.sendall(self.change(who, bytearray(head + stream.read(int.from_bytes(head[3:5], "big")))))
            target.shutdown(socket.SHUT_WR)


def tampering():
    """Turns a bit of what the server sends once the client has asked."""
    asked = []

    def change(who, record):
        if who == "client" and record[0] == 23:
            asked.append(record)  # the first is the end of its handshake
        elif who == "server" and len(asked) > 1:
            record[-1] ^= 1
        return record
    return change


def downgrading(who, record):
    """Takes TLS 1.3 out of what the client offers, and puts in a cipher of TLS 1.2."""
    at = bytes(record).find(b"\x00\x2b\x00\x03\x02\x03\x04")
    if who == "client" and record[0] == 22 and at > 0:
        record[at:at + 2] = b"\xfa\xfa"
        ciphers = 44 + record[43] + 2  # after record, message, version, random number and session
        record[ciphers:ciphers + 2] = b"\xc0\x2b"
    return record
