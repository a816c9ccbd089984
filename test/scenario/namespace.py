# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw qemu-virt-riscv64/raw/qemu
"""Namespaces: folders that are united list and open as their order says, new files go where they may, and what was
bound is taken away again."""

from machine import Machine, passed


def check_unions(machine):
    run = machine.run
    run("cd /tmp && mkdir a b c a/sub b/sub")
    run("echo a > a/one && echo b > b/one && echo b > b/two && echo b > b/sub/deep")
    run("bind -a b a")
    assert run("cat a/one a/two").split() == ["a", "b"], "the first part wins, the second is asked"
    assert sorted(run("ls -1 a | cat").split()) == ["one", "one", "sub", "sub", "two"]
    run("[ ! -e a/sub/deep ]")  # the first part has `sub`, and decides
    assert "not permitted" in run("echo new > a/new", code=1)
    run("unmount b a && [ ! -e a/two ] && echo new > a/new && rm a/new")
    assert "/tmp/a" not in run("ns")
    passed("a union opens the first part's names, and makes none where it may not")

    run("bind -b -c b a && echo new > a/new && mkdir a/dir && [ -e b/new ] && [ -d b/dir ]")
    assert run("cat a/one").strip() == "b"
    run("mv a/new a/newer && [ -e b/newer ] && mv a/dir/../one a/uno && cat b/uno && rm a/newer && rmdir a/dir && ls b")
    run("echo through > a/sub/made && [ -e b/sub/made ]")
    said = run("ns | grep /tmp/a")
    assert said.split("\n")[:2] == ["bind /tmp/a /tmp/a", "bind -b -c /tmp/b /tmp/a"], said
    run("bind a c && [ -e c/uno ] && [ -e c/two ] && unmount c && unmount a && [ ! -e a/uno ]")
    passed("new files go to the part that is marked, and a union is bound as a whole")

    run("bind b a && [ -e a/two ] && [ ! -e a/one ] && unmount a && bind /dev c && [ -c c/null ] && [ -c c/console ]")
    run("unmount c && bind -a -c b a && bind -b b/sub a && bind /tmp c && ls a > as && ls c/a | diff as - && unmount c")
    run("unshare -k /bin -k /tmp ls /tmp/a | diff as - && unmount a && bind /dev c")
    run("unmount c && [ ! -e c/null ] && [ ! -e c/console ]")
    assert "nothing is mounted there" in run("unmount c", code=1)
    assert "Is a directory" in run("bind a/one c", code=1)
    assert "No such file" in run("bind none c", code=1)
    assert "usage" in run("bind -a -b a b", code=2)
    passed("what is mounted in a folder comes along when that is bound, and goes with it")


def check_services(machine):
    run = machine.run
    names = run("ls /srv | cat").split()
    assert {"root", "dev", "tmp", "proc", "power", "uart0"} <= set(names), names
    run("mkdir /tmp/m && mount /srv/tmp /tmp/m && [ -d /tmp/m/a ] && unmount /tmp/m")
    run("/test/posted /srv/hello & until test -e /srv/hello; do sleep 0.1; done")
    run("mount /srv/hello /tmp/m && [ -f /tmp/m/hello ]")
    assert "hello from" in run("cat /tmp/m/hello")
    assert "hello from" in run("unshare sh -c 'unmount /tmp/m; mount /srv/hello /tmp/c; cat /tmp/c/*'")
    assert "File exists" in run("/test/posted /srv/hello", code=1)
    assert "unmount" in run("unmount /tmp/m && rm /srv/hello && ls /srv/hello; unmount /tmp/m", code=1)
    passed("a service is posted in /srv, and mounted by who may read it there")


def check_script(machine):
    run = machine.run
    lines = [line for line in run("ns").splitlines() if line]
    assert lines[0] == "#!/bin/sh" and "mount /srv/root /" in lines and "mount /srv/tmp /tmp" in lines, lines
    assert not any(line.startswith("# ") for line in lines), lines
    run("bind -a -c /tmp/b /tmp/a && ns > /tmp/ns && unshare -f /tmp/ns ns > /tmp/again")
    run("diff /tmp/ns /tmp/again && unshare -f /tmp/ns [ -e /tmp/a/two ] && unmount /tmp/a")
    run("sh -e /tmp/ns && [ -e /tmp/a/two ] && unmount /tmp/a")
    passed("the text of a namespace makes it anew")


def check_of_process(machine):
    """/proc/<pid>/ns of a process whose namespace was put together from another one's, changed inside, and parted."""
    run = machine.run
    run("cd /tmp && mkdir one two three one/deep && echo 1 > one/1 && echo 2 > two/2 && echo 3 > three/3")
    run("/test/posted /tmp/../srv/later & until test -e /srv/later; do sleep 0.1; done")
    inside = ("bind /data /a; bind -b /tmp/two /a; bind -a -c /tmp/three /a; bind /a /b; bind /tmp/two /c; bind /c /d; "
              "bind /tmp/three /c; unmount /dev/null; mount /srv/later /e; ")
    look = "cat /a/1 /a/2 /a/3 /b/3 /d/2 /c/3 && [ -d /data/deep ] && cat /e/hello && ls /a | cat"
    run(f"echo '{look}' > look && echo '{inside} sh /tmp/look > /tmp/said; : > /tmp/there; sleep 1000' > inside")
    run("unshare -k /bin -k /tmp -k /dev -k /srv -b /tmp/one=/data sh /tmp/inside & "
        "until test -e there; do sleep 0.1; done")
    run("ns $! > names && cat names")
    run("unshare -f names ns > again && diff names again && unshare -f names sh look > seen && diff said seen")
    said = run("cat seen").split()
    assert said[:6] == ["1", "2", "3", "3", "2", "3"] and "hello from" in " ".join(said), said
    run("unshare -f names [ -e /etc ] || unshare -f names [ ! -e /dev/zero ]", code=1)  # it had no /etc
    united = run("grep '/a$' names").splitlines()
    assert united[:3] == ["bind /data /a", "bind -b /tmp/two /a", "bind -a -c /tmp/three /a"], united
    assert run("ns $$ > own && ns | diff - own") is not None
    run("kill $!; rm /srv/later; cat /proc/1/ns | head -3 && ns 1 | grep '^mount /srv/dev /dev$'")
    assert "cannot be read" in run("ns 99999", code=1) and "usage" in run("ns x", code=2)
    passed("a process's namespace is made anew from its file, with the order and marks of its unions")


with Machine() as machine:
    machine.login()
    check_unions(machine)
    check_services(machine)
    check_script(machine)
    check_of_process(machine)
