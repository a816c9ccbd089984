# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: dnsmasq lan
# waits
"""What is named before there is an address waits for it, and is told why it cannot be found when none comes. dnsmasq
gives an address and name servers, and renews them; it answers questions about names of every kind, by
/net/dns, /net/cs and the C library: aliases, an answer that takes a stream, what is remembered, servers that say
nothing."""

import re
import sys
import time

from machine import LIMIT, Machine, passed
from peer.cable import Cable
from peer.lan import ADDRESS, CARD, DNSMASQ, Lan

SILENT, CROWD = "10.7.0.9", 100
MANY = [f"192.0.2.{i}" for i in range(1, 61)]
RECORDS = [f"--host-record=host.lan.example,{ADDRESS}", "--host-record=web.lan.example,192.0.2.1",
           "--host-record=both.example,192.0.2.7,2001:db8::7",
           "--cname=alias.example,other.example", "--cname=other.example,web.lan.example",
           "--mx-host=example,mail.example,10", "--txt-record=text.example,a text",
           "--ptr-record=9.2.0.192.in-addr.arpa,nine.example", "--srv-host=_x._tcp.example,web.lan.example,80",
           *(f"--host-record=many.example,{address}" for address in MANY)]
SERVER = [*DNSMASQ, "--log-queries", "--log-dhcp", "--domain=lan.example", "--local-ttl=60", "--auth-ttl=60",
          "--local=/example/", "--dhcp-authoritative", "--dhcp-range=10.7.0.50,10.7.0.60,120",
          "--dhcp-option-force=58,4", "--dhcp-option-force=59,8", *RECORDS]


def wait(lan, pattern, count=1):
    """Until dnsmasq has said that so often."""
    until = time.monotonic() + LIMIT
    while len(re.findall(pattern, lan.said("dnsmasq"))) < count:
        assert time.monotonic() < until, (pattern, lan.said("dnsmasq"))
        time.sleep(0.1)


def check_nobody():
    with Machine() as machine:
        machine.login(user="root")
        machine.run("echo unbind ether0 >/net/ctl; ip dns")
        assert "Network unreachable" in machine.run("echo web.lan.example >/net/dns", code=1)
        assert "Network unreachable" in machine.run("wget -O - http://web.lan.example/", code=1)
        assert "there is no name server" in machine.run("dmesg")
        passed("without a network a name is not waited for, and it is told why")


def check_early(machine, lan):
    """DHCP answers only when the question was asked, at the first prompt. It is asked again: a busy host may take so
    long to get there that no answer is expected any more."""
    assert "nameserver" not in machine.run("cat /net/resolv.conf")
    machine.line_send("ip dhcp ether0; wget -q -O - http://host.lan.example/greeting; echo \"en\"\"ded:$?:\"")
    lan.start("dnsmasq", *SERVER)
    assert machine.expect(r"(?s)hello early.*ended:(\d+):")[1] == "0"
    machine.expect(r"[$#] ")
    passed("a name that is asked for before there is an address waits for it")


def check_lease(machine, lan):
    machine.run("until ip addr | grep -q 'address 10.7'; do sleep 0.1; done")
    address = re.search(r"address (10\.7\.0\.\d+)", machine.run("ip addr"))[1]
    assert f"nameserver {ADDRESS}" in machine.run("cat /etc/resolv.conf")
    wait(lan, rf"DHCPACK\({CARD}\) {address} \S+ ferrite")
    passed("dnsmasq gives an address, and is told the machine's name")
    def count(what):
        return len(re.findall(what, lan.said("dnsmasq")))
    begun = count("DHCPDISCOVER")
    wait(lan, rf"DHCPACK\({CARD}\) {address}", count("DHCPACK") + 1)
    assert count("DHCPDISCOVER") == begun
    assert f"address {address}" in machine.run("ip addr")
    passed("the address is renewed before its time is over, without asking for another")


def asked(lan, name):
    return len(re.findall(rf"query\[\w+\] {re.escape(name)} from", lan.said("dnsmasq")))


