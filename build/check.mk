# SPDX-License-Identifier: MIT
# The gates of tool/check, and the empty port: the portable kernel compiles and links against arch/none.
.PHONY: check format none
check: compile_commands.json none
	@tool/check $(GATES)
none: $(foreach k,$(kernel),$($k.test.archive))
format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | grep -v '^port/.*[^t]\.[ch]$$' | \
		xargs $(CLANG_FORMAT) -i
