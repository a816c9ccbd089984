# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""The shell and the tools pass the tests that come with their source. Of those, a part that takes seconds is run here;
TOOLS_TESTS=all runs every one, which takes many minutes. What fails is known by name, with its reason, and nothing
else may fail; nor may what is known to fail pass unnoticed."""

import io
import os
import re
import tarfile

from machine import TOP, Machine, WebServer, passed

EVERY = os.environ.get("TOOLS_TESTS") == "all"
SOURCE = os.path.join(TOP, "out/port/busybox/src")

TOOLS = "cp cut dirname du head ls mkdir mv sed tail touch xargs".split()
SHELL = "arith quoting".split()
LEAKS = {"leak", "z_slow"}  # want a shell that was built to look for leaks

# Not run: of another network, or of hundreds of millions of steps.
ELSEWHERE = {"bc", "dc", "wget", "ping", "ping6", "nc", "nslookup", "telnet"}

# Per test: why it fails.
KNOWN = {
    # Also on other systems with this configuration of the tools.
    "cpio lists hardlinks": "the tools' own",
    "cpio -p with absolute paths": "wants /usr/bin",
    "ls unicode test with unlimited codepoints": "the tools' own",
    "sed embedded NUL": "the tools' own",
    "sed NUL in command": "the tools' own",
    "sed nonexistent label": "the tools' own",
    "strings-works-like-GNU": "wants another `strings` to compare with",
    "diff of dir and fifo": "wants a FIFO in /tmp",
    "diff of file and fifo": "wants a FIFO in /tmp",
    "diff -rN does not read non-regular files": "wants a FIFO in /tmp",
    "unzip (subdir only)": "wants zip",
    "tar writing into read-only dir": "wants to be run as root",
    # The C library's.
    "awk gsub erroneous word start match": "regexec takes \\< at the start of what it is given",
    "date-timezone": "strptime has no %z",
    "glob/glob_bkslash_in_var": "glob's words about a backslash are others",
    "quoting/quoted_punct": "fnmatch's words about a backslash and a bracket are others",
    # Of the shell where there is no fork.
    "bugs/strops5_bug": "the shell's own, among its bugs",
    "misc/tickquote1": "the shell's own: it says more",
    # A process's open files are its own and its servers' business, and are not in /proc; nor has it Linux's files.
    "comm/comm": "wants /proc/<pid>/comm",
    "misc/exec": "wants /proc/<pid>/fd",
    "redir/redir_children_should_not_see_saved_fd_1": "wants /proc/self/fd",
    "redir/redir_children_should_not_see_saved_fd_2": "wants /proc/self/fd",
    "redir/redir_children_should_not_see_saved_fd_3": "wants /proc/self/fd",
    "redir/redir_exec2": "wants /proc/self/fd",
    "redir/redir_leak": "wants /proc/self/fd",
    "signals/sigquit_exec": "wants /proc/self/status",
}

# What the tests of the tools want of their surroundings, and what runs those of one tool after the other.
RUN_TOOLS = r"""
export ECHO=echo tsdir=/tmp/testsuite bindir=/tmp
OPTIONFLAGS=:$(sed -nr 's/^CONFIG_//p' .config | sed 's/=.*//' | xargs | sed 's/ /:/g'):
export OPTIONFLAGS
mkdir links
for tool in busybox $(cat every); do ln -s /bin/busybox links/$tool; done
ln -s /bin/busybox busybox
PATH=/tmp/links:$tsdir:$bindir:$PATH
is_off() {
    for feature in $(sed -n 's/^# FEATURE: //p' $1); do
        grep -q "^# $feature is not set$" $bindir/.config && return 0
    done
    return 1
}
for tool in $(cat chosen); do
    for test in $tsdir/$tool/*; do
        [ -f $test ] || continue
        is_off $test && continue
        rm -rf /tmp/work; mkdir /tmp/work; cd /tmp/work
        if d=$tsdir sh -x -e $test > /tmp/said 2>&1; then
            echo "PASS: ${test##*/}"
        else
            echo "FAIL: ${test##*/}"; cat /tmp/said
        fi
    done
    cd $tsdir
    [ ! -f $tool.tests ] || VERBOSE=1 sh ./$tool.tests 2>&1
done
"""

# As the shell's tests are run by their own script, but for what that makes of the C library's words.
RUN_SHELL = r"""
eval $(sed -e '/^#/d' -e '/^$/d' -e 's:^:export :' .config)
mkdir shell; ln -s /bin/busybox shell/hush
export PATH=/tmp/shell:$PATH THIS_SH=/tmp/shell/hush
for folder in $(cat folders); do
    cd /tmp/hush-$folder
    for test in *.tests; do
        name=${test%.tests}
        hush ./$test > /tmp/said 2>&1
        [ $? != 77 ] || continue
        sed -i "s/: invalid option /:/; s/'//g" /tmp/said
        sed "s/: invalid option /:/; s/'//g" $name.right > /tmp/wanted
        if diff -u /tmp/wanted /tmp/said; then echo "PASS: $folder/$name"; else echo "FAIL: $folder/$name"; fi
    done
done
"""


def packed(*names):
    """Files and folders of the source as an archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, where in names:
            archive.add(os.path.join(SOURCE, name), where)
    return file.getvalue()


def names():
    with open(os.path.join(TOP, "out/port/busybox/gen/links"), encoding="ascii") as file:
        return [name for name in file.read().split() if name != "["]


def judge(what, text):
    """What may fail fails, and nothing else."""
    outcome = re.findall(r"(?m)^(PASS|FAIL): ([^\r\n]*?)\r?$", text)
    ran = {name for _, name in outcome}
    failed = {name for result, name in outcome if result == "FAIL"}
    known = ran & set(KNOWN)
    assert failed == known, f"{text}\nfailed: {sorted(failed - known)}\nno longer failing: {sorted(known - failed)}"
    assert len(ran) > len(failed), text
    passed(f"{len(outcome) - len(failed)} tests of {what}, {len(failed)} known to fail")


every = names()
tools = [name for name in every if name not in ELSEWHERE] if EVERY else TOOLS
folders = sorted(name.removeprefix("hush-") for name in os.listdir(os.path.join(SOURCE, "shell/hush_test"))
                 if name.startswith("hush-") and name.removeprefix("hush-") not in LEAKS) if EVERY else SHELL
files = {
    "/tools.tar": packed(("testsuite", "testsuite"), (".config", ".config")),
    "/shell.tar": packed(*[(f"shell/hush_test/hush-{name}", f"hush-{name}") for name in folders]),
    "/every": " ".join(every).encode(),
    "/chosen": " ".join(tools).encode(),
    "/folders": " ".join(folders).encode(),
    "/tools.sh": RUN_TOOLS.encode(),
    "/shell.sh": RUN_SHELL.encode(),
}

with WebServer(files) as server, Machine() as machine:
    machine.login()
    machine.run("cd /tmp")
    for name in ("tools", "shell"):
        machine.run(f"wget -q -O - {server.url(f'/{name}.tar')} | tar x", timeout=400)
        machine.run(f"wget -q {server.url(f'/{name}.sh')}")
    machine.run(f"wget -q {server.url('/every')} {server.url('/chosen')} {server.url('/folders')}")
    judge("the shell", machine.run("sh ./shell.sh 2>&1", timeout=3000 if EVERY else 200, code=None))
    judge("the tools", machine.run("sh ./tools.sh 2>&1", timeout=3000 if EVERY else 200, code=None))
