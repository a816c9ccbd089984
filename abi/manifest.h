// SPDX-License-Identifier: MIT
// The executable format: the subset of Mach-O (64-bit, little-endian) that Ferrite accepts, its own
// load commands for entitlements and signature, and the initrd's trailer. Layouts of the standard
// parts follow <mach-o/loader.h> of the Mach-O file format reference. A file is exactly:
//   header, load commands, segments' bytes, nothing after the last segment but the signature.
// The signature is Ed25519 over SHA-512 of ("ferrite image\0" || every byte of the file before the
// signature's offset). tool/image writes it, tool/sign signs it, kernel/object/image.c checks it.
#pragma once

#include <stdint.h>

enum : uint32_t {
    MACHO_MAGIC_64 = 0xfeedfacf,
    MACHO_MAGIC_32 = 0xfeedface,
    MACHO_EXECUTE = 2,      // MH_EXECUTE
    MACHO_PIE = 0x00200000, // MH_PIE, required
    MACHO_NO_UNDEFINED = 1, // MH_NOUNDEFS, required

    MACHO_CPU_X86 = 7,
    MACHO_CPU_X86_64 = 0x01000007,
    MACHO_CPU_ARM64 = 0x0100000c,
    MACHO_CPU_RISCV = 24,
    MACHO_CPU_RISCV64 = 0x01000018,

    MACHO_SEGMENT_64 = 0x19, // LC_SEGMENT_64
    MACHO_UUID = 0x1b,       // LC_UUID: first 16 bytes of the ELF's build id, for symbols
    MACHO_MAIN = 0x80000028, // LC_MAIN: entry offset
    MACHO_FERRITE_ENTITLEMENT = 0x46450001,
    MACHO_FERRITE_SIGNATURE = 0x46450002, // last load command

    MACHO_READ = 1,
    MACHO_WRITE = 2,
    MACHO_EXECUTABLE = 4,
};

struct macho_header_64 {
    uint32_t magic, cpu_type, cpu_subtype, file_type;
    uint32_t command_count, commands_size, flags, reserved;
};
static_assert(sizeof(struct macho_header_64) == 32);

struct macho_command {
    uint32_t command, size; // size is a multiple of 8 and includes these two
};
static_assert(sizeof(struct macho_command) == 8);

struct macho_segment_64 {
    struct macho_command command;
    char name[16];
    uint64_t address, memory_size; // from address 0 = image base; page-aligned, ascending
    uint64_t file_offset, file_size;
    uint32_t maximum_protection, protection; // equal
    uint32_t section_count, flags;           // zero sections
};
static_assert(sizeof(struct macho_segment_64) == 72);

struct macho_main {
    struct macho_command command;
    uint64_t entry_offset; // an address in an executable segment
    uint64_t stack_size;   // 0: the default
};
static_assert(sizeof(struct macho_main) == 24);

struct macho_uuid {
    struct macho_command command;
    uint8_t uuid[16];
};
static_assert(sizeof(struct macho_uuid) == 24);

// What the program may be given. Kinds of handle are a bit per enum object_type and, for resources,
// a bit per enum resource_kind. `names` are path prefixes, each NUL-terminated, that its namespace
// may have mounts below; none at all means any.
struct macho_entitlement {
    struct macho_command command;
    uint32_t object_kinds;
    uint32_t resource_kinds;
    uint64_t memory_ceiling; // bytes; 0: no ceiling of its own
    uint32_t priority_ceiling;
    uint32_t names_size; // bytes that follow
};
static_assert(sizeof(struct macho_entitlement) == 32);

struct macho_signature {
    struct macho_command command;
    uint64_t file_offset; // where the signature starts: end of the last segment's bytes, 16-aligned
    uint8_t key[32];      // Ed25519 public key; must be a trust root
};
static_assert(sizeof(struct macho_signature) == 48);
enum : uint32_t { MACHO_SIGNATURE_SIZE = 64 };

// A trust root, as built into the kernel: a key and the most that it may entitle images to.
struct trust_root {
    uint8_t key[32];
    uint32_t object_kinds, resource_kinds;
    uint64_t memory_ceiling;
    uint32_t priority_ceiling;
};
static_assert(sizeof(struct trust_root) == 56);

// The initrd: a cpio archive (newc), then this trailer. The signature is Ed25519 over SHA-512 of
// ("ferrite initrd\0" || what <cpio/initrd.h> tells of the archive): of an image among its files
// only the image's own signature. The archive is padded to a page.
struct initrd_trailer {
    uint8_t magic[8]; // "FEINITRD"
    uint64_t archive_size;
    uint8_t key[32];
    uint8_t signature[64];
};
static_assert(sizeof(struct initrd_trailer) == 112);
