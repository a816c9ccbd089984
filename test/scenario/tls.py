# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: openssl
"""TLS 1.3 with OpenSSL as the other side: a certificate that is right, each kind that is wrong, other versions, a
connection that is cut off or changed in between, servers on board, and the authorities that an image brings."""

import base64
import hashlib
import os
import re
import socket
import ssl
import subprocess
import tempfile

from machine import HOST, TOP, Machine, WebServer, passed
from peer.tls import Authority, Cut, Relay, Server, downgrading, tampering

GET = r"printf 'GET / HTTP/1.0\r\n\r\n'"


WEAK = "the certificate has a weak signature or key"


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
    refused(machine, good.issue("short", kind="rsa:1024"), WEAK, "-tls1_3", "-cipher", "DEFAULT@SECLEVEL=0")
    refused(machine, good.issue("broken", digest="sha1"), WEAK, "-tls1_3", "-cipher", "DEFAULT@SECLEVEL=0")
    refused(machine, good.issue("client", more="extendedKeyUsage=clientAuth\n"),
            "the certificate is not meant for servers")
    with Server(os.path.join(folder, "stranger")) as server:
        assert "200 ok" in machine.run(f"{GET} | tls -k {HOST} {server.port}")
    passed("who asks for it is let through unchecked")
    said = machine.run(f"echo | tls -C /tmp/ca {HOST} {Cut(base).port} 2>&1", code=1)
    assert said == f"half of it\ntls: {HOST}: the connection was cut off before its end\n", said
    passed("an end without notice is told")


def in_between(machine, base):
    for change, options, message in ((tampering(), ["-tls1_3"], "somebody between changed what was sent"),
                                     (downgrading, ["-serverpref"], "somebody between changed the version of TLS")):
        with Server(base, *options) as server:
            said = machine.run(f"{GET} | tls -C /tmp/ca {HOST} {Relay(server.port, change).port} 2>&1", code=1)
            assert said.endswith(f"tls: {HOST}: {message}\n") and "200 ok" not in said, said
        passed(f"refused: {message}")


