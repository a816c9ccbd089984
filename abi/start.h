// SPDX-License-Identifier: MIT
// The start block: what a new process finds at the address in its first argument register, at the
// top of its stack. The parent writes it (lib/ferrite's fe_spawn; the kernel for init). All offsets
// are from the block's start; strings are NUL-terminated. It is data of the parent: a process that
// distrusts its parent has nothing to stand on anyway, so it is read without further checks.
#pragma once

#include <abi/object.h>

enum : uint32_t { FE_START_MAGIC = 0x72744546, FE_START_VERSION = 1 };

struct fe_start_handle {
    uint32_t name; // offset of its name: "self", "namespace", "process", "fd/0", "uart", ...
    fe_handle handle;
    uint64_t value; // meaning depends on the name (a base address, a fid, ...)
};
static_assert(sizeof(struct fe_start_handle) == 16);

// A fault that a supervisor has its service make, to see how all goes on.
enum watch_fault : uint32_t {
    WATCH_NO_FAULT,
    WATCH_HANG,  // it waits for what does not come
    WATCH_SPIN,  // it runs without an end
    WATCH_FAULT, // it writes where it has no memory
    WATCH_FAULTS
};

// What a service's loop tells of itself, where its supervisor can look (ferrite/watchdog.h).
struct fe_watch {
    uint32_t came_round; // it took a message since the supervisor cleared this
    uint32_t thread;     // the number of the one that serves; 0: it does not serve yet
    uint32_t fault;      // enum watch_fault, for the next message that finds came_round cleared
    uint32_t zero;
};
static_assert(sizeof(struct fe_watch) == 16);

struct fe_start {
    uint32_t magic, version;
    uint32_t size; // bytes, of all of it
    uint32_t argument_count, environment_count, handle_count;
    uint32_t arguments;   // offset of argument_count uint32_t offsets
    uint32_t environment; // offset of environment_count uint32_t offsets
    uint32_t handles;     // offset of handle_count struct fe_start_handle
    uint32_t directory;   // offset of the working directory's path
    uint64_t image_base;  // where the image's first byte is mapped
    uint64_t stack_base, stack_size;
    uint8_t random[32];
    uint32_t data, data_size; // offset and size of bytes private to lib/posix (open files, ...)
    struct fe_watch watch;    // the one part that is written later
};
static_assert(sizeof(struct fe_start) == 120);

// Handle names every process gets: "self" (its process), "thread" (its first thread), "namespace".
// init's further names: "initrd" (memory; value = bytes), "dtb" (memory), "acpi" (value = RSDP
// address), "command-line" (memory; value = bytes), "framebuffer" (memory with a struct
// boot_framebuffer, where the boot loader set a picture up), "resource/memory",
// "resource/interrupt", "resource/msi", "resource/port", "resource/dma", "resource/debug",
// "resource/power", "resource/entropy", "resource/system", "resource/time".
//
// A process's first thread begins with the block's address in reg[0] and a handle to itself in
// reg[1] (process_start puts it into the child), for which the parent leaves room under the name
// "thread". A service that a supervisor watches has "watchdog", an event (signal). On riscv32,
// where data is not at a fixed distance from text, every thread begins with the address of its
// process's data in gp.
