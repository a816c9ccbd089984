# SPDX-License-Identifier: MIT
# From components to what boots: tables made by tool/abi, libraries, host tools, the kernel, programs as
# signed images, and the initrd that system/<name>.mk describes:
#   contents   folders of components, or patterns of them
#   programs   those of program/ that are wanted; default: all
#   trees      folders whose folders are copied as they are
#   files      source=/target ...
abi_headers := abi/syscalls.h kernel/syscalls.h kernel/dispatch.c user/syscalls.c trace/syscalls.h \
	fuzz/syscalls.h
$(abi_headers:%=$(gen)/%) &: abi/syscalls.def tool/abi
	$(call progress,ABI  ,abi/syscalls.def)
	$(Q)$(PYTHON) tool/abi $< $(gen)
$(gen)/abi/9p_operations.h: abi/9p.def tool/protocol
	$(call progress,ABI  ,abi/9p.def)
	$(Q)$(PYTHON) tool/protocol $< $(gen)
$(gen)/ready: $(abi_headers:%=$(gen)/%) $(gen)/abi/9p_operations.h
	@touch $@

# Pages of the manual for the tools of a port, made from one table.
tool_pages := $(patsubst %,$(gen)/man/1/%.md,$(if $(wildcard $(PYTHON)),\
	$(shell $(PYTHON) tool/manual doc/man/tools.txt)))
$(tool_pages) &: doc/man/tools.txt tool/manual
	$(call progress,MAN  ,$<)
	$(Q)$(PYTHON) tool/manual $< $(gen)/man/1

# Keys: out/keys has development keys, made when first needed; KEYS=folder names others.
KEYS ?= out/keys
export KEYS
keys := $(KEYS)/system.key $(made)/given
ifeq ($(KEYS),out/keys)
out/keys/system.key out/keys/system.root &: out/host/bin/keys
	$(call progress,KEYS ,$(KEYS))
	$(Q)out/host/bin/keys $(KEYS)
else
$(KEYS)/%:
	@echo '$@ is not there. To make keys for releases: make keys KEYS=$(KEYS)'; false
