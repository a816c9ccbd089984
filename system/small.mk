# SPDX-License-Identifier: MIT
# The system of small machines: a prompt on the serial console, a shell and its commands, files in memory.
# Its development passwords want 64 KiB each to be tested with, where others want 19 MiB.
PASSWD ?= $(if $(RELEASE),,system/small/accounts)
accounts := $(made)/small/accounts
contents := service/init service/initrd service/device service/process service/pipe service/ramfs service/devfs \
	service/console driver/uart/% program program/login port/busybox
programs := free ps kill poweroff
trees := system/small system/$(edition)
files := $(accounts)=/etc/secret/shadow system/default/etc/passwd=/etc/passwd \
	system/default/etc/group=/etc/group system/default/etc/profile=/etc/profile
