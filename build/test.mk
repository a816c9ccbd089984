# SPDX-License-Identifier: MIT
# Tests. foo_test.c beside foo.c becomes out/host/unit/<folder>/foo: the test, then the archive of its
# component and of what that uses, compiled for the host on arch/none under ASan and UBSan. Only what a
# test needs is taken from the archives. A test outside of any component includes the file it tests.
# tool/test runs these, the guest tests and the scenarios; T selects.
T ?=
unit_tests := $(shell find arch boot driver kernel lib port program service test tool -name '*_test.c' \
	-not -path 'test/guest/*' 2>/dev/null | sort)
unit_programs := $(unit_tests:%_test.c=out/host/unit/%)
# The nearest folder upwards that is a component; code of arch/ and boot/ belongs to the kernel.
owner = $(if $(filter $1,$(components)),$1,$(if $(filter-out . ./,$(dir $1)),$(call owner,$(patsubst \
	%/,%,$(dir $1))),$(firstword $(kernel))))
owner-of = $(call owner,$(patsubst %/,%,$(dir $1)))

# make fuzz [T=name] [SECONDS=60]: what parses others' bytes is fed by test/fuzz/<name>.c, which includes the
# file it feeds, beginning with test/fuzz/<name>.seeds. What is found on the way is kept in out/fuzz/<name>.
# A line `// uses: LIBRARY...` of it: these are linked.
SECONDS ?= 60
fuzzers := $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/*.c))
fuzzed = $(foreach l,$(shell sed -n 's|^// uses: ||p' test/fuzz/$1.c),$(library.$l))

define unit-test
$(objects.test)/$1.o: $1 $(objects.test)/$2/flags | $(gen)/ready
	$$(call progress,CC   ,$$<)
	@mkdir -p $$(@D)
	$$(Q)$(compiler) $$($2.test.flags) -MD -MP -c $$< -o $$@
-include $(objects.test)/$1.d
$(1:%_test.c=out/host/unit/%): $(objects.test)/$1.o $(if $($2.test.archive),$($2.test.archive)) \
		$(foreach l,$($2.test.reach) test,$($l.test.archive))
	$$(call progress,LINK ,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(CC) -fuse-ld=lld -fsanitize=address,undefined -Wl,--start-group $$^ -Wl,--end-group -o $$@
endef
tested_goals := check none unit-build fuzz fuzz-build compile_commands.json build
ifneq ($(filter $(tested_goals) out/host/unit/% out/host/fuzz/%,$(goals)),)
tested := $(sort $(foreach t,$(unit_tests),$(call owner-of,$t)) $(foreach f,$(fuzzers),$(call fuzzed,$f)))
$(foreach c,$(sort $(call reach,$(tested) test,,test)),$(eval $(call archive,$c,test)))
$(foreach t,$(unit_tests),$(eval $(call unit-test,$t,$(call owner-of,$t))))
# They are told which way an input went through these, too.
$(foreach f,$(fuzzers),$(foreach c,$(call fuzzed,$f),$(eval $c.test.flags += -fsanitize=fuzzer-no-link)\
	$(eval out/host/fuzz/$f: $($c.test.archive))))
endif

.PHONY: unit-build test bench
unit-build: $(unit_programs)
test: tools
	@$(PYTHON) tool/test $(if $(filter command% environment%,$(origin BOARD)),--board $(BOARD)) '$T'
bench:
	@$(PYTHON) tool/bench $(if $(filter command% environment%,$(origin BOARD)),--board $(BOARD))

# All of the Open POSIX Test Suite; the results, for port/posixtestsuite/results, are put into out/conformance.
.PHONY: conformance
conformance: tools
	+@SUITE=all $(MAKE) --no-print-directory SYSTEM=conformance build
	@SUITE=all $(PYTHON) test/scenario/conformance.py $(BOARD)

.PHONY: size
size:
	+@$(PYTHON) tool/size $(if $(filter command% environment%,$(origin BOARD)),$(BOARD))

out/host/fuzz/%: test/fuzz/%.c $(gen)/ready
	$(call progress,CC   ,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -Dmain=%,$(flags.test)) -fsanitize=fuzzer $(roots.test:%=-I%) \
		$(patsubst %,-I%,$(wildcard lib/*/include port/*/include port/*/configuration) \
		out/port/fatfs/src/fatfs/source out/port/e2fsprogs/src/lib out/port/lwip/src/src/include) \
		-MD -MP $< $(filter %.a,$^) -o $@
-include $(fuzzers:%=out/host/fuzz/%.d)
.PHONY: fuzz fuzz-build
fuzz: $(patsubst %,out/host/fuzz/%,$(filter $(or $T,%),$(fuzzers)))
	$(Q)for f in $(^F); do mkdir -p out/fuzz/$$f && \
		{ [ ! -e test/fuzz/$$f.seeds ] || tool/seeds test/fuzz/$$f.seeds out/fuzz/$$f; } && \
		out/host/fuzz/$$f -max_total_time=$(SECONDS) -artifact_prefix=out/fuzz/$$f- out/fuzz/$$f || exit 1; done

# A short run of each, always the same, is part of make test.
fuzz-build: $(fuzzers:%=out/host/fuzz/%)

# What the programs in tool/ ask; build/tell.mk has what needs no list of the sources.
.PHONY: unit-list fuzz-list
fuzz-list:
	@echo $(fuzzers)
unit-list:
	@echo $(unit_programs)
