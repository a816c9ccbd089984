# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""Two cards in two networks: one stack uses both, each for what it leads to; then the second stack, mounted at
/net.alt, has one of them, with addresses, neighbours, ways and connections of its own. And what the files of
/net tell of it."""

import re

from machine import HOST, Machine, WebServer, passed, this_board

OTHER = "10.9.0.2"  # this machine, as the second card's network has it
DEVICE = "virtio-net-pci" if this_board().startswith("qemu-pc") else "virtio-net-device"
SECOND = (f"-netdev user,id=net1,net=10.9.0.0/24,ipv6-net=fec0:9::/64 "
          f"-device {DEVICE},netdev=net1,mac=52:54:00:09:00:01")
ALT = "unshare -b /net.alt=/net"


def card_with(machine, address, net="/net"):
    """The name of the card that has this address, once it has."""
    machine.run(f"until grep -q 'address {address} ' {net}/interfaces; do sleep 0.1; done")
    text = machine.run(f"cat {net}/interfaces")
    return re.search(rf"(?ms)^(ether\d) (?:(?!^ether).)*address {re.escape(address)} ", text)[1]


def check_both(machine, web):
    run = machine.run
    first, second = card_with(machine, "10.0.2.15"), card_with(machine, "10.9.0.15")
    assert {first, second} == {"ether0", "ether1"}
    run(f"ping -c 1 {HOST} && ping -c 1 {OTHER}")
    for host in (HOST, OTHER):
        assert run(f"wget -q -O - http://{host}:{web.port}/text").strip() == "content"
    arp, routes = run("cat /net/arp"), run("cat /net/iproute")
    assert re.search(rf"(?m)^{first} {HOST} (..:){{5}}..$", arp), arp
    assert re.search(rf"(?m)^{second} {OTHER} (..:){{5}}..$", arp), arp
    assert f"10.0.2.0/24 {first}" in routes and f"10.9.0.0/24 {second}" in routes, routes
    assert routes.count("0.0.0.0/0 ") == 1
    passed("each of two cards is used for its own network")
    return first, second


def check_links(machine, first, second):
    """Both networks have a router of the same name."""
    run, router = machine.run, "fe80::2"
    for card in first, second:
        run(f"until grep -q '^fe80::.* {card}$' /net/ipselftab; do sleep 0.1; done")
        run(f"ping -6 -c 1 {router}%{card}")
        run(f"until grep -q '^{card} {router} ' /net/ndp; do sleep 0.1; done")
    said = run(f"ping -6 -c 1 {router}", code=1)
    assert "Invalid argument" in said, said
    run(f"ping -6 -c 1 {router}%ether7", code=1)
    for scope, why in ("", "Invalid argument"), ("%ether7", "No such device"), ("%99", "No such device"):
        said = run(f"exec 5<> /net/tcp/clone; echo 'connect {router}{scope}!1' >&5", code=1)
        assert why in said, (scope, said)
    said = run(rf"exec 5<> /net/tcp/clone; printf 'connect {router}%ether0!1\0' | cat >&5", code=1)
    assert "Invalid argument" in said, said
    passed("an address of a link leads to the card that is named with it, and says so when none is")


def check_files(machine, second):
    run = machine.run
    local = run("cat /net/ipifc/*/local")
    assert {"127.0.0.1", "10.0.2.15", "10.9.0.15"} <= set(local.split()), local
    number = run(f"grep -l '^{second} ' /net/ipifc/*/status").strip().split("/")[3]
    assert "ether 52:54:00:09:00:01" in run(f"cat /net/ipifc/{number}/status")
    assert run(f"cat /net/{second}/addr").strip() == "525400090001"
    stats = dict(re.findall(r"(?m)^([\w ]+): (\d+)", run(f"cat /net/{second}/stats")))
    assert int(stats["in"]) > 2 and int(stats["out"]) > 2 and int(stats["in bytes"]) > 100, stats
    assert f"10.9.0.15 {second}" in run("cat /net/ipselftab")
    before = int(re.search(r"ActiveOpens: (\d+)", run("cat /net/tcp/stats"))[1])
    run(f"nc -z {HOST} 1", code=1)
    after = run("cat /net/tcp/stats")
    assert int(re.search(r"ActiveOpens: (\d+)", after)[1]) == before + 1
    assert re.search(r"InEchoReps: [1-9]", run("cat /net/icmp/stats"))
    assert re.search(r"InReceives: [1-9]", run("cat /net/ipifc/stats"))
    assert "InDatagrams: " in run("cat /net/udp/stats")
    run(f"echo 'add 192.0.2.77/24' > /net/ipifc/{number}/ctl && grep -q 192.0.2.77 /net/ipselftab")
    run(f"echo 'add fec0:77::1/64' > /net/ipifc/{number}/ctl")
    run("until grep -q fec0:77::1 /net/ipselftab; do sleep 0.1; done")
    run(f"echo 'remove fec0:77::1' > /net/ipifc/{number}/ctl; ! grep -q fec0:77::1 /net/ipselftab")
    for wrong in ("add 1.2.3.4", "add x/24", "remove 9.9.9.9", "nothing", "mtu 67", "mtu 1501", "add fec0:77::1/65"):
        said = run(f"echo '{wrong}' > /net/ipifc/{number}/ctl", code=1)
        assert re.search("Invalid argument|not available", said), wrong
    run(f"echo dhcp > /net/ipifc/{number}/ctl")
    card_with(machine, "10.9.0.15")
    passed("the files of /net tell of interfaces, neighbours, ways and what was counted")


def check_alt(machine, web, second):
    run = machine.run
    assert run("cat /net.alt/interfaces | grep -c ether", code=1).strip() == "0"
    assert "No such device" in run("echo unbind ether7 > /net/ctl", code=1)
    run(f"echo unbind {second} > /net/ctl")
    assert second not in run("cat /net/interfaces /net/iproute /net/arp; ls /net")
    run(f"echo bind {second} > /net.alt/ctl")
    assert card_with(machine, "10.9.0.15", "/net.alt") == second
    run(f"{ALT} ping -c 1 {OTHER} && ping -c 1 {HOST}")
    assert run(f"{ALT} wget -q -O - http://{OTHER}:{web.port}/text").strip() == "content"
    assert "10.0.2" not in run("cat /net.alt/ipselftab /net.alt/arp")
    passed("a second stack, with a card of its own, stands beside the first")
    run("(echo one | nc -l -p 7500) & until grep -q '!7500' /net/tcp/*/local; do sleep 0.1; done")
    run(f"{ALT} nc -w 3 127.0.0.1 7500 < /dev/null", code=1)
    run(f"({ALT} sh -c 'echo other | nc -l -p 7500') & "
        "until grep -q '!7500' /net.alt/tcp/*/local; do sleep 0.1; done 2>&1 | grep -v 'No such'", code=None)
    assert "one" in run("nc 127.0.0.1 7500 < /dev/null")
    assert "other" in run(f"{ALT} nc 127.0.0.1 7500 < /dev/null")
    passed("the same port of both is two ports")
    run(f"echo unbind {second} > /net.alt/ctl && echo bind {second} > /net/ctl")
    assert card_with(machine, "10.9.0.15") == second
    run(f"ping -c 1 {OTHER}")
    passed("the card comes back to the first")


with Machine(extra=SECOND) as guest, WebServer({"/text": b"content\n"}) as server:
    guest.login(user="root")
    guest.run("services stop sshd sshd.brief")
    guest.reach()
    other, card = check_both(guest, server)
    check_links(guest, other, card)
    check_files(guest, card)
    check_alt(guest, server, card)