def client(port, *words):
    """What OpenSSL's client and the server say to a request, and whether it ended well."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof", *words], check=False,
                          input="GET /index.html HTTP/1.1\r\nHost: ferrite\r\nConnection: close\r\n\r\n", text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200)
    return done.stdout, done.returncode == 0


def asked_by_openssl(machine, folder, stranger):
    """The web server that every machine has, with the certificate that it has made."""
    machine.run("until nc -z localhost 443; do sleep 0.1; done")
    port = machine.ports[443]
    own = os.path.join(folder, "own.crt")
    with open(own, "w", encoding="ascii") as file:
        file.write(re.search("-----BEGIN.*END CERTIFICATE-----\n", client(port)[0], re.DOTALL)[0])
    strict = ["-CAfile", own, "-verify_return_error", "-verify_hostname", "ferrite"]
    for cipher in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
        for group in ("X25519", "P-256", "P-384", "P-521"):
            said, is_well = client(port, *strict, "-ciphersuites", cipher, "-groups", group)
            assert is_well and "Verification: OK" in said and f"TLSv1.3, Cipher is {cipher}" in said, said
            assert "HTTP/1.1 200 OK" in said and "book.html" in said, said
    passed("OpenSSL's client takes each cipher and each group")
    for words, message in ((["-tls1_2"], "alert protocol version"),
                           (["-ciphersuites", "TLS_AES_128_CCM_SHA256"], "alert"),
                           ([*strict[:3], "-verify_hostname", "other"], "hostname mismatch"),
                           (["-CAfile", stranger, "-verify_return_error"], "self-signed certificate")):
        said, is_well = client(port, *words)
        assert not is_well and message in said and "HTTP/1.1" not in said, said
    assert client(port, *strict)[1]
    passed("what must not be taken is refused by either, and the server goes on")


def serves(machine, authority):
    port = machine.ports[9443]
    machine.run("echo from the board >/tmp/answer; (tls -l 9443 /tmp/crt /tmp/key </tmp/answer >/tmp/asked; "
                "echo $? >/tmp/ended) &")
    machine.wait_listener(9443)
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


# What an authority is by the list that the image's are made of: its word of trust, the mark of a last day, its name.
LISTED = {"taken": ("CKT_NSS_TRUSTED_DELEGATOR", "CK_BBOOL CK_FALSE", "taken"),
          "only for mail": ("CKT_NSS_MUST_VERIFY_TRUST", "CK_BBOOL CK_FALSE", "mail"),
          "not trusted": ("CKT_NSS_NOT_TRUSTED", "CK_BBOOL CK_FALSE", "bad"),
          "trusted up to a day": ("CKT_NSS_TRUSTED_DELEGATOR", "MULTILINE_OCTAL\n\\062\\064\nEND", "late"),
          "named in the black list": ("CKT_NSS_TRUSTED_DELEGATOR", "CK_BBOOL CK_FALSE", "black")}


def listed(serial, what, words):
    trust, mark, name = words
    identity = f'CKA_LABEL UTF8 "{name}"\nCKA_ISSUER MULTILINE_OCTAL\n\\060\nEND\n' \
        f"CKA_SERIAL_NUMBER MULTILINE_OCTAL\n\\{serial:03o}\nEND\n"
    value = "".join(f"\\{byte:03o}" for byte in what.encode())
    return f"CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE\n{identity}CKA_VALUE MULTILINE_OCTAL\n{value}\nEND\n" \
        f"CKA_NSS_SERVER_DISTRUST_AFTER {mark}\n\n" \
        f"CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST\n{identity}CKA_TRUST_SERVER_AUTH CK_TRUST {trust}\n\n"


def prepared(folder, text):
    """What the port's script makes of a list: the certificates, or what it says when it makes none."""
    os.makedirs(os.path.join(folder, "mozilla"), exist_ok=True)
    for name, content in (("certdata.txt", text), ("blacklist.txt", '# a list\n"black"\n')):
        with open(os.path.join(folder, "mozilla", name), "w", encoding="utf-8") as file:
            file.write(content)
    done = subprocess.run([os.path.join(TOP, "port/ca-certificates/prepare")], cwd=folder, capture_output=True,
                          text=True, check=False, env=os.environ | {"GEN": folder})
    if done.returncode:
        return done.stderr.strip()
    with open(os.path.join(folder, "authorities.pem"), encoding="ascii") as file:
        pieces = file.read().split("-----BEGIN CERTIFICATE-----\n")[1:]
    return [base64.b64decode(piece.split("-----")[0]).decode() for piece in pieces]


def authorities_made(folder):
    parts = [listed(at, what, words) for at, (what, words) in enumerate(LISTED.items())]
    assert prepared(folder, "# text\nBEGINDATA\n" + "".join(parts)) == ["taken"]
    for part, message in ((parts[2], "nobody is trusted"), (parts[0].rsplit("END", 1)[0], "bytes without an END"),
                          (parts[0].replace("DELEGATOR", "BY_MOON"),
                           "trust of an unknown kind, CKT_NSS_TRUSTED_BY_MOON")):
        said = prepared(folder, "BEGINDATA\n" + part)
        assert said == f"certdata.txt: {message}", said
    passed("of a list of authorities only those are taken that are trusted without a restriction")


def authorities_of_the_image(machine, base):
    with open(os.path.join(TOP, "out/port/ca-certificates/gen/authorities.pem"), "rb") as file:
        bundle = file.read()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=bundle.decode())
    assert len(context.get_ca_certs()) == bundle.count(b"BEGIN") > 100
    said = machine.run("sha256sum </etc/ssl/certs/ca-certificates.crt")
    assert said.split()[0] == hashlib.sha256(bundle).hexdigest()
    refused(machine, base, "the certificate is signed by an unknown authority", options="")
    passed("the image's authorities are the default")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        authorities_made(folder)
        good, other = Authority(folder, "good"), Authority(folder, "other")
        board = good.issue("board")
        files = {}
        for path, name in (("/ca", good.ca), ("/crt", board + ".crt"), ("/key", board + ".key")):
            with open(name, "rb") as file:
                files[path] = file.read()
        with WebServer(files) as web, Machine(forward=(443, 9443)) as machine:
            machine.login()
            machine.reach()
            for path in files:
                machine.run(f"wget -q -O /tmp{path} {web.url(path)}")
            clients(machine, good, other, folder)
            in_between(machine, board)
            authorities_of_the_image(machine, board)
            serves(machine, good)
            asked_by_openssl(machine, folder, other.ca)


main()
