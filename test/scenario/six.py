# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""IPv6: addresses come from the router, a temporary one beside the card's; connections use that; names that have
addresses of both kinds lead there by IPv6 first, by IPv4 where IPv6 does not go, and at once where there is none;
programs see addresses of the link."""

import http.server
import re
import socket

from machine import HOST, Background, Machine, WebServer, passed

ROUTER, PREFIX = "fec0::2", "fec0::"


class Server6(Background, http.server.ThreadingHTTPServer):
    """Serves the word `six` at this machine's ::1, which the guest sees as the router's address."""
    address_family = socket.AF_INET6

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"six\n")

        def log_message(self, format, *arguments):
            pass

    def __init__(self, port):
        super().__init__(("::1", port), self.Handler)


def addresses(machine):
    """Of the first card: each with what is said of it."""
    return re.findall(r"(?m)^\taddress (\S*:\S*)(.*)$", machine.run("cat /net/interfaces"))


def check_addresses(machine):
    run = machine.run
    run(f"until grep -q '{PREFIX}.* temporary$' /net/interfaces; do sleep 0.2; done")
    own = [address for address, rest in addresses(machine) if address.startswith(PREFIX) and not rest]
    temporary = [address for address, rest in addresses(machine) if rest == " temporary"]
    assert own == [PREFIX + "5054:ff:fe12:3456"] and len(temporary) == 1, addresses(machine)
    assert "ff:fe12" not in temporary[0]
    run(f"ping -6 -c 1 {ROUTER}")
    assert re.search(rf"(?m)^ether0 {ROUTER} ..:..:..:..:..:.. reachable", run("cat /net/ndp"))
    routes = run("cat /net/iproute")
    assert f"{PREFIX}/64 ether0" in routes and "::/0 ether0 fe80::2" in routes, routes
    passed("an address comes from the router, and a temporary one beside it")
    return temporary[0]


def check_source(machine, port, temporary):
    run = machine.run
    assert run(f"wget -q -O - 'http://[{ROUTER}]:{port}/'").strip() == "six"
    run(f"sleep 1000 | nc {ROUTER} {port} &")
    run(f"until grep -q '^{ROUTER}!{port}' /net/tcp/*/remote 2> /dev/null; do sleep 0.1; done")
    local = run(f"cat $(grep -l '^{ROUTER}!{port}' /net/tcp/*/remote 2> /dev/null | head -1 | sed 's/remote/local/')")
    assert local.startswith(temporary + "!"), (local, temporary)
    number = run("cat /net/ipifc/*/status | grep -c temporary")
    assert number.strip() == "1"
    run("echo privacy off > /net/ipifc/1/ctl && ! grep -q temporary /net/interfaces")
    assert "Invalid argument" in run("echo privacy maybe > /net/ipifc/1/ctl", code=1)
    run("echo privacy on > /net/ipifc/1/ctl; until grep -q temporary /net/interfaces; do sleep 0.2; done")
    assert temporary not in run("cat /net/interfaces")
    passed("connections come from it, and it can be had anew or not at all")


def check_link(machine):
    said = machine.run("ping -6 -c 1 fe80::2%ether0 && ping -6 -c 1 fe80::2")
    assert said.count("ttl=255 ") == 2, said
    passed("an address of the link is spoken to by the card's name, and without it, since there is one card")


def check_scopes(machine):
    said = machine.run("/test/scopes")
    assert "FAIL" not in said and said.count("PASS") == 6, said
    passed("programs are told the link with addresses of one, and read and write its name")


def named(machine, *lines):
    """A namespace in which /etc/hosts has these lines."""
    machine.run("printf '%s\\n' " + " ".join(f"'{line}'" for line in lines) + " > /tmp/hosts")
    return "unshare -b /tmp/hosts=/etc/hosts"


def check_silent(machine):
    said = machine.run(f"wget -q -O - 'http://[{PREFIX}77]/'", code=1)
    assert "Host is unreachable" in said, said
    passed("a call to a neighbour who answers no question fails, and says why")


def check_names(machine, web):
    inside = named(machine, f"{HOST} both", f"{ROUTER} both")
    with Server6(web.port):
        assert machine.run(f"{inside} curl -s http://both:{web.port}/text").strip() == "six"
    passed("a name with both kinds of addresses leads there by IPv6")
    assert machine.run(f"{inside} curl -s http://both:{web.port}/text").strip() == "four"
    passed("and by IPv4, where nobody listens at the other")


def check_none(machine, web):
    inside = named(machine, f"{HOST} both", "2001:db8::1 both")
    assert machine.run(f"{inside} curl -s http://both:{web.port}/text").strip() == "four"
    assert "unreachable" in machine.run(f"wget -q -O - 'http://[2001:db8::1]:{web.port}/text'", code=1)
    passed("without IPv6 a name with both leads there by IPv4 at once")


with WebServer({"/text": b"four\n"}) as server:
    with Machine() as guest:
        guest.login(user="root")
        guest.reach()
        mine = check_addresses(guest)
        with Server6(0) as other:
            check_source(guest, other.server_address[1], mine)
        check_link(guest)
        check_scopes(guest)
        check_silent(guest)
        check_names(guest, server)
    alone = Machine()
    alone.line = alone.line.replace("user,id=net0", "user,id=net0,ipv6=off")
    with alone:
        alone.login(user="root")
        alone.reach()
        check_none(alone, server)
