// SPDX-License-Identifier: MIT
// Firmware of our own for boot/uefi: its services as far as they are used, over the test's memory.
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "test/unit.h"

// The image: 8 KiB between two symbols.
__asm__(".pushsection .rodata\n.globl sample_start, sample_end\n.balign 4096\nsample_start: .fill "
        "8192, 1, 0xa5\n"
        "sample_end: .byte 0\n.popsection");
#define image_start sample_start
#define image_end sample_end
#include "boot/uefi/uefi.c"

enum : uint32_t { FILES = 3, PIECES = 8 };

// What firmware does, and what it was asked for.
static struct {
    const char *file[FILES]; // initrd, cmdline, \other\file; nullptr: not there
    const char *offered;     // an initrd by LoadFile2
    uint32_t stale;          // so many maps are old when services are to end
    bool is_ending, has_ended;
    bool is_misused; // was asked for what is no more after an attempt to end services
    uint8_t random;  // what random bytes are; 0: there are none
    struct {
        void *at;
        uint64_t pages;
    } piece[PIECES];
    uint64_t room; // pages that can be allocated
    char said[256];
} firmware;

static jmp_buf left;
static const struct handover *handed;
static uint64_t handed_kernel;

void handover_leave(uint64_t kernel, uint64_t, uint64_t, uint64_t block)
{
    handed_kernel = kernel;
    handed = (const struct handover *)block;
    longjmp(left, 1);
}

EFI_CALL static efi_status output(struct efi_text_output *, const efi_char *text)
{
    size_t length = strlen(firmware.said);
    if (firmware.is_ending) firmware.is_misused = true;
    for (; *text != 0 && length < sizeof firmware.said - 1; text++)
        firmware.said[length++] = (char)*text;
    return EFI_SUCCESS;
}

EFI_CALL static efi_status allocate_pages(uint32_t, uint32_t, uintptr_t pages, uint64_t *physical)
{
    if (firmware.is_ending) firmware.is_misused = true;
    if (pages > firmware.room) return EFI_OUT_OF_RESOURCES;
    void *at = aligned_alloc(EFI_PAGE, pages * EFI_PAGE);
    for (uint32_t i = 0; i < PIECES; i++) {
        if (firmware.piece[i].at != nullptr) continue;
        firmware.piece[i].at = at;
        firmware.piece[i].pages = pages;
        *physical = (uintptr_t)at;
        return EFI_SUCCESS;
    }
    return EFI_OUT_OF_RESOURCES;
}

EFI_CALL static efi_status free_pages(uint64_t physical, uintptr_t pages)
{
    if (firmware.is_ending) firmware.is_misused = true;
    for (uint32_t i = 0; i < PIECES; i++) {
        if (firmware.piece[i].at != (void *)physical || firmware.piece[i].pages != pages) continue;
        free(firmware.piece[i].at);
        firmware.piece[i].at = nullptr;
        return EFI_SUCCESS;
    }
    return EFI_NOT_FOUND;
}

