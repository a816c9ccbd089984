# SPDX-License-Identifier: MIT
# What a machine is started with: the kernel, the initrd, and what the emulator or a loader takes, by the
# protocol's own recipe.
# A loader that leaves the kernel elsewhere than others (link.<protocol>.<loader>) has a kernel of its own, of the
# same objects.
link := $(link.$(BOOT).$(LOADER))
linked := $(made)$(if $(link),/$(LOADER))
initrd := $(made)/$(SYSTEM)/initrd
boot_image := $(linked)/kernel.elf
append = $(if $1,-append '$1')
-include boot/$(BOOT)/image.mk
