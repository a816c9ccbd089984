# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
"""The SDK with the build systems of others: three projects outside of the tree, one of CMake, one of autoconf and
automake, one of Meson, are configured and built with it alone. Their programs are fetched into the machine and run."""

import os
import shutil
import subprocess
import tempfile

from machine import TOP, Machine, WebServer, make, passed

# Four threads add up a table under one mutex; the program is of two files, one of them in a static library.
CMAKE = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.16)
project(threads C)
include(CheckFunctionExists)
include(CheckTypeSize)
check_function_exists(posix_spawn HAVE_SPAWN)
check_function_exists(no_such_function HAVE_NOTHING)
check_type_size("long double" LONG_DOUBLE)
if(NOT UNIX OR NOT HAVE_SPAWN OR HAVE_NOTHING OR NOT LONG_DOUBLE)
    message(FATAL_ERROR "the checks are wrong: ${HAVE_SPAWN} ${HAVE_NOTHING} ${LONG_DOUBLE}")
endif()
find_package(Threads REQUIRED)
add_library(sum STATIC sum.c)
add_executable(threads main.c)
target_link_libraries(threads sum m Threads::Threads)
""",
    "sum.c": """
#include <math.h>
#include <pthread.h>
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
double total;
void *sum(void *from)
{
    for (int i = 0; i < 250; i++) {
        pthread_mutex_lock(&guard);
        total += sqrt(((double *)from)[i]);
        pthread_mutex_unlock(&guard);
    }
    return 0;
}
""",
    "main.c": """
#include <pthread.h>
#include <stdio.h>
extern double total;
void *sum(void *from);
int main(void)
{
    static double table[1000];
    pthread_t threads[4];
    for (int i = 0; i < 1000; i++) table[i] = (double)i * i;
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, sum, table + 250 * i);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
    printf("the total is %.0f\\n", total);
}
""",
}

# What configure finds decides how the program is made: it has to run another one, and there is no fork.
AUTOTOOLS = {
    "configure.ac": """
AC_INIT([spawn], [1.0])
AM_INIT_AUTOMAKE([foreign])
AC_PROG_CC
AC_PROG_RANLIB
AM_PROG_AR
AC_CHECK_HEADERS([spawn.h sys/socket.h no/such.h])
AC_CHECK_FUNCS([fork posix_spawn])
AC_CHECK_SIZEOF([off_t])
AC_SEARCH_LIBS([sqrt], [m])
AC_CONFIG_HEADERS([config.h])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
""",
    "Makefile.am": """
bin_PROGRAMS = spawn
noinst_LIBRARIES = libstart.a
libstart_a_SOURCES = start.c
spawn_SOURCES = main.c
spawn_LDADD = libstart.a
""",
    "start.c": """
#include "config.h"
#include <sys/wait.h>
#if defined HAVE_FORK || defined HAVE_NO_SUCH_H || SIZEOF_OFF_T != 8
#error configure found what is not there
#endif
#if defined HAVE_POSIX_SPAWN && defined HAVE_SPAWN_H
#include <spawn.h>
extern char **environ;
int start(char *const arguments[])
{
    pid_t child;
    int status = -1;
    if (posix_spawnp(&child, arguments[0], 0, 0, arguments, environ) != 0) return -1;
    return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
}
#endif
""",
    "main.c": """
#include <stdio.h>
int start(char *const arguments[]);
int main(void)
{
    char *const arguments[] = {"sh", "-c", "exit 42", 0};
    printf("the child ended with %d\\n", start(arguments));
}
""",
}

MESON = {
    "meson.build": """
project('pattern', 'c', default_options: ['warning_level=2'])
compiler = meson.get_compiler('c')
assert(host_machine.system() == 'ferrite' and meson.is_cross_build())
assert(compiler.has_function('regcomp') and not compiler.has_function('no_such_function'))
assert(compiler.sizeof('long long') == 8)
match = static_library('match', 'match.c')
executable('pattern', 'main.c', link_with: match,
           dependencies: [dependency('threads'), compiler.find_library('m')])
""",
    "match.c": """
#include <regex.h>
int match(const char *pattern, const char *text, int *from, int *to)
{
    regex_t compiled;
    regmatch_t found;
    if (regcomp(&compiled, pattern, REG_EXTENDED) != 0) return -1;
    int result = regexec(&compiled, text, 1, &found, 0);
    regfree(&compiled);
    *from = (int)found.rm_so, *to = (int)found.rm_eo;
    return result;
}
""",
    "main.c": """
#include <stdio.h>
int match(const char *pattern, const char *text, int *from, int *to);
int main(void)
{
    int from, to;
    if (match("fe(rr)?i+te", "a ferrite core", &from, &to) != 0) return 1;
    printf("found from %d to %d\\n", from, to);
}
""",
}


def run(folder, *words, **environment):
    done = subprocess.run(words, cwd=folder, env=dict(os.environ, **environment), text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}"


def cmake(sdk, folder):
    run(folder, "cmake", f"-DCMAKE_TOOLCHAIN_FILE={sdk}/ferrite.cmake", "-DCMAKE_BUILD_TYPE=Release", "-B", "made")
    run(folder, "cmake", "--build", "made")
    return "made/threads"


def autotools(sdk, folder):
    run(folder, "autoreconf", "-i")
    triple = subprocess.check_output([f"{sdk}/bin/ferrite-clang", "-dumpmachine"], text=True).strip()
    run(folder, "./configure", f"--host={triple}", CONFIG_SITE=f"{sdk}/share/config.site")
    run(folder, "make")
    return "spawn"


def meson(sdk, folder):
    run(folder, "meson", "setup", "--cross-file", f"{sdk}/ferrite.meson", "made")
    run(folder, "meson", "compile", "-C", "made")
    return "made/pattern"


# Which tools it takes, the project, how it is built, what its program prints.
PROJECTS = {
    "threads": (["cmake"], CMAKE, cmake, "the total is 499500"),
    "spawn": (["autoreconf", "automake"], AUTOTOOLS, autotools, "the child ended with 42"),
    "pattern": (["meson"], MESON, meson, "found from 2 to 9"),
}


def build(sdk, files, how):
    with tempfile.TemporaryDirectory(prefix="ferrite-sdk-") as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text.lstrip("\n"))
        with open(os.path.join(folder, how(sdk, folder)), "rb") as file:
            return file.read()


make("sdk")
sdk_folder = os.path.join(TOP, "out/sdk", make("arch").strip())
programs = {}
for project, (tools, files, how, _) in PROJECTS.items():
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"{project}: not tried, this machine has no {missing[0]}")
        continue
    programs[f"/{project}"] = build(sdk_folder, files, how)

with WebServer(programs) as web, Machine() as machine:
    machine.login()
    machine.run("cd /tmp")
    for path in programs:
        project = path.strip("/")
        machine.run(f"wget -q {web.url(path)} && chmod +x {project}")
        got, wanted = machine.run(f"./{project}").strip(), PROJECTS[project][3]
        assert got == wanted, f"{project} printed {got!r}, not {wanted!r}"
        passed(f"{project}, built by {PROJECTS[project][0][0]}, runs")
