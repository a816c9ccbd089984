# SPDX-License-Identifier: MIT
# kilo, a small text editor, unmodified.
package := kilo
version := 0.0.1+git20240726
file := kilo_0.0.1+git20240726+ds.orig.tar.xz
size := 12456
sha256 := 7be9932b54511880cb88487fdf1d45e899470e2f603ceb7f1bd6fb343053bdd6
licence := BSD-2-Clause
