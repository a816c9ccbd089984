# SPDX-License-Identifier: MIT
# One toolchain for every target and for the host: clang and lld. Here the board is read, and the flags
# that all code of one flavour share are put together. A flavour is one way to compile a file:
#   kernel, user   for the board, below out/<board>/<flavour>/
#   host           tools, below out/host/tool/
#   test           unit tests under ASan and UBSan, on the empty port arch/none, below out/host/test/
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
SHELL := /bin/sh
Q := $(if $(V),,@)

PYTHON := /usr/bin/python3

# out/setup.mk says what tool/setup found or installed; making it is what installs. Goals that only
# tell something, or tidy up, need none of it.
telling := emulator-command cells lacking found limits format
idle := help list clean book unit-list fuzz-list boots boards arch budget size $(telling)
# These want no list of the sources either, which takes longer to gather than they do.
brief := emulator-command cells lacking found limits help list clean boots boards arch budget
goals := $(or $(MAKECMDGOALS),help)
ifneq ($(filter-out $(idle),$(goals)),)
building := yes
endif
ifneq ($(filter-out $(filter-out $(telling),$(idle)),$(goals)),)
include out/setup.mk
endif
out/setup.mk: tool/setup
	@mkdir -p out
	@tool/setup $@

# Shared by every worktree: paths are relative and the working directory is not part of the hash.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
compiler := $(CCACHE) $(CC)

boards := $(notdir $(patsubst %/board.mk,%,$(wildcard board/*/board.mk)))
systems := $(basename $(notdir $(wildcard system/*.mk)))
isas := $(notdir $(wildcard arch/*))
ifeq ($(filter $(BOARD),$(boards)),)
$(error no board is named $(BOARD). Boards: $(boards))
endif
include board/$(BOARD)/board.mk
BOOT ?= $(firstword $(boots))
ifeq ($(filter $(BOOT),$(boots)),)
$(error $(BOARD) boots by: $(boots))
endif
LOADER ?= $(firstword $(loaders.$(BOOT)))
ifneq ($(LOADER),$(filter $(LOADER),$(loaders.$(BOOT))))
$(error $(BOOT) is loaded there $(if $(loaders.$(BOOT)),by: $(loaders.$(BOOT)),in one way only))
endif

# What tool/setup looked for and did not find.
lacking = $(foreach n,$1,$(if $($n),,$n))
ifdef building
ifeq ($(filter $(or $(SYSTEM),default),$(systems)),)
$(error no system is named $(SYSTEM). Systems: $(systems))
endif
needed := $(firstword $(call lacking,$(needs.$(BOOT)) $(needs.$(BOOT).$(LOADER))))
ifneq ($(needed),)
$(error BOOT=$(BOOT)$(LOADER:%= LOADER=%) needs $(needed), which tool/setup did not find: boot(7))
endif
endif

isa := $(arch)
inherits :=
general_only :=
user_stack :=
user_linker :=
include arch/$(isa)/arch.mk
arch_flags := $(flags)
lineage := $(isa) $(inherits)

# RELEASE=version: what is signed or depends on it is made in a folder of its own.
out := out/$(BOARD)
made := $(out)$(if $(RELEASE),/release)
gen := out/gen

warnings := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter
common := -std=c23 -g $(warnings) -fno-common -ffunction-sections -fdata-sections -ffile-compilation-dir=.
target := --target=$(triple) $(flags) -fno-omit-frame-pointer -fno-stack-protector \
	-fno-asynchronous-unwind-tables -nostdinc

flags.kernel := $(common) $(target) -O2 -ffreestanding -fno-pic $(kernel_flags)
flags.user := $(common) $(target) -O2 -fPIE -fdirect-access-external-data -fvisibility=hidden $(user_flags)
flags.host := $(common) -O2
flags.test := $(common) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all -Dmain=component_main -Wno-missing-prototypes

objects.kernel := $(out)/kernel
objects.user := $(out)/user
objects.host := out/host/tool
objects.test := out/host/test

# Where <...> looks: the tree itself, and <arch/...> also in this instruction set's folder, by way of a
# link out/isa/<isa>/arch.
roots.kernel := $(gen) . $(lineage:%=out/isa/%)
roots.user := $(roots.kernel)
roots.host := $(gen) .
roots.test := $(gen) . out/isa/none test
hosted.host := c posix builtins
hosted.test := $(hosted.host)
lineage.kernel := $(lineage)
lineage.user := $(lineage)
lineage.host :=
lineage.test := none

# Each step tells its number, and how many there are to do, which the first one asks a make that only lists them.
# make itself prints it: a process for each line would cost more than some of the steps.
progress = $(if $(LISTING),@: step,$(if $(Q),$(eval step := $(step) x)$(info [$(words $(step))/$(steps)] $1 $2)))
steps = $(eval steps := $(shell MAKEFLAGS= $(MAKE) -nk $(MAKEOVERRIDES) LISTING=yes $(MAKECMDGOALS) 2>/dev/null | \
	grep -c '^: step'))$(steps)
write-if-changed = $(if $(call same,$(strip $2),$(strip $(file <$1))),,$(file >$1,$2))
same = $(and $(findstring [$1],[$2]),$(findstring [$2],[$1]))
define newline


endef
