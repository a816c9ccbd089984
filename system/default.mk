# SPDX-License-Identifier: MIT
# The system of `make run`: everything. The kernel starts /service/init.
contents := service/% driver/% program program/% $(filter-out %/test,$(filter port/%,$(components)))
trees := system/default system/$(edition)
files := $(accounts)=/etc/secret/shadow LICENSE=/doc/licence \
	$(foreach p,$(wildcard doc/man/*/*.md),$p=/share/man/$(p:doc/man/%=%)) \
	out/book.html=/share/www/book.html \
	>/net/resolv.conf=/etc/resolv.conf \
	$(foreach p,$(tool_pages),$p=/share/man/$(p:$(gen)/man/%=%))
