// SPDX-License-Identifier: MIT
// What the library's configure script would have found out.
#pragma once

#define HAVE_ERRNO_H 1
#define HAVE_FCNTL_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRNLEN 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE_STRUCT_STAT_ST_ATIM 1
#define HAVE_TYPE_SSIZE_T 1
#define HAVE_SNPRINTF 1
#define HAVE_GETTIMEOFDAY 1
#define SIZEOF_INT 4
#define SIZEOF_LONG __SIZEOF_LONG__
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T 8
#define SIZEOF_TIME_T 8
#define _INTL_REDIRECT_MACROS 1
