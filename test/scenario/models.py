# SPDX-License-Identifier: MIT
"""The guest tests on several models of processors, from old ones that lack most features to the newest: what is missing
is not fatal, and what is there is made use of and breaks nothing. What the kernel cannot do without is said in one line
where it is missing."""

import pexpect

from machine import Machine, make, passed, this_board

# Per board: what its emulator line says of the processor, and what else it may say; which features the kernel must make
# use of there, and which not.
MODELS = {
    "qemu-virt-aarch64": ("-cpu cortex-a57", {
        "cortex-a53": ("asid16", "pan lse"),
        "cortex-a72": ("asid16", "pan lse"),
        "neoverse-n1": ("asid16 pan lse", "bti pauth"),
        "max": ("asid16 pan bti pauth lse e0pd rng", ""),
    }),
    "qemu-virt-riscv64": ("-cpu rv64", {
        "sifive-u54": ("d", "sstc sv48 sv57 zba h"),
        "rv64,sstc=off,sv57=off,zba=off,zbb=off,zbs=off,h=off": ("d sv48", "sstc sv57 zba h"),
        "rva22s64": ("d zba svpbmt", "sstc sv48 sv57 h"),
        "max": ("d sstc sv57 zba zbb zbs svpbmt", ""),
    }),
    "qemu-pc-i386": ("-cpu max", {
        "coreduo": ("nx", "smep smap umip xsave x2apic"),
        "EPYC": ("nx mce smep smap xsave avx", "x2apic"),
        "max": ("nx mce smep smap umip xsave avx x2apic", ""),
    }),
    "qemu-pc-x86_64": ("-cpu max", {
        "qemu64": ("nx", "smep smap umip xsave x2apic"),
        "Nehalem": ("nx", "smep smap umip xsave x2apic"),
        "EPYC": ("nx smep smap fsgsbase xsave avx", "x2apic"),
        "max,-smap,-smep,-umip,-xsave,-x2apic,-fsgsbase": ("nx", "smep smap umip xsave x2apic"),
        "max": ("nx smep smap umip fsgsbase xsave avx x2apic", ""),
    }),
}

# How far what is mapped reaches, where that depends on the model: by the best mode of translation.
ENDS = {"qemu-virt-riscv64": {"sv57": 56, "sv48": 47, "": 38}}

# What is refused, and what it lacks.
REFUSED = {
    "qemu-pc-i386": {"486": "TSC", "pentium": "PAE", "pentium3,+nx": "SSE2", "qemu32": "NX", "max,-apic": "an APIC"},
    "qemu-pc-x86_64": {"max,-lm": "64-bit mode"},
}


def features(text):
    """Of the first processor: {name: used or unused}."""
    words = [line.split() for line in text.splitlines() if line.startswith("cpu 0 ")]
    return {word[2]: word[3] for word in words if len(word) == 4}


def machine_with(usual, model):
    machine = Machine(system="test", command_line="test", given=("CPUS=2",))
    assert usual in machine.line, machine.line
    machine.line = machine.line.replace(usual, f"-cpu {model}")
    return machine


def refuses(usual, model, lacks):
    with machine_with(usual, model) as machine:
        machine.child.expect(rf"cannot start: this processor lacks {lacks}[\r\n]+")
        assert machine.child.expect([r"\S", pexpect.TIMEOUT], timeout=2) == 1, "it went on after that"
    passed(f"{model}, which lacks {lacks}, is refused")


def run(usual, model, wanted, unwanted):
    with machine_with(usual, model) as machine:
        text = ""
        while True:
            end = machine.expect([r"FAIL [^\n]*\n", r"cpu model [^\n]*\n", r"\nEND\r"], timeout=240)[0]
            text += machine.child.before + end
            assert not end.startswith("FAIL"), f"{model}: {end}"
            if "END" in end:
                break
    found = features(text.replace("\r", ""))
    for name in wanted.split():
        assert found.get(name) == "used", f"{model}: {name} is not used: {found}"
    for name in unwanted.split():
        assert name not in found, f"{model} has {name}"
    for mode, bits in ENDS.get(board, {}).items():
        if mode in found or not mode:
            assert f"mappings end below 2^{bits}\r" in text, f"{model}: mappings end elsewhere"
            break
    passed(model)


board = this_board()
usual_model, models = MODELS.get(board, ("", {}))
if models:
    make("SYSTEM=test", "build")
for each, expected in models.items():
    run(usual_model, each, *expected)
for each, lacking in REFUSED.get(board, {}).items():
    refuses(usual_model, each, lacking)
if not models:
    passed(f"{board} has none")
