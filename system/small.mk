# SPDX-License-Identifier: MIT
# The system of small machines: a prompt on the serial console, a shell and its commands, files in memory.
contents := service/init service/initrd service/device service/process service/pipe service/ramfs service/devfs \
	service/console driver/uart/% program program/login port/busybox
programs := free ps kill poweroff
trees := system/small system/$(edition)
files := $(accounts)=/etc/secret/shadow system/default/etc/passwd=/etc/passwd \
	system/default/etc/group=/etc/group system/default/etc/profile=/etc/profile
