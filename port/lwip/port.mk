# SPDX-License-Identifier: MIT
# lwIP, the TCP/IP engine of service/ip.
package := lwip
version := 2.2.1
file := lwip_2.2.1+dfsg1.orig.tar.xz
size := 1100868
sha256 := 83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1
licence := BSD-3-Clause
