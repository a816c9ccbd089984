# SPDX-License-Identifier: MIT
# Components. Every component.mk in the tree holds assignments only and is found by itself:
#   kind          library, program, programs (each source one program), service, driver, kernel, host, files
#   name          default: the folder's name
#   uses          libraries by name; what those use comes along
#   sources       default: *.c in the folder (the kernel: below it). Patterns, relative to the folder,
#                 and for a port also to its extracted tree
#   exclude       sources that are not wanted
#   generated     sources below out/gen
#   arch          kernel or user: every source of arch/<isa>/<arch>, and of what the isa inherits
#   include       header folders given to users, besides include/
#   private       header folders for itself
#   flags         more compiler flags
#   entitlements  words for tool/image
#   stack         bytes that the first thread's stack has where arch.mk says what others have
#   links         a program's other names in /bin
#   files         source=/target/in/the/initrd ...
# A file <folder>/<isa>/file.S or file.c silently takes the place of <folder>/file.c. A folder with a
# port.mk is third-party software: tool/port brings its sources to out/port/<folder>/src first. Folders
# within are components of the same sources; what is in port/<folder>/test goes to /test. `systems` in a
# port.mk: only these have it, and it is brought for them alone.
fields := kind name uses sources exclude generated arch include private flags entitlements stack links files

absent := $(filter-out $(shell grep -lE '^systems :=.* $(or $(SYSTEM),-)( |$$)' port/*/port.mk),\
	$(shell grep -l '^systems :=' port/*/port.mk))
components := $(filter-out $(absent:%/port.mk=%/%) $(absent:%/port.mk=%),$(sort $(patsubst %/component.mk,%,\
	$(shell find arch boot doc driver kernel lib port program service test tool -name component.mk 2>/dev/null))))
