# SPDX-License-Identifier: MIT
# Ferrite. `make` alone tells the commands and the boards; the engine is in build/, in the order below.
BOARD  ?= qemu-virt-aarch64
SYSTEM ?= default
.DEFAULT_GOAL := help

include build/toolchain.mk
include build/start.mk
include build/run.mk
include build/tell.mk
ifneq ($(filter-out $(brief),$(goals)),)
include build/component.mk
include build/image.mk
include build/test.mk
include build/check.mk
include build/record.mk
endif

.PHONY: help list clean
help:
	@echo 'make run [CPUS=4]     build, then boot in the emulator within this terminal'
	@echo 'make disk DISK=file   a disk with the system on it; make run DISK=file boots with that as /'
	@echo 'make debug            the same, stopped at the first instruction with a debugger attached'
	@echo 'make build            kernel, boot image and initrd; make libc, make sdk: what C programs need'
	@echo 'make test [T=name]    unit, fuzz, guest and scenario tests, of every board, or those that T selects'
	@echo 'make check            style, layering and budgets; make format puts the style right'
	@echo 'make conformance      the Open POSIX Test Suite, all of it: posix(7)'
	@echo 'make bench            measure, in instructions, beside the peers; writes out/bench.json'
	@echo 'make book             the book as one page; make picture draws its pictures anew'
	@echo 'make keys KEYS=dir    keys for releases; RELEASE=version KEYS=dir PASSWD=file make one (man/5/release.md)'
	@echo 'make list             boards, how each is started, and what was tested; systems; make clean forgets out/'
	@echo 'make size             what the kernel of each board takes, in bytes'
	@echo
	@echo 'BOARD=$(BOARD) BOOT=$(BOOT)$(LOADER:%= LOADER=%) SYSTEM=$(SYSTEM) V=1 (show commands)'
	@$(MAKE) -s list

list:
	@$(PYTHON) tool/list
	@echo 'systems: $(systems)'

clean:
	find out -mindepth 1 -maxdepth 1 ! -name distfiles -exec rm -rf {} + ; rm -f compile_commands.json
