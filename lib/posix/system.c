// SPDX-License-Identifier: MIT
// The machine: what uname and sysinfo tell, random bytes, and ending it all.
#include "call.h"
#include "context.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/clock.h>
#include <ferrite/entropy.h>
#include <ferrite/start.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#if defined(__aarch64__)
static const char machine[] = "aarch64";
#elif defined(__x86_64__)
static const char machine[] = "x86_64";
#elif defined(__i386__)
static const char machine[] = "i386";
#elif __riscv_xlen == 64
static const char machine[] = "riscv64";
#else
static const char machine[] = "riscv32";
#endif

// The first line of a small file; empty when there is none.
static void read_line(const char *path, char *to, size_t capacity)
{
    struct p9_file *file;
    to[0] = '\0';
    if (p9_open(path, OPEN_READ, 0, &file) < 0) return;
    int64_t count = p9_read(file, 0, to, capacity - 1);
    p9_close(file);
    if (count > 0) to[count] = '\0';
    to[strcspn(to, "\n")] = '\0';
}

// The second word of /proc/version; a process that cannot name the file sees none.
static void read_release(char *to, size_t capacity)
{
    char line[128];
    read_line("/proc/version", line, sizeof line);
    char *word = line + strcspn(line, " ");
    word += *word == ' ';
    size_t size = strcspn(word, " ");
    if (size >= capacity) size = capacity - 1;
    memcpy(to, word, size);
    to[size] = '\0';
}

int64_t call_uname(const int64_t *a)
{
    struct utsname *name = (struct utsname *)a[0];
    memset(name, 0, sizeof *name);
    strcpy(name->sysname, "Ferrite");
    read_release(name->release, sizeof name->release);
    strcpy(name->version, "microkernel");
    strcpy(name->machine, machine);
    read_line("/etc/hostname", name->nodename, sizeof name->nodename);
    if (name->nodename[0] == '\0') strcpy(name->nodename, "ferrite");
    return 0;
}

// The figures of a "name: number" line of /proc/meminfo, in KiB.
static uint64_t figure(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line == nullptr ? 0 : strtoull(line + strlen(name), nullptr, 10);
}

int64_t call_sysinfo(const int64_t *a)
{
    struct sysinfo *info = (struct sysinfo *)a[0];
    char text[1024] = "";
    struct p9_file *file;
    memset(info, 0, sizeof *info);
    info->uptime = (long)(fe_clock_monotonic() / 1'000'000'000);
    info->mem_unit = 1024; // a word holds the figures in bytes of small machines only
    if (p9_open("/proc/meminfo", OPEN_READ, 0, &file) == 0) {
        int64_t count = p9_read(file, 0, text, sizeof text - 1);
        if (count >= 0) text[count] = '\0';
        p9_close(file);
    }
    info->totalram = (unsigned long)figure(text, "MemTotal:");
    info->freeram = (unsigned long)figure(text, "MemFree:");
    return 0;
}

int64_t call_getrandom(const int64_t *a)
{
    if ((a[2] & ~(int64_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0) return -EINVAL;
    bool is_seeded = fe_entropy((void *)a[0], (size_t)a[1]);
    return is_seeded || (a[2] & GRND_INSECURE) != 0 ? a[1] : -EAGAIN;
}

// As the C library's reboot() passes it.
enum : int { POWER_OFF_NOW = 0x4321fedc, RESTART_NOW = 0x1234567, HALT_NOW = (int)0xcdef0123 };

int64_t call_reboot(const int64_t *a)
{
    struct p9_file *file;
    const char *word;
    switch ((int)a[2]) {
    case POWER_OFF_NOW:
    case HALT_NOW: word = "off"; break;
    case RESTART_NOW: word = "reboot"; break;
    default: return 0;
    }
    long error = p9_open("/dev/power", OPEN_WRITE, 0, &file);
    if (error < 0) return error;
    int64_t count = p9_write(file, 0, word, strlen(word));
    p9_close(file);
    return count < 0 ? (long)count : 0;
}

// The kernel's log is a file: /dev/log. Only reading all of it, and asking for its size.
int64_t call_syslog(const int64_t *a)
{
    enum : long { READ_ALL = 3, CLEAR = 5, SIZE = 10 };
    struct p9_file *file;
    if (a[0] == SIZE) return 64 * 1024;
    if (a[0] != READ_ALL) return a[0] <= CLEAR ? 0 : -EINVAL;
    long error = p9_open("/dev/log", OPEN_READ, 0, &file);
    if (error < 0) return error;
    int64_t count = p9_read(file, 0, (void *)a[1], (size_t)a[2]);
    p9_close(file);
    return (long)count;
}
