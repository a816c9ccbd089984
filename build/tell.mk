# SPDX-License-Identifier: MIT
# What the programs in tool/ ask of a board.
.PHONY: boots boards arch cells lacking found budget limits
# Each way in which the board is started, protocol or protocol/loader, and :what for one that needs what
# tool/setup did not find.
cells:
	@echo $(foreach b,$(boots),$(foreach l,$(or $(loaders.$b),.),$b$(addprefix /,$(filter-out .,$l))$(addprefix \
		:,$(firstword $(call lacking,$(needs.$b) $(needs.$b.$l))))))
# What of NEEDS tool/setup did not find.
lacking:
	@echo $(call lacking,$(NEEDS))
# Where it found them.
found:
	@echo $(foreach n,$(NEEDS),$($n))
# The most CPUs that it has, and the only scenarios for it; not said: any, all.
limits:
	@echo $(or $(cpus),64) $(or $(scenarios),all)
arch:
	@echo $(isa)
budget:
	@echo $(budget)
boots:
	@echo $(boots)
boards:
	@echo $(boards)
