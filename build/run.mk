# SPDX-License-Identifier: MIT
# The emulator. Its line is put together from board.mk; who runs it says where the serial line goes and
# what `net0` and `disk0` are. `make -s emulator-command` prints it for tests and other programs.
CMDLINE ?=
RUN_FLAGS ?=
CPUS ?= $(if $(filter run debug,$(goals)),4,1)
DISK ?=
SIZE ?= 512M
disk := $(or $(DISK),$(out)/disk.img)
words = $(strip $(CMDLINE) $(if $(BENCH),seed=1))
command = $(emulator) -m $(memory) $(load.$(BOOT)$(LOADER:%=.%)) $(call append,$(words)) \
	$(if $(BENCH),$(bench) $(bench_disk.$(SYSTEM):%=-device %),$(or $(devices.$(BOOT)$(LOADER:%=.%)),$(devices)))
outside = -display none -netdev user,id=net0$(hostfwd) \
	-drive if=none,id=disk0,format=raw,file=$(disk) $(RUN_FLAGS)
hostfwd = $(PORTS:%=,hostfwd=tcp:127.0.0.1:%)

.PHONY: run debug disk picture book emulator-command
run: build $(if $(DISK),,$(disk))
	$(call progress,RUN  ,$(BOARD) by $(BOOT); ctrl-a x ends it)
	$(Q)tool/run $(command) $(outside) -serial mon:stdio

debug: build $(if $(DISK),,$(disk))
	$(Q)tool/debug $(DEBUGGER) $(linked)/kernel.elf $(debugger_arch) $(command) $(outside)

# Pictures of a session, for the README, and of a trace and the screen, for the book.
picture: build
	$(Q)$(PYTHON) tool/picture $(BOARD) $(BOOT) doc/picture/session.svg
	$(Q)$(MAKE) BOARD=qemu-pc-x86_64 BOOT=multiboot2 SYSTEM=default build
	$(Q)$(PYTHON) tool/screenshot doc/picture/screen.png
	$(Q)$(PYTHON) tool/timeline --boot $(BOARD) $(BOOT) doc/picture/trace.svg 'cat /tmp/note'

book: out/book.html
	@echo 'The book is $<'
out/book.html: tool/book $(wildcard doc/book/*.md doc/picture/*)
	$(call progress,BOOK ,$@)
	$(Q)$(PYTHON) tool/book $@

emulator-command:
	@echo '$(subst ','\'',$(command))'

# A disk with the system on it, which is / where it is found: make run DISK=that.
disk: build
	$(call progress,DISK ,$(or $(DISK),$(out)/root.img))
	$(Q)$(PYTHON) tool/disk $(initrd).list $(or $(DISK),$(out)/root.img) $(SIZE)

$(out)/disk.img:
	@mkdir -p $(@D) && truncate -s 64M $@