static const struct efi_memory map[] = {
    {EFI_CONVENTIONAL, 0, 0x10'0000, 0, 256, EFI_MEMORY_WB},
    {EFI_BOOT_DATA, 0, 0x20'0000, 0, 16, EFI_MEMORY_WB},
    {EFI_RUNTIME_DATA, 0, 0x30'0000, 0, 16, EFI_MEMORY_WB},
    {EFI_ACPI_RECLAIM, 0, 0x31'0000, 0, 4, EFI_MEMORY_WB},
    {EFI_CONVENTIONAL, 0, 0x1'0000'0000, 0, 16, 0}, // cannot be cached
};

EFI_CALL static efi_status memory_map(uintptr_t *size, void *to, uintptr_t *key,
                                      uintptr_t *entry_size, uint32_t *)
{
    bool fits = *size >= sizeof map;
    *size = sizeof map;
    *entry_size = sizeof *map;
    if (!fits) return EFI_BUFFER_TOO_SMALL;
    memcpy(to, map, sizeof map);
    *key = firmware.stale;
    return EFI_SUCCESS;
}

EFI_CALL static efi_status exit_services(efi_handle, uintptr_t)
{
    firmware.is_ending = true;
    if (firmware.stale > 0) {
        firmware.stale--;
        return EFI_INVALID_PARAMETER;
    }
    firmware.has_ended = true;
    return EFI_SUCCESS;
}

EFI_CALL static efi_status watchdog(uintptr_t, uint64_t, uintptr_t, const efi_char *)
{
    return EFI_SUCCESS;
}

// --- Files ---

struct file {
    struct efi_file file;
    const char *bytes;
};

EFI_CALL static efi_status file_close(struct efi_file *)
{
    return EFI_SUCCESS;
}

EFI_CALL static efi_status file_read(struct efi_file *self, uintptr_t *size, void *to)
{
    const char *bytes = ((struct file *)self)->bytes;
    if (*size > strlen(bytes)) *size = strlen(bytes);
    memcpy(to, bytes, *size);
    return EFI_SUCCESS;
}

EFI_CALL static efi_status file_info(struct efi_file *self, const struct efi_guid *, uintptr_t *,
                                     void *to)
{
    ((uint64_t *)to)[1] = strlen(((struct file *)self)->bytes);
    return EFI_SUCCESS;
}

EFI_CALL static efi_status file_open(struct efi_file *, struct efi_file **file,
                                     const efi_char *path, uint64_t, uint64_t)
{
    static struct file opened[FILES];
    uint32_t which = path[9] == 'c' ? 1 : path[1] == 'o' ? 2 : 0; // cmdline, another, initrd
    if (which == 2 && memcmp(path, u"\\other\\file", 24) != 0) return EFI_NOT_FOUND;
    if (firmware.file[which] == nullptr) return EFI_NOT_FOUND;
    opened[which] = (struct file){{.close = file_close, .read = file_read, .info = file_info},
                                  firmware.file[which]};
    *file = &opened[which].file;
    return EFI_SUCCESS;
}

static struct efi_file root = {.open = file_open, .close = file_close};

EFI_CALL static efi_status volume_open(struct efi_volume *, struct efi_file **file)
{
    *file = &root;
    return EFI_SUCCESS;
}

EFI_CALL static efi_status load_file(struct efi_load_file *, const struct efi_path *, bool,
                                     uintptr_t *size, void *to)
{
    bool fits = to != nullptr && *size >= strlen(firmware.offered);
    *size = strlen(firmware.offered);
    if (!fits) return EFI_BUFFER_TOO_SMALL;
    memcpy(to, firmware.offered, *size);
    return EFI_SUCCESS;
}

// --- Protocols ---

static struct efi_image image;
static struct efi_volume volume = {.open = volume_open};
static struct efi_load_file loader = {load_file};

EFI_CALL static efi_status protocol(efi_handle, const struct efi_guid *guid, void **found)
{
    *found = guid->a == loaded_image.a  ? (void *)&image
             : guid->a == file_system.a ? (void *)&volume
                                        : (void *)&loader;
    return EFI_SUCCESS;
}

EFI_CALL static efi_status locate_path(const struct efi_guid *, const struct efi_path **,
                                       efi_handle *)
{
    return firmware.offered == nullptr ? EFI_NOT_FOUND : EFI_SUCCESS;
}

EFI_CALL static efi_status random_get(struct efi_random *, const struct efi_guid *, uintptr_t size,
                                      void *to)
{
    memset(to, firmware.random, size);
    return EFI_SUCCESS;
}

static struct efi_random generator = {.get = random_get};

EFI_CALL static efi_status locate(const struct efi_guid *guid, void *, void **found)
{
    if (guid->a != 0x3152bca5 || firmware.random == 0) return EFI_NOT_FOUND; // no screen
    *found = &generator;
    return EFI_SUCCESS;
}

static struct efi_boot_services services = {.allocate_pages = allocate_pages,
                                            .free_pages = free_pages,
                                            .memory_map = memory_map,
                                            .protocol = protocol,
                                            .locate_path = locate_path,
                                            .exit_boot_services = exit_services,
                                            .watchdog = watchdog,
                                            .locate = locate};
static struct efi_text_output console = {.output = output};
static uint32_t tree[2] = {0, 0x0010'0000}; // 4 KiB, big-endian
static struct efi_configuration tables[] = {
    {{0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}}, tree}};
static struct efi_system firmware_system = {
    .output = &console, .boot = &services, .configuration_count = 1, .configuration = tables};

static void firmware_reset(void)
{
    for (uint32_t i = 0; i < PIECES; i++) free(firmware.piece[i].at);
    memset(&firmware, 0, sizeof firmware);
    firmware.room = 4096;
    firmware.file[0] = "an initrd";
    image = (struct efi_image){};
    firmware_system.configuration_count = 1;
    handed = nullptr;
}

static efi_status run(void)
{
    return setjmp(left) == 0 ? uefi_entry(nullptr, &firmware_system) : EFI_SUCCESS;
}

static bool is_all_given_back(void)
{
    for (uint32_t i = 0; i < PIECES; i++)
        if (firmware.piece[i].at != nullptr) return false;
    return true;
}

TEST("the kernel is copied to a boundary, and told of map, initrd and device tree")
{
    firmware_reset();
    EXPECT(run() == EFI_SUCCESS && handed != nullptr && firmware.has_ended);
    EXPECT(handed_kernel % ALIGNMENT == 0);
    EXPECT(memcmp((void *)handed_kernel, image_start, image_size()) == 0);
    const struct bootinfo *info = &handed->info;
    EXPECT(info->initrd_size == 9 && memcmp((void *)info->initrd_base, "an initrd", 9) == 0);
    EXPECT(info->dtb == (uintptr_t)tree && info->memory_count == 7);
    const struct boot_memory *memory = info->memory;
    EXPECT(memory[0].kind == BOOT_MEMORY_RAM && memory[0].size == 256 * EFI_PAGE);
    EXPECT(memory[1].kind == BOOT_MEMORY_RAM && memory[2].kind == BOOT_MEMORY_RESERVED);
    EXPECT(memory[3].kind == BOOT_MEMORY_RECLAIMABLE && memory[4].kind == BOOT_MEMORY_INITRD);
    EXPECT(memory[5].kind == BOOT_MEMORY_RECLAIMABLE && memory[5].base == info->command_line);
    EXPECT(memory[6].base == (uintptr_t)tree && memory[6].size == EFI_PAGE);
    EXPECT(info->seed_size == 0 && handed->fault[0] == '\0');
}

TEST("services end with a new map when the first was old, and not for ever")
{
    firmware_reset();
    firmware.stale = 2;
    EXPECT(run() == EFI_SUCCESS && firmware.has_ended);
    firmware_reset();
    firmware.stale = 100;
    EXPECT(run() == EFI_SUCCESS && !firmware.has_ended);
    // Nothing but maps and attempts is allowed by then: the kernel has to say it.
    EXPECT(strstr(handed->fault, "do not end") != nullptr && handed->info.memory_count == 0);
    EXPECT(!firmware.is_misused && firmware.said[0] == '\0');
}

TEST("an initrd that a loader offers is taken before the file")
{
    firmware_reset();
    firmware.offered = "the loader's";
    EXPECT(run() == EFI_SUCCESS && handed->info.initrd_size == 12);
    EXPECT(memcmp((void *)handed->info.initrd_base, "the loader's", 12) == 0);
}

TEST("the command line names another initrd, and there is no other then")
{
    static const efi_char text[] = u"quiet initrd=/other/file seed=1";
    firmware_reset();
    firmware.file[2] = "another";
    image.options = text;
    image.options_size = sizeof text;
    EXPECT(run() == EFI_SUCCESS && handed->info.initrd_size == 7);
    EXPECT(memcmp((void *)handed->info.initrd_base, "another", 7) == 0);
    EXPECT(strcmp((const char *)handed->info.command_line, "quiet initrd=/other/file seed=1") == 0);
    firmware_reset();
    image.options = text;
    image.options_size = sizeof text;
    EXPECT(run() == EFI_NOT_FOUND && is_all_given_back());
    EXPECT(strstr(firmware.said, "initrd= names") != nullptr);
    static efi_char endless[1000] = u"initrd=";
    for (uint32_t i = 7; i < 1000; i++) endless[i] = 'a';
    image.options = endless;
    image.options_size = sizeof endless;
    firmware.said[0] = '\0';
    EXPECT(run() == EFI_NOT_FOUND && strstr(firmware.said, "initrd= names") != nullptr);
}

TEST("firmware's random bytes are handed over")
{
    firmware_reset();
    firmware.random = 0x5a;
    EXPECT(run() == EFI_SUCCESS && handed->info.seed_size == 64);
    const uint8_t *seed = (const uint8_t *)handed->info.seed;
    EXPECT(seed[0] == 0x5a && seed[63] == 0x5a);
    EXPECT(seed >= (const uint8_t *)handed &&
           seed < (const uint8_t *)handed + handover_size(handed));
}

TEST("without an initrd, or without memory, firmware gets its machine back and a reason")
{
    firmware_reset();
    firmware.file[0] = nullptr;
    EXPECT(run() == EFI_NOT_FOUND && is_all_given_back());
    EXPECT(strstr(firmware.said, "no initrd") != nullptr);
    firmware_reset();
    firmware.room = 64;
    EXPECT(run() == EFI_OUT_OF_RESOURCES && is_all_given_back());
    EXPECT(strstr(firmware.said, "too little memory") != nullptr);
}

TEST("firmware that describes no machine gets it back")
{
    firmware_reset();
    firmware_system.configuration_count = 0;
    EXPECT(run() == EFI_UNSUPPORTED && is_all_given_back() && !firmware.is_ending);
    EXPECT(strstr(firmware.said, "neither a device tree nor ACPI") != nullptr);
}

static const char *words(void)
{
    return run() == EFI_SUCCESS ? (const char *)handed->info.command_line : "";
}

TEST("load options are the command line when they are a text, else a file is")
{
    static const efi_char text[] = u"seed=1 quiet", number[] = {0xac4e, 0x8108, 0x9f11, 0x4d59};
    firmware_reset();
    image.options = text;
    image.options_size = sizeof text;
    EXPECT(strcmp(words(), "seed=1 quiet") == 0);
    firmware_reset();
    firmware.file[1] = "from=file\n";
    image.options = number;
    image.options_size = sizeof number;
    EXPECT(strcmp(words(), "from=file") == 0);
    firmware_reset();
    EXPECT(strcmp(words(), "") == 0);
    static efi_char longer[10'000];
    for (uint32_t i = 0; i < 10'000; i++) longer[i] = 'a' + i % 26;
    firmware_reset();
    image.options = longer;
    image.options_size = sizeof longer;
    EXPECT(strlen(words()) == 10'000 && words()[9'999] == 'a' + 9'999 % 26);
}