def check_questions(machine, lan):
    def ask(question, code=0):
        return machine.run(f"echo {question} >&3 && cat <&3", code=code)
    machine.run("exec 3<>/net/dns 4<>/net/cs")
    assert "web.lan.example a 192.0.2.1\n" in ask("web.lan.example")
    said = ask("both.example")
    assert "both.example a 192.0.2.7\n" in said and "both.example aaaa 2001:db8::7\n" in said, said
    assert "2001" not in ask("both.example a")
    said = ask("alias.example a")
    assert ["alias.example cname other.example", "other.example cname web.lan.example",
            "web.lan.example a 192.0.2.1"] == re.findall(r"^\S+ (?:cname|a) \S+$", said, re.MULTILINE), said
    for question, answer in (("example mx", "example mx 10 mail.example"),
                             ("text.example txt", "text.example txt a text"),
                             ("192.0.2.9 ptr", "9.2.0.192.in-addr.arpa ptr nine.example"),
                             ("_x._tcp.example srv", "_x._tcp.example srv 0 0 80 web.lan.example")):
        assert answer + "\n" in ask(question), question
    assert "No such file" in ask("none.example", code=1)
    assert "No data" in ask("both.example mx", code=1)
    for wrong in ("both.example nothing", "a..b", "web.lan.example a b"):
        assert "Invalid argument" in ask(f"'{wrong}'", code=1)
    said = ask("many.example a")
    assert all(f"many.example a {address}\n" in said for address in MANY), said
    passed("every kind of question is answered, by a stream too")
    before = asked(lan, "both.example"), asked(lan, "none.example")
    ask("BOTH.example")
    ask("none.example", code=1)
    assert before[0] == asked(lan, "both.example")
    passed("what is known is not asked for again")


def check_connections(machine):
    def connect(text, code=0):
        return machine.run(f"echo '{text}' >&4 && cat <&4", code=code)
    assert "/net/tcp/clone 192.0.2.1!80\n" in connect("tcp!alias.example!http")
    said = connect("udp!both.example!ntp")
    assert "/net/udp/clone 192.0.2.7!123\n" in said and "/net/udp/clone 2001:db8::7!123\n" in said
    assert "/net/tcp/clone 10.0.0.1!99\n" in connect("net!10.0.0.1!99")
    assert "/net/icmp/clone 192.0.2.1\n" in connect("icmp!web.lan.example")
    assert "No such file" in connect("tcp!web.lan.example!nothing", code=1)
    for wrong in ("tcp", "tcp!a", "x!a!1", "tcp!a!1!2", "icmp!a!1"):
        assert "Invalid argument" in connect(wrong, code=1), wrong
    passed("what to connect to is told as files and addresses")


def check_library(machine):
    for name, address in (("alias.example", "192.0.2.1"), ("many.example", "192.0.2."), ("ferrite", "127.0.0.1")):
        assert f"PING {name} ({address}" in machine.run(f"ping -c 1 -W 1 {name}", code=None)
    assert "PING both.example (2001:db8::7)" in machine.run("ping -6 -c 1 -W 1 both.example", code=None)
    assert "bad address" in machine.run("ping -c 1 none.example", code=1)
    passed("the C library asks the name service")


def check_servers(machine, lan):
    machine.run(f"ip dns {SILENT} {ADDRESS}")
    machine.run("kill $(ps | sed -n 's/^ *\\([0-9]*\\) .* dns$/\\1/p'); until [ -e /net/dns ]; do sleep 0.1; done")
    machine.run("exec 3<>/net/dns")
    assert "192.0.2.7" in machine.run("echo both.example >&3 && cat <&3")
    passed("when one server says nothing the next is asked, by a service that was started again")
    machine.run(f"ip dns {SILENT}")
    machine.run(f"i=0; while [ $i -lt {CROWD} ]; do sh -c \"echo silent$i.example a >/net/dns\" 2>>/tmp/said & "
                "i=$((i + 1)); done; wait")
    said = machine.run("cat /tmp/said")
    assert said.count("unreachable") == CROWD, said
    passed("a hundred questions are asked at a time, and each is told that nobody answers")
    machine.run(f"ip dns {ADDRESS}")
    lan.stop("dnsmasq")
    assert "unreachable" in machine.run("echo web.lan.example >&3", code=1)
    passed("a question that no server answers comes to an end")


check_nobody()
with Cable() as cable, Lan(cable) as lan:
    with open(lan.path("greeting"), "w", encoding="ascii") as file:
        file.write("hello early\n")
    lan.start("web", sys.executable, "-m", "http.server", "--bind", ADDRESS, "--directory", lan.folder, "80")
    with cable.attach(Machine(), 0) as machine:
        machine.login(user="root")
        check_early(machine, lan)
        check_lease(machine, lan)
        check_questions(machine, lan)
        check_connections(machine)
        check_library(machine)
        check_servers(machine, lan)