ports := $(patsubst port/%/port.mk,%,$(filter-out $(absent),$(wildcard port/*/port.mk)))

ifdef building
include $(ports:%=out/port/%/ready.mk)
endif
out/port/%/ready.mk: port/%/port.mk tool/port | out/setup.mk
	@$(if $(Q),echo 'PORT  $*',true)
	@mkdir -p $(@D)
	$(Q)tool/port $* && touch $@

port-of = $(if $(filter port/%,$1),$(word 2,$(subst /, ,$1)))
define load
$(foreach f,$(fields),$(eval $f :=))
$(eval include $1/component.mk)
$(foreach f,$(fields),$(eval $1.$f := $($f)))
$(eval $1.name := $(or $(name),$(notdir $1)))
$(eval $1.root := $(addprefix out/port/,$(addsuffix /src,$(filter $(ports),$(call port-of,$1)))))
$(if $(filter library,$(kind)),$(eval library.$($1.name) := $1))
endef
$(foreach c,$(components),$(call load,$c))
of-kind = $(strip $(foreach c,$(components),$(if $(filter $1,$($c.kind)),$c)))


# reach(libraries, seen, flavour): they and all that they use, as folders. The host has a C library.
reach = $(if $(filter-out $2,$1),$(call reach,$(sort $(foreach c,$(filter-out $2,$1),$(call used,$c,$3))),\
	$2 $(filter-out $2,$1),$3),$2)
used = $(foreach u,$(filter-out $(hosted.$2),$($1.uses)),$(or $(library.$u),missing/$u))
$(foreach f,kernel user host test,$(objects.$f)/missing/%.a):
	@echo "a component uses a library that is not there: $(*D)"; false
below = $(sort $(wildcard $1)) $(foreach d,$(wildcard $(dir $1)*/),$(call below,$d$(notdir $1)))
under = $(if $1,$(wildcard $(addprefix $1/,$2)))

# sources(component, flavour)
sources = $(call replace,$(filter-out $(if $(filter test/%,$1),,%_test.c) $(call under,$1,$($1.exclude)) \
	$(call under,$($1.root),$($1.exclude)),$(call plain,$1)),$(lineage.$2),$1/) \
	$(call arch-sources,$($1.arch),$2) $(if $(filter kernel,$($1.arch)),arch/conform.c $(made)/trust_roots.c) \
	$($1.generated:%=$(gen)/%)
plain = $(if $($1.sources),$(call overlay,$1,$(patsubst $1/%,%,$(call under,$1,$($1.sources))),\
	$(patsubst $($1.root)/%,%,$(call under,$($1.root),$($1.sources)))),\
	$(if $(filter kernel,$($1.kind)),$(call portable,$(call below,$1/*.c)),$(wildcard $1/*.c)))
overlay = $(addprefix $1/,$2) $(addprefix $($1.root)/,$(filter-out $2,$3))
portable = $(filter-out $(foreach i,$(isas),$(filter %,$(foreach f,$1,$(if $(findstring /$i/,$f),$f)))),$1)
arch-sources = $(if $1,$(call first-of,$(filter-out %_test.c,$(foreach i,$(lineage.$2),\
	$(wildcard arch/$i/$1/*.c arch/$i/$1/*.S)))))
first-of = $(if $1,$(firstword $1) $(call first-of,$(filter-out $(addprefix %/,$(addprefix $(basename \
	$(notdir $(firstword $1))),.c .S)),$1)))
# replace(sources, lineage, folder): files of <isa>/ join, and push out the generic file of the same name.
replace = $(call without,$1,$(call nearest,$(foreach i,$2,$(foreach d,$(sort $3 $(dir $1)),\
	$(wildcard $d$i/*.S $d$i/*.s $d$i/*.c))),))
nearest = $(if $1,$(call nearest,$(filter-out $(firstword $1) $(call twins,$(firstword $1),$1),$1),\
	$2 $(firstword $1)),$2)
twins = $(foreach f,$2,$(if $(filter $(call generic,$1),$(call generic,$f)),$f))
generic = $(dir $(patsubst %/,%,$(dir $1)))$(basename $(notdir $1)).c
without = $(filter-out $(foreach f,$2,$(call generic,$f)),$1) $(filter-out %_test.c,$2)

headers = $(foreach d,$(wildcard $1/include),-I$d) $(foreach i,$($1.include),\
	$(if $($1.root),-isystem ,-I)$(firstword $(wildcard $1/$i $($1.root)/$i) $i))
own-headers = $(foreach i,$($1.private),-I$(firstword $(wildcard $1/$i $($1.root)/$i) $i))

# compile(component, flavour): the rules for its objects; $1.$2.objects names them.
define compile
$1.$2.reach := $(call reach,$(call used,$1,$2),,$2)
$1.$2.objects := $(patsubst %,$(objects.$2)/%.o,$(call sources,$1,$2))
$1.$2.flags = $(flags.$2) $(call own-headers,$1) $$(foreach l,$1 $$($1.$2.reach),$$(call headers,$$l)) \
	$(roots.$2:%=$(if $($1.root),-idirafter ,-I)%) $$(call system-headers,$2) $$(call freestanding,$1,$2) \
	$(if $($1.root),-w -Wno-error,-D_GNU_SOURCE) $($1.flags)
$$($1.$2.objects): $(objects.$2)/%.o: % $(objects.$2)/$1/flags | $(gen)/ready
	$$(call progress,CC   ,$$<)
	$$(Q)$(compiler) $$($1.$2.flags) $$(source-flags.$2.$$<) -MD -MP -c $$< -o $$@
stamps += $1.$2
endef
system-headers = $(if $(filter kernel user,$1),-isystem $(clang_headers))
# Our own libraries, services and drivers without the C library keep off the vector registers: a program
# that only passes messages then has none to save at a switch.
freestanding = $(if $(filter user,$2),$(if $(filter $(library.c),$1 $($1.$2.reach)),,-ffreestanding \
	$(if $($1.root),,$(if $(filter library service driver,$($1.kind)),$(general_only)))))

# archive(component, flavour)
define archive
$(call compile,$1,$2)
$1.$2.archive := $(objects.$2)/$1/lib$(notdir $1).a
$$($1.$2.archive): $$($1.$2.objects)
	$$(call progress,AR   ,$$@)
	@rm -f $$@ $$(file >$$@.list,$$^)
	$$(Q)$(AR) rcsD $$@ @$$@.list
endef
archives = $(foreach l,$($1.$2.reach),$($l.$2.archive))
