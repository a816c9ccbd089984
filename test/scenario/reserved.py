# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""Ports below 1024 are for user 0, and for who was given one by user 0: by a view of the network that names it. No user
makes that of her own, here or by another machine's network; and who was given one still has it when the IP service was
started anew."""

from machine import Machine, passed

DENIED = "Permission denied"


def bind(port, net="/net", protocol="tcp"):
    """Commands of a shell that have this port for as long as they run."""
    command = f"exec 5<>'{net}/{protocol}/clone' && echo 'bind *!{port}' >&5"
    return f"({command} && echo 'announce 1' >&5)" if protocol == "tcp" else f"({command})"


def refused(machine, port, *where):
    said = machine.run(bind(port, *where), code=1)
    assert DENIED in said, said


def by_a_user(machine):
    run = machine.run
    for port in 1, 80, 1023:
        for options in ("", "-s 127.0.0.1", "-s ::1", "-u"):
            said = run(f"nc {options} -l -p {port}", code=1)
            assert DENIED in said, (port, options, said)
    for protocol in "tcp", "udp":
        refused(machine, 1023, "/net", protocol)
        run(bind(1024, "/net", protocol))
    run("nc -l -p 1024 >/tmp/came & until echo there | nc 127.0.0.1 1024; do sleep 0.1; done; wait; "
        "grep there /tmp/came")
    passed("a user listens at no port below 1024, and at those from there on")
    for rules in "tcp!listen!81", "tcp!listen!*", "tcp":
        refused(machine, 81, f"/net/view/{rules}")
        said = run(f"unshare -b '/net/view/{rules}=/net' nc -l -p 81", code=1)
        assert DENIED in said, (rules, said)
    refused(machine, 53, "/net/view/udp!listen!53", "udp")
    run(bind(8081, "/net/view/tcp!listen!8081"))
    passed("a view that the user makes gives none")
    assert run("exportfs /net 2>&1", code=1) == f"exportfs: port 564: {DENIED}\n"
    run("(exportfs -w -p 5640 /net >/tmp/none 2>&1 &)")
    machine.wait_listener(5640)
    run("import 127.0.0.1:5640 /net.alt")
    refused(machine, 81, "/net.alt")
    refused(machine, 81, "/net.alt/view/tcp!listen!81")
    run(bind(8081, "/net.alt"))
    passed("nor does a network that is imported from who may not")


def by_zero(machine):
    run = machine.run
    run("services stop httpd; while nc -z 127.0.0.1 80; do sleep 0.1; done")
    for port in 1, 80, 1023:
        run(bind(port))
        run(bind(port, "/net", "udp"))
    run("nc -l -p 80 >/tmp/root & until echo there | nc 127.0.0.1 80; do sleep 0.1; done; wait; grep there /tmp/root")
    run(bind(81, "/net/view/tcp"))
    run("services start httpd")
    passed("user 0 listens at any")


def by_gift(machine):
    """A shell of the user, with a network that user 0 gave it."""
    machine.run("mkfifo /tmp/kill /tmp/killed; chmod 666 /tmp/kill /tmp/killed")
    for path, has in (("/net", False), ("/net/view/tcp!listen!81,udp!listen!53,tcp!127.0.0.1!*", True),
                      ("/net/view/tcp,udp", False), ("/net/view/tcp!listen!*,udp", False)):
        victim = machine.pid_of("ip")
        machine.run(f"(read word </tmp/kill; kill -9 {victim}; echo >/tmp/killed) &")
        machine.line_send(f"unshare -b '{path}=/net' -u user sh")
        machine.expect(r"[$#] ")
        for is_anew in False, True:
            if is_anew:
                machine.run("echo >/tmp/kill; read word </tmp/killed")
            refused(machine, 82)
            for port, protocol in (81, "tcp"), (53, "udp"):
                if has:
                    machine.run(bind(port, "/net", protocol))
                else:
                    refused(machine, port, "/net", protocol)
        if path == "/net":
            refused(machine, 81, "/net/view/tcp!listen!81")
            machine.run("bind '/net/view/tcp!listen!81' /net")
            refused(machine, 81)
        if has:
            machine.run("nc -l -p 81 >/tmp/given & until echo there | nc 127.0.0.1 81; do sleep 0.1; done; wait; "
                        "grep there /tmp/given")
        machine.line_send("exit")
        machine.expect(r"[$#] ")
    passed("a port that user 0 names is the user's, also of the next IP service, and no other is")


def by_a_unit(machine):
    """The web server, as nobody, at the two ports that its unit names; with each service of the network."""
    for _ in range(3):
        machine.run("until wget -q -O - http://127.0.0.1/ | grep -q book.html; do sleep 0.1; done")
        machine.run("until nc -z 127.0.0.1 443; do sleep 0.1; done")
        pid = machine.pid_of("httpd")
        assert "uid 65534\n" in machine.run(f"cat /proc/{pid}/status")
        machine.run(f"kill -9 {machine.pid_of('ip')}; until [ ! -d /proc/{pid} ]; do sleep 0.1; done")
    passed("a unit that sees two ports listens there, however often the service is another one")


def own_view(machine):
    """A user's own view is hers when the service is another one, too."""
    machine.line_send("exit")
    machine.login(user="root")
    victim = machine.pid_of("ip")
    machine.run(f"(trap '' HUP; read word </tmp/kill; kill -9 {victim}; echo >/tmp/killed) &")
    machine.line_send("exit")
    machine.login()
    machine.line_send("unshare -b '/net/view/tcp!listen!81=/net' sh")
    machine.expect(r"[$#] ")
    refused(machine, 81)
    machine.run("echo >/tmp/kill; read word </tmp/killed")
    refused(machine, 81)
    machine.line_send("exit")
    machine.expect(r"[$#] ")
    passed("what a user made for herself gives nothing after a restart, either")


with Machine() as guest:
    guest.login()
    by_a_user(guest)
    guest.line_send("exit")
    guest.login(user="root")
    by_zero(guest)
    by_gift(guest)
    by_a_unit(guest)
    own_view(guest)
