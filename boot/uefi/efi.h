// SPDX-License-Identifier: MIT
// As much of UEFI as the translator uses: names shortened to ours, layouts those of the UEFI
// Specification 2.10, chapters 4 (tables), 7 (boot services), 9.1, 10 (device paths), 12.4, 12.9,
// 13.2, 13.4, 13.5, 37.5 (random numbers); the RISC-V boot protocol those of RISC-V UEFI Protocol
// Specification 1.0.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#    define EFI_CALL [[gnu::ms_abi]]
#else
#    define EFI_CALL
#endif

typedef uint16_t efi_char;
typedef uintptr_t efi_status;
typedef void *efi_handle;

enum : efi_status {
    EFI_SUCCESS = 0,
    EFI_ERROR = (efi_status)1 << (sizeof(efi_status) * 8 - 1),
    EFI_LOAD_ERROR = EFI_ERROR + 1,
    EFI_INVALID_PARAMETER = EFI_ERROR + 2,
    EFI_UNSUPPORTED = EFI_ERROR + 3,
    EFI_BUFFER_TOO_SMALL = EFI_ERROR + 5,
    EFI_OUT_OF_RESOURCES = EFI_ERROR + 9,
    EFI_NOT_FOUND = EFI_ERROR + 14,
};

struct efi_guid {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
};

struct efi_table_header {
    uint64_t signature;
    uint32_t revision, size, crc, reserved;
};

struct efi_text_output {
    void *reset;
    EFI_CALL efi_status (*output)(struct efi_text_output *self, const efi_char *text);
};

enum efi_memory_type : uint32_t {
    EFI_RESERVED,
    EFI_LOADER_CODE,
    EFI_LOADER_DATA,
    EFI_BOOT_CODE,
    EFI_BOOT_DATA,
    EFI_RUNTIME_CODE,
    EFI_RUNTIME_DATA,
    EFI_CONVENTIONAL,
    EFI_UNUSABLE,
    EFI_ACPI_RECLAIM,
};
enum : uint64_t { EFI_PAGE = 4096, EFI_MEMORY_WB = 8 };
enum : uint32_t { EFI_ALLOCATE_BELOW = 1 };

struct efi_memory { // the map's entries, which may be longer
    uint32_t type, zero;
    uint64_t physical, virtual, pages, attributes;
};

struct efi_path { // a node of a device path
    uint8_t type, subtype, size[2];
};

struct efi_boot_services {
    struct efi_table_header header;
    void *priority[2];
    EFI_CALL efi_status (*allocate_pages)(uint32_t how, uint32_t type, uintptr_t pages,
                                          uint64_t *physical);
    EFI_CALL efi_status (*free_pages)(uint64_t physical, uintptr_t pages);
    EFI_CALL efi_status (*memory_map)(uintptr_t *size, void *map, uintptr_t *key,
                                      uintptr_t *entry_size, uint32_t *version);
    void *pool_and_events[11];
    EFI_CALL efi_status (*protocol)(efi_handle handle, const struct efi_guid *guid, void **found);
    void *notify[2]; // and one that is reserved
    void *locate_handle;
    EFI_CALL efi_status (*locate_path)(const struct efi_guid *guid, const struct efi_path **path,
                                       efi_handle *handle);
    void *install_table, *load_image, *start_image, *exit, *unload_image;
    EFI_CALL efi_status (*exit_boot_services)(efi_handle image, uintptr_t key);
    void *counter, *stall;
    EFI_CALL efi_status (*watchdog)(uintptr_t seconds, uint64_t code, uintptr_t size,
                                    const efi_char *text);
    void *controllers[7];
    EFI_CALL efi_status (*locate)(const struct efi_guid *guid, void *registration, void **found);
};
static_assert(offsetof(struct efi_boot_services, protocol) == 24 + 16 * sizeof(void *));
static_assert(offsetof(struct efi_boot_services, exit_boot_services) == 24 + 26 * sizeof(void *));
static_assert(offsetof(struct efi_boot_services, locate) == 24 + 37 * sizeof(void *));

struct efi_configuration {
    struct efi_guid guid;
    void *table;
};

struct efi_system {
    struct efi_table_header header;
    const efi_char *vendor;
    uint32_t revision;
    efi_handle input_handle;
    void *input;
    efi_handle output_handle;
    struct efi_text_output *output;
    efi_handle error_handle;
    void *error;
    void *runtime;
    struct efi_boot_services *boot;
    uintptr_t configuration_count;
    struct efi_configuration *configuration;
};

struct efi_image {
    uint32_t revision;
    efi_handle parent;
    struct efi_system *system;
    efi_handle device;
    void *path, *reserved;
    uint32_t options_size;
    const efi_char *options;
};

struct efi_file {
    uint64_t revision;
    EFI_CALL efi_status (*open)(struct efi_file *self, struct efi_file **file, const efi_char *path,
                                uint64_t mode, uint64_t attributes);
    EFI_CALL efi_status (*close)(struct efi_file *self);
    void *remove;
    EFI_CALL efi_status (*read)(struct efi_file *self, uintptr_t *size, void *to);
    void *write, *position;
    EFI_CALL efi_status (*seek)(struct efi_file *self, uint64_t position);
    EFI_CALL efi_status (*info)(struct efi_file *self, const struct efi_guid *kind, uintptr_t *size,
                                void *to);
};
enum : uint64_t { EFI_FILE_READ = 1 };

struct efi_volume {
    uint64_t revision;
    EFI_CALL efi_status (*open)(struct efi_volume *self, struct efi_file **root);
};

struct efi_load_file {
    EFI_CALL efi_status (*load)(struct efi_load_file *self, const struct efi_path *path,
                                bool boot_policy, uintptr_t *size, void *to);
};

enum efi_pixels : uint32_t { EFI_PIXELS_RGB, EFI_PIXELS_BGR, EFI_PIXELS_MASKS };

struct efi_graphics_mode {
    uint32_t version, width, height;
    uint32_t pixels;
    uint32_t mask[4]; // red, green, blue, nothing
    uint32_t line;    // pixels
};

struct efi_graphics {
    void *query, *set, *blit;
    struct {
        uint32_t count, now;
        const struct efi_graphics_mode *mode;
        uintptr_t mode_size;
        uint64_t address;
        uintptr_t size;
    } *state;
};

struct efi_random {
    void *info;
    EFI_CALL efi_status (*get)(struct efi_random *self, const struct efi_guid *how, uintptr_t size,
                               void *to);
};

struct efi_riscv_boot {
    uint64_t revision;
    EFI_CALL efi_status (*boot_hart)(struct efi_riscv_boot *self, uintptr_t *hart);
};
