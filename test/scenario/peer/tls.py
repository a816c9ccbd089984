# SPDX-License-Identifier: MIT
"""Others at the far end of TLS: authorities, OpenSSL's server, and one that cuts connections off."""

import contextlib
import os
import socket
import ssl
import subprocess
import threading

from machine import HOST

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
