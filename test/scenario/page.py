# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: chromium openssl
"""The pages that a board serves, as a browser of others shows them: the book with its chapters and references, and what
the machine does now, whose figures and graphs move by themselves."""

import base64
import hashlib
import os
import ssl
import subprocess
import tempfile

from machine import TOP, Machine, passed
from peer.browser import Browser

# What is drawn in a graph, as a sum: it changes when the graph moves.
DRAWN = """[...document.getElementById('{}-graph').getContext('2d').getImageData(0, 0, 2000, 120).data]
    .reduce((sum, value, at) => (sum * 31 + value * (at % 977 + 1)) % 1000000007, 7)"""
TIMES = "[...document.querySelectorAll('#list tr')].map((row) => row.cells[1].textContent).join()"


def index(page, address):
    assert page.go(address + "/") == ""
    assert page.value("document.title") == "Ferrite"
    assert page.value("[...document.links].map((link) => link.getAttribute('href'))") == \
        ["status.html", "book.html", "man/"]
    passed("the first page leads to the others")


def book(page, address):
    assert page.go(address + "/book.html") == ""
    chapters = [name for name in os.listdir(os.path.join(TOP, "doc/book")) if name[0].isdigit()]
    for name in chapters:
        assert page.value(f"document.getElementById('{name.removesuffix('.md')}').innerText.length") > 1000, name
    assert page.value("document.querySelectorAll('svg').length") > 0
    assert page.value("[...document.querySelectorAll('a[href^=\"#\"]')].filter("
                      "(link) => !document.querySelector(`[id=\"${link.hash.slice(1)}\"]`)).length") == 0
    page.value("document.querySelector('a[href^=\"#\"]').click()")
    page.wait("location.hash && scrollY > 0")
    passed(f"the book has its {len(chapters)} chapters, and its references lead to them")


def state(page, address, machine):
    assert page.go(address + "/status.html") == ""
    page.wait("document.querySelectorAll('#list tr').length > 10")
    page.wait("/\\d+ % of \\d+/.test(document.getElementById('cpu').textContent)")
    listed = page.value("document.getElementById('list').innerText")
    assert "httpd" in listed and "init" in listed, listed
    assert page.value("document.getElementById('machine').textContent").startswith("Ferrite on ")
    assert page.value("document.getElementById('processes').textContent").split()[1:] != []
    for graph in ("cpu", "memory", "network"):
        before = page.value(DRAWN.format(graph))
        page.wait(DRAWN.format(graph) + f" != {before}")
    times = page.value(TIMES)
    page.wait(f"{TIMES} != '{times}'")
    passed("figures and graphs of the machine's state move")
    memory = page.value("document.getElementById('memory').textContent")
    machine.run("sleep 1000 & dd if=/dev/zero of=/tmp/large bs=1024k count=40")
    page.wait("document.getElementById('list').innerText.includes('sleep 1000')")
    page.wait(f"parseInt(document.getElementById('memory').textContent) >= {int(float(memory.split()[0])) + 30}")
    machine.run("kill $!; rm /tmp/large")
    page.wait("!document.getElementById('list').innerText.includes('sleep 1000')")
    passed("a process comes and goes, and memory with it")
    assert page.value("document.getElementById('error').textContent") == ""


def key_of(port):
    """What the browser knows a key by."""
    certificate = ssl.get_server_certificate(("127.0.0.1", port))
    public = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=certificate.encode(), capture_output=True,
                            check=True).stdout
    key = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public, capture_output=True,
                         check=True)
    return base64.b64encode(hashlib.sha256(key.stdout).digest()).decode()


def encrypted(page, port):
    address = f"https://127.0.0.1:{port}/"
    assert page.go(address) == "net::ERR_CERT_AUTHORITY_INVALID"
    with Browser(f"--ignore-certificate-errors-spki-list={key_of(port)}") as other:
        assert other.go(address + "book.html") == ""
        assert other.value("document.querySelectorAll('section').length") > 10
        assert other.go(address + "status.html") == ""
        other.wait("document.querySelectorAll('#list tr').length > 10")
    passed("by HTTPS it takes them from the key that it is told of, and from no other")


def main():
    with Machine(forward=(80, 443)) as machine, Browser() as page:
        machine.login()
        machine.run("until nc -z localhost 80; do sleep 0.1; done")
        address = f"http://127.0.0.1:{machine.ports[80]}"
        index(page, address)
        book(page, address)
        state(page, address, machine)
        encrypted(page, machine.ports[443])
        assert page.go(address + "/status.html") == ""
        page.wait("document.querySelectorAll('#list tr').length > 10")
        machine.line_send("poweroff")
        page.wait("document.getElementById('error').textContent != ''")
        passed("that the machine is gone is told, and what was known stays")
        with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
            picture = os.path.join(folder, "page.png")
            page.screenshot(picture)
            assert os.path.getsize(picture) > 10000
        # What could not be loaded is told there, as an icon that nobody has. Errors of scripts are others.
        assert all("Failed to load" in error for error in page.errors), page.errors


main()
