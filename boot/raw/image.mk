# SPDX-License-Identifier: MIT
# raw: the emulator's -kernel takes a flat image with its own header, or the ELF with a note: arch.mk says. U-Boot
# takes the flat image from a disk. Loader flash: the kernel is executed in the board's flash of $(flash_size) MiB,
# where it is linked to (link.raw.flash), with command line and initrd behind it.
flat := $(linked)/kernel.$(if $(filter binary,$(raw_image)),bin,elf)
image_of_u-boot := $(made)/$(SYSTEM)/u-boot.img
image_of_flash := $(made)/$(SYSTEM)/flash.img
boot_image := $(or $(image_of_$(LOADER)),$(flat))
append = $(if $(filter flash,$(LOADER)),,$(if $1,-append '$1'))
$(linked)/kernel.bin: $(linked)/kernel.elf
	$(call progress,FLAT ,$@)
	$(Q)$(OBJCOPY) -O binary $< $@
$(image_of_u-boot): $(flat) $(initrd) tool/esp boot/raw/extlinux.conf
	$(call progress,DISK ,$@)
	$(Q)tool/esp $@ boot/raw/extlinux.conf=/extlinux/extlinux.conf $(flat)=/ferrite/kernel $(initrd)=/ferrite/initrd
$(image_of_flash): $(linked)/kernel.bin $(initrd) tool/flash
	$(call progress,FLASH,$@)
	$(Q)tool/flash $@ $(flash_size) $(linked)/kernel.bin $(initrd) '$(words)'
