# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# needs: dnsmasq lan
# waits
"""Where the router says that a server gives addresses, one is got by DHCPv6 from dnsmasq, used, renewed, confirmed
when the cable was out, and given back."""

import re
import time

from machine import LIMIT, Machine, Monitor, passed
from peer.cable import Cable
from peer.lan import CARD, DNSMASQ, Lan

ROUTER, FIRST, LAST = "fd07::1", "fd07::100", "fd07::1ff"
SERVER = [*DNSMASQ, "--port=0", "--log-dhcp", "--enable-ra", f"--ra-param={CARD},4,60",
          "--dhcp-option=option6:domain-search,lan.example,example"]
LEASE = 120  # seconds: the shortest that dnsmasq gives


def leased(machine):
    return re.findall(r"(?m)^\taddress (fd07::1\S+) leased$", machine.run("cat /net/interfaces"))


def wait_for(lan, pattern, count=1):
    """Until dnsmasq has said that so often."""
    until = time.monotonic() + LIMIT
    while len(re.findall(pattern, lan.said("dnsmasq"))) < count:
        assert time.monotonic() < until, (pattern, lan.said("dnsmasq"))
        time.sleep(0.5)


def check_lease(machine, lan):
    machine.run("until grep -q leased /net/interfaces; do sleep 0.2; done")
    address, = leased(machine)
    assert f"DHCPREPLY({CARD}) {address} " in lan.said("dnsmasq")
    machine.run(f"ping -6 -c 1 {ROUTER}")
    status = machine.run("cat /net/interfaces")
    assert status.count("fd07:") == 1, status
    assert "search lan.example example\n" in machine.run("cat /net/resolv.conf")
    passed("an address comes from the server that the router names, and is used")
    return address


def check_renewal(machine, lan, address):
    wait_for(lan, rf"DHCPRENEW\({CARD}\)")
    assert leased(machine) == [address]
    passed("it is renewed where it came from")


def check_confirmation(machine, lan, monitor, address):
    for up in False, True:
        monitor.ask("set_link", name="net0", up=up)
        machine.run(f"until grep -q '^ether0 {'up' if up else 'down'}' /net/interfaces; do sleep 0.2; done")
    wait_for(lan, rf"DHCPCONFIRM\({CARD}\)")
    assert leased(machine) == [address]
    passed("when the cable was out it is asked whether the address fits")


def check_release(machine, lan, address):
    machine.run("echo unbind ether0 > /net/ctl")
    wait_for(lan, rf"DHCPRELEASE\({CARD}\)")
    assert not leased(machine)
    machine.run("echo bind ether0 > /net/ctl; until grep -q leased /net/interfaces; do sleep 0.2; done")
    assert leased(machine) == [address]
    passed("it is given back with its card, and got again")


with Cable() as cable, Lan(cable) as lan:
    lan.run("ip", "addr", "add", f"{ROUTER}/64", "dev", CARD, "nodad")
    lan.start("dnsmasq", *SERVER, f"--dhcp-range={FIRST},{LAST},64,{LEASE}")
    board = cable.attach(Machine(), 0)
    emulator = Monitor(board)
    with board as guest:
        guest.login(user="root")
        mine = check_lease(guest, lan)
        check_renewal(guest, lan, mine)
        check_confirmation(guest, lan, emulator, mine)
        check_release(guest, lan, mine)
