# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: dnsmasq chrony lan
"""A machine whose clock is years behind gets the time of chrony, of which DHCP told; a server that answers an earlier
request, and one that gives a kiss of death, change nothing. Names are looked for in the domain that DHCP tells."""

import re
import sys
import time

from machine import Machine, passed
from peer import clocks
from peer.cable import Cable
from peer.lan import ADDRESS, CARD, DNSMASQ, Lan

STALE, DENY = "10.7.0.2", "10.7.0.3"
SERVER = [*DNSMASQ, "--domain=lan.example", "--local=/lan.example/", "--dhcp-range=10.7.0.50,10.7.0.60,120",
          f"--dhcp-option=option:ntp-server,{STALE},{DENY},{ADDRESS}", "--host-record=web.lan.example,192.0.2.1"]
CHRONY = "local stratum 5\nallow\nbindaddress {address}\ncmdport 0\nbindcmdaddress /\npidfile {folder}/chrony.pid\n"


def start_servers(lan):
    for address, kind in ((STALE, "stale"), (DENY, "deny")):
        lan.run("ip", "addr", "add", f"{address}/24", "dev", CARD)
        lan.start(kind, sys.executable, clocks.__file__, address, kind)
    with open(lan.path("chrony.conf"), "w", encoding="ascii") as file:
        file.write(CHRONY.format(folder=lan.folder, address=ADDRESS))
    lan.start("chrony", "chronyd", "-x", "-d", "-u", "root", "-f", lan.path("chrony.conf"))
    lan.start("dnsmasq", *SERVER)


def check_time(machine):
    machine.run("until grep -q 'clock set' /net/ntp; do sleep 0.2; done")
    said = int(re.search(r"at (\d+)", machine.run("echo at $(date +%s)"))[1])
    assert abs(said - time.time()) < 5, (said, time.time())
    status = machine.run("cat /net/ntp")
    assert re.search(rf"server {ADDRESS}!123 time .* stratum 5 offset -?\d+ delay \d+ chosen", status), status
    assert abs(int(re.search(r"offset (-?\d+) .*chosen", status)[1])) < 128_000_000, status
    passed("the clock is set as chrony has it, by seven years")
    machine.run(f"until grep -q '{STALE}.* wrong [2-9]' /net/ntp && grep -q '{DENY}.*never asked 1 ' /net/ntp; "
                "do sleep 0.2; done")
    said = int(re.search(r"at (\d+)", machine.run("echo at $(date +%s)"))[1])
    assert abs(said - time.time()) < 5, (said, time.time())
    passed("who answers something else is not believed, and who does not want to be asked is not")


def check_domain(machine):
    assert "search lan.example" in machine.run("cat /etc/resolv.conf")
    assert "web.lan.example a 192.0.2.1" in machine.run("exec 3<>/net/dns; echo web >&3; cat <&3")
    assert "PING web (192.0.2.1)" in machine.run("ping -c 1 -W 1 web", code=None)
    passed("names are looked for in the domain that DHCP told")


def servers(machine):
    return re.findall(r"server (\S+)!123", machine.run("cat /net/ntp"))


def check_settings(machine):
    assert servers(machine) == [STALE, DENY, ADDRESS]
    machine.run(f"ip ntp {ADDRESS}; until [ $(grep -c server /net/ntp) = 1 ]; do sleep 0.1; done")
    assert servers(machine) == [ADDRESS]
    assert f"server {ADDRESS}\n" == machine.run("cat /net/ntp.conf").replace("\r", "")
    machine.run("ip ntp; until [ $(grep -c server /net/ntp) = 3 ]; do sleep 0.1; done")
    assert "Invalid argument" in machine.run("ip ntp somebody", code=1)
    passed("servers that are chosen take the place of those that DHCP told, at once")
    assert "Read-only file system" in machine.run(f"echo server {ADDRESS} 2>&1 >/etc/ntp.conf", code=1)
    assert "Read-only file system" in machine.run("chmod 0 /etc/ntp.conf", code=1)
    machine.run(f"kill -9 {machine.pid_of('ip')}; until ip a | grep -q 'address 10.7'; do sleep 0.1; done")
    machine.run(f"ip ntp {STALE}; until [ $(grep -c server /net/ntp) = 1 ]; do sleep 0.1; done")
    assert servers(machine) == [STALE]
    passed("an IP service that was started anew is listened to, too")


with Cable() as cable, Lan(cable) as lan:
    start_servers(lan)
    machine = cable.attach(Machine(), 0)
    machine.line += " -rtc base=2019-03-04T05:06:07"
    with machine:
        machine.login(user="root")
        check_time(machine)
        check_domain(machine)
        check_settings(machine)
