// SPDX-License-Identifier: MIT
// Between the parts of UEFI's translator. It has no state but what is on its stack: what it runs
// in is the image that it copies to the kernel's place.
#pragma once

#include "boot/boot.h"
#include "boot/uefi/efi.h"

enum : uint32_t { UEFI_PIECES = 5, UEFI_NAME_MAX = 260 };

// What was allocated, to be given back where the way ends early; all zero: nothing.
struct uefi_piece {
    uint64_t base, pages;
};

struct uefi {
    efi_handle self;
    struct efi_system *system;
    struct efi_boot_services *boot;
    struct efi_image *image;
    struct efi_file *volume; // the root of the file system that the image came from; nullptr: none
    struct uefi_piece piece[UEFI_PIECES];
    uint64_t kernel; // where it will run
    uint64_t initrd, initrd_size;
    char *words;         // the command line, NUL-terminated
    uint64_t words_size; // with the NUL
    uint64_t boot_cpu;
};

// Prints a line on firmware's console, and gives the status back.
efi_status uefi_say(const struct uefi *uefi, efi_status status, const char *what);

// Memory as the map will tell of it: free, but for what is told otherwise. `size` bytes; of the
// type depends whether firmware lets it be executed.
efi_status uefi_allocate(struct uefi *uefi, enum efi_memory_type type, uint64_t size,
                         uint64_t *base);
void uefi_give_back(struct uefi *uefi);

// initrd.c: finds and loads it.
efi_status uefi_initrd(struct uefi *uefi);

// options.c: the kernel's command line, from the image's load options if they are a text, else from
// a file.
efi_status uefi_command_line(struct uefi *uefi);

// The file that the command line's initrd= names; false: there is no such word. Too long a name
// comes out empty.
bool uefi_initrd_name(const struct uefi *uefi, efi_char name[UEFI_NAME_MAX]);

// Reads all of a file of the volume: its size, and then its bytes, when `to` is not nullptr.
efi_status uefi_file(const struct uefi *uefi, const efi_char *path, uint64_t *size, void *to);

// machine.c: what firmware's tables say of the machine; and up to `size` random bytes, as many as
// it gives.
void uefi_machine(const struct uefi *uefi, struct bootinfo *info);
uint64_t uefi_random(const struct uefi *uefi, uint8_t *to, uint64_t size);

// Appends what an entry of firmware's map says, and of the rest what has to be kept.
void uefi_map(struct bootinfo *info, const struct efi_memory *entry);
void uefi_map_kept(const struct uefi *uefi, struct bootinfo *info);

// place.c, which some instruction sets have of their own: the last physical address that the
// kernel's entry reaches, and the boot CPU's number where it cannot find out itself.
uint64_t uefi_reach(void);
efi_status uefi_boot_cpu(struct uefi *uefi);
