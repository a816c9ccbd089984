# SPDX-License-Identifier: MIT
# raw: the emulator's -kernel. A flat image with its own header, or the ELF with a note: arch.mk says.
boot_image := $(if $(filter binary,$(raw_image)),$(made)/kernel.bin,$(made)/kernel.elf)
$(made)/kernel.bin: $(made)/kernel.elf
	$(call progress,FLAT,$@)
	$(Q)$(OBJCOPY) -O binary $< $@
