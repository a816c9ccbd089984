# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# needs: ssh dnsmasq lan
# waits
"""Ports that OpenSSH's client forwards to hosts by their names: names that a server of DNS knows, with addresses of
either version or both, names of /etc/hosts, and what has none; and to addresses of IPv6, those of the link too."""

import re
import sys
import tempfile

from machine import Machine, passed
from peer.cable import Cable
from peer.lan import ADDRESS, CARD, DNSMASQ, Lan
from ssh_client import Client

ADDRESS6, PORT = "fd07::1", 9000
RECORDS = [f"--host-record=four.lan.example,{ADDRESS}", f"--host-record=six.lan.example,{ADDRESS6}",
           f"--host-record=both.lan.example,{ADDRESS},{ADDRESS6}",
           f"--host-record=dead.lan.example,{ADDRESS},fd07::77", "--cname=alias.lan.example,four.lan.example"]
SERVER = [*DNSMASQ, "--domain=lan.example", "--local=/example/", "--enable-ra", "--dhcp-authoritative",
          "--dhcp-range=10.7.0.50,10.7.0.60,600", "--dhcp-range=fd07::,ra-only,64", *RECORDS]
# Says by which version it was called.
TELLER = f"""
import socket, threading
def tell(family, address, word):
    server = socket.create_server((address, {PORT}), family=family)
    while True:
        with server.accept()[0] as one:
            one.sendall(word)
threading.Thread(target=tell, args=(socket.AF_INET, "{ADDRESS}", b"by four")).start()
tell(socket.AF_INET6, "::", b"by six")
"""


def forward(lan, client, key, address, target):
    """What is heard of, 8 bytes at most, or else said of, a connection there that is forwarded."""
    more = ("-o", "LogLevel=INFO", "-o", "HostKeyAlias=board", "-W", target)
    words = [word.replace("127.0.0.1", address) for word in client.words(key=key, user="root", more=more)["args"]]
    return lan.run("sh", "-c", '"$@" < /dev/null | head -c 8', "sh", *words)


def check(lan, client, key, address):
    def said(target):
        return forward(lan, client, key, address, target)
    for name, wanted in (("four", "by four"), ("six", "by six"), ("both", "by six"), ("dead", "by four"),
                         ("alias", "by four")):
        heard = said(f"{name}.lan.example:{PORT}")
        assert heard.startswith(wanted), (name, heard)
    assert said(f"four:{PORT}").startswith("by four")
    passed("names that a server knows lead there by IPv6 first, by IPv4 where nobody answers, and by an alias")
    for name in "ferrite", "localhost":
        assert said(f"{name}:22").startswith("SSH-2.0-"), name
    passed("names of /etc/hosts lead to the machine itself")
    assert "connect failed: No such file or directory" in said(f"none.lan.example:{PORT}")
    assert "connect failed: Connection refused" in said("four.lan.example:1")
    passed("a name that nobody knows, and one where nobody listens, are told apart")


def check_addresses(lan, client, key, address):
    link, = re.findall(r"inet6 (fe80::\S+)/", lan.run("ip", "-6", "addr", "show", "dev", CARD))
    for target in ADDRESS6, f"{link}%ether0", link:
        heard = forward(lan, client, key, address, f"[{target}]:{PORT}")
        assert heard.startswith("by six"), (target, heard)
    heard = forward(lan, client, key, address, f"[{link}%ether7]:{PORT}")
    assert "connect failed: " in heard, heard
    passed("addresses of IPv6 are reached, those of the link with the card's name and without it")


with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Cable() as cable, Lan(cable) as host:
    host.run("ip", "addr", "add", f"{ADDRESS6}/64", "dev", CARD, "nodad")
    host.start("dnsmasq", *SERVER)
    host.start("teller", sys.executable, "-c", TELLER)
    with cable.attach(Machine(), 0) as guest:
        guest.login(user="root")
        guest.run("until ip addr | grep -q 'address 10.7' && ip addr | grep -q 'address fd07'; do sleep 0.1; done")
        guest.wait_listener(22)
        own, = re.findall(r"address (10\.7\.0\.\d+)", guest.run("ip addr"))
        user = Client(folder, 22)
        mine = user.admit(guest)
        check(host, user, mine, own)
        check_addresses(host, user, mine, own)
