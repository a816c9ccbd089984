# SPDX-License-Identifier: MIT
# Time zones: when clocks were and are changed where. The second tarball is the fallback for mirrors without the first.
package := tzdata
version := 2026c
suites := sid forky bookworm
file := tzdata_2026c.orig.tar.gz tzdata_2026b.orig.tar.gz
size := 475694 473703
sha256 := \
	e4a178a4477f3d0ea77cc31828ff72aa38feff8d61aa13e7e99e142e9d902be4 \
	114543d9f19a6bfeb5bca43686aea173d38755a3db1f2eec112647ae92c6f544
licence := public-domain