endif
$(made)/trust_roots.c: $(KEYS)/system.root $(wildcard $(KEYS)/*.root) $(made)/given out/host/bin/keys
	$(call progress,KEYS ,$@)
	$(Q)out/host/bin/keys --roots $@ $(KEYS) $(RELEASE)
.PHONY: keys
keys: out/host/bin/keys
	@test '$(KEYS)' != out/keys || { echo 'KEYS=folder says where, for example outside of this tree'; false; }
	$(Q)out/host/bin/keys --release $(KEYS) && echo 'The keys are in $(KEYS). Keep *.key secret, and safe.'

# Host tools, and the libraries that they use.
host_tools := $(call of-kind,host)
$(foreach c,$(sort $(call reach,$(foreach t,$(host_tools),$(call used,$t,host)),,host)),\
	$(eval $(call archive,$c,host)))
define host-tool
$(call compile,$1,host)
out/host/bin/$($1.name): $$($1.host.objects) $(call archives-of,$1,host)
	$$(call progress,LINK ,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(CC) -fuse-ld=lld $$^ -o $$@
tools: out/host/bin/$($1.name)
endef
archives-of = $(foreach l,$(call reach,$(call used,$1,$2),,$2),$(objects.$2)/$l/lib$(notdir $l).a)
$(foreach t,$(host_tools),$(eval $(call host-tool,$t)))
.PHONY: tools
tools:

# Plugins of the emulator, which gives them its functions when it loads them.
out/host/plugin/%.so: tool/plugin/%.c tool/plugin/emulator.h
	$(call progress,LINK ,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(flags.host) -fPIC -fvisibility=hidden -shared -fuse-ld=lld $< -o $@

# The kernel: kernel/, this instruction set's half, and every protocol that the board boots by.
kernel := $(if $(wildcard kernel/main.c),$(call of-kind,kernel))
# Linked twice: the names of its functions, for backtraces, come from the first time.
kernel-linker = $(LD) $(kernel_link) $(link) --build-id=sha1 -z max-page-size=4096 -z noexecstack --gc-sections \
	--discard-locals
kernel_script := $(firstword $(wildcard $(lineage:%=arch/%/kernel/kernel.ld)))
define kernel-image
$(foreach c,$(call reach,$(call used,$1,kernel),,kernel),$(eval $(call archive,$c,kernel)))
$(call compile,$1,kernel)
$(foreach p,$(boots),$(eval boot/$p.sources :=)$(eval $(call compile,boot/$p,kernel)))
$1.parts := $(kernel_script) $$($1.kernel.objects) $(foreach p,$(boots),$$(boot/$p.kernel.objects)) \
	$(call archives-of,$1,kernel)
$(linked)/kernel.plain: $$($1.parts)
	$$(call progress,LINK ,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(kernel-linker) -T $$^ -o $$@
$(linked)/symbol.o: $(linked)/kernel.plain tool/symbols
	$$(Q)$(NM) -n $$< | tool/symbols >$$(@:.o=.S) && $(CC) $(flags.kernel) -c $$(@:.o=.S) -o $$@
$(linked)/kernel.elf: $$($1.parts) $(linked)/symbol.o
	$$(call progress,LINK ,$$@)
	$$(Q)$(kernel-linker) -Map=$$@.map -T $$^ -o $$@
kernel: $(linked)/kernel.elf
endef
$(foreach k,$(kernel),$(eval $(call kernel-image,$k)))
.PHONY: kernel
kernel:

# Programs: static and position-independent, made an image and signed.
$(foreach c,$(filter-out tool/%,$(call of-kind,library)),$(eval $(call archive,$c,user)))
user_link = $(user_linker) -pie --no-dynamic-linker --pack-dyn-relocs=relr -z max-page-size=4096 -z noexecstack \
	-z norelro --gc-sections --build-id=sha1 --hash-style=sysv --discard-locals
user_script := $(or $(firstword $(wildcard $(lineage:%=arch/%/user/user.ld))),build/user.ld)
folder = $(or $(if $(filter service driver,$($1.kind)),/$($1.kind)),$(if $(filter test/% port/%/test,$1),/test),/bin)

# Where it is built: the test system's init is not the other's, nor are the book's examples a user's.
place = $(if $(filter /test,$(call folder,$1)),,$(if $(filter test/%,$1),/test))$(if \
	$(filter doc/%,$1),/example)$(call folder,$1)

# program(component, name, objects)
define program
$(out)/elf$(call place,$1)/$2: $(user_script) $3 $(call archives-of,$1,user)
	$$(call progress,LINK ,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(LD) $(user_link) -T $(user_script) $3 --start-group $(call archives-of,$1,user) --end-group -o $$@
$(made)/image$(call place,$1)/$2: $(out)/elf$(call place,$1)/$2 $(image_tools) $1/component.mk
	$$(call progress,IMAGE,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(call make-image,$$<,$$@,$($1.entitlements),$($1.stack))
$1.programs += $2
endef
image_tools := out/host/bin/image out/host/bin/sign $(keys)
make-image = out/host/bin/image $(if $3,--entitle '$3') \
	$(if $(user_stack),--stack $(or $4,$(user_stack))) $1 $2.unsigned && out/host/bin/sign $2.unsigned $2

$(foreach c,$(call of-kind,program) $(call of-kind,service) $(call of-kind,driver),\
	$(eval $(call compile,$c,user))$(eval $(call program,$c,$($c.name),$($c.user.objects))))
$(foreach c,$(call of-kind,programs),$(eval $(call compile,$c,user))$(foreach o,$($c.user.objects),\
	$(eval $(call program,$c,$(notdir $(o:%.c.o=%)),$o))))

# The initrd.
contents :=
programs := %
trees :=
files :=
accounts := $(made)/accounts
edition := $(if $(RELEASE)$(PASSWD),release,development)
-include system/$(SYSTEM).mk
chosen := $(filter $(contents),$(components))
wanted = $(if $(filter program,$1),$(filter $(programs),$($1.programs)),$($1.programs))
define stow
$(foreach p,$(call wanted,$1),$(call folder,$1)/$p=$(made)/image$(call place,$1)/$p)
$(foreach l,$($1.links),/bin/$l=>$(call folder,$1)/$(firstword $($1.programs)))
$(foreach f,$($1.files),$(call target-of,$f)=$(or $(wildcard $1/$(call source-of,$f)),$(call source-of,$f)))
endef
source-of = $(firstword $(subst =, ,$1))
target-of = $(lastword $(subst =, ,$1))
source-half = $(target-of)
entries := $(strip $(foreach c,$(chosen),$(call stow,$c)) \
	$(foreach f,$(files),$(call target-of,$f)=$(call source-of,$f)) \
	$(foreach t,$(wildcard $(trees)),$(patsubst $t/%,/%,$(shell find $t -mindepth 2 -type f \
	-printf '%p=%p ' | sort))))
# PASSWD=file: the accounts. There are defaults for development only.
PASSWD ?= $(if $(RELEASE),,system/development/accounts)
users = $(patsubst /etc/passwd=%,%,$(filter /etc/passwd=%,$(entries)))
$(accounts): $(PASSWD) $(users) $(made)/given out/host/bin/passwd
	@test '$(PASSWD)' || { echo 'A release has no default password. PASSWD=file names its accounts;'; \
		echo 'out/host/bin/passwd name >>file makes one.'; false; }
	$(Q)umask 077; out/host/bin/passwd --check $(PASSWD) $(users) >$@
packed := $(filter-out >%,$(foreach e,$(entries),$(call source-half,$e)))
$(initrd): $(initrd).list $(packed) out/host/bin/initrd $(keys)
	$(call progress,PACK ,$@)
	$(Q)out/host/bin/initrd $< $@

.PHONY: build all libc sdk
build all: $(if $(kernel),$(boot_image)) $(if $(wildcard system/$(SYSTEM).mk),$(initrd)) tools compile_commands.json
libc: $($(library.c).user.archive)
	@echo "The C library is $<; make sdk puts it into out/sdk/$(isa), with headers and start files"

# What C programs of others need, for this board's instruction set.
sdk_folders := $(library.c) $(call reach,$(call used,$(library.c),user),,user) $(library.9p) $(library.ferrite)
sdk_ports := $(library.z)
sdk: libc out/host/bin/image out/host/bin/sign $(keys) \
		$(foreach l,$(sdk_ports) $(sdk_folders),$($l.user.archive))
	$(call progress,SDK  ,out/sdk/$(isa))
	$(Q)CC="$(CC)" LD="$(strip $(LD) $(user_linker))" AR="$(AR)" NM="$(NM)" \
		TRIPLE="$(triple)" HEADERS="$(clang_headers)" \
		LIBRARIES="$(foreach l,$(sdk_ports),$($l.name)=$($l.user.archive)=$($l.root)/../gen)" \
		TARGET="--target=$(triple) $(arch_flags) $(user_flags) -fno-stack-protector" \
		tool/sdk/make out/sdk/$(isa) $(user_script) $(foreach l,$(sdk_folders),$(call headers,$l)) -- \
		$(sort $(foreach l,$(sdk_folders),$($l.user.archive)))
	@echo "The compiler is out/sdk/$(isa)/bin/ferrite-clang: man/7/sdk.md"
