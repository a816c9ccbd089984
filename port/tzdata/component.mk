# SPDX-License-Identifier: MIT
# A file for each time zone that prepare makes: timezone(7).
kind := files
files := $(foreach f,$(shell cd out/port/tzdata/gen/zoneinfo 2>/dev/null && find * -type f | sort),\
	out/port/tzdata/gen/zoneinfo/$f=/share/zoneinfo/$f)
