// SPDX-License-Identifier: MIT
// What firmware tells of the machine: configuration tables, screen, memory.
#include "boot/uefi/uefi.h"

static const struct efi_guid graphics_output = {
    0x9042a9de, 0x23dc, 0x4a38, {0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a}};
static const struct efi_guid acpi_2 = {
    0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
static const struct efi_guid acpi_1 = {
    0xeb9d2d30, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
static const struct efi_guid device_tree = {
    0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};

static const struct efi_guid random_numbers = {
    0x3152bca5, 0xeade, 0x433d, {0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44}};

static bool is(const struct efi_guid *a, const struct efi_guid *b)
{
    const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
    for (size_t i = 0; i < sizeof *a; i++)
        if (x[i] != y[i]) return false;
    return true;
}

static void *table(const struct uefi *uefi, const struct efi_guid *guid)
{
    for (uintptr_t i = 0; i < uefi->system->configuration_count; i++) {
        const struct efi_configuration *entry = &uefi->system->configuration[i];
        if (is(&entry->guid, guid)) return entry->table;
    }
    return nullptr;
}

static struct boot_channel channel_of(uint32_t mask)
{
    if (mask == 0) return (struct boot_channel){};
    uint8_t position = (uint8_t)__builtin_ctz(mask), size = 0;
    for (mask >>= position; mask & 1; mask >>= 1) size++;
    return (struct boot_channel){position, size};
}

static void screen(const struct uefi *uefi, struct boot_framebuffer *buffer)
{
    struct efi_graphics *graphics;
    if (uefi->boot->locate(&graphics_output, nullptr, (void **)&graphics) != EFI_SUCCESS) return;
    if (graphics->state == nullptr || graphics->state->mode == nullptr) return;
    const struct efi_graphics_mode *mode = graphics->state->mode;
    uint32_t red = 0xff, green = 0xff00, blue = 0xff'0000;
    if (mode->pixels > EFI_PIXELS_MASKS || graphics->state->address == 0) return; // no memory
    if (mode->pixels == EFI_PIXELS_BGR) red = 0xff'0000, blue = 0xff;
    if (mode->pixels == EFI_PIXELS_MASKS)
        red = mode->mask[0], green = mode->mask[1], blue = mode->mask[2];
    *buffer = (struct boot_framebuffer){.address = graphics->state->address,
                                        .width = mode->width,
                                        .height = mode->height,
                                        .stride = mode->line * 4,
                                        .bits_per_pixel = 32,
                                        .red = channel_of(red),
                                        .green = channel_of(green),
                                        .blue = channel_of(blue)};
}

void uefi_machine(const struct uefi *uefi, struct bootinfo *info)
{
    void *rsdp = table(uefi, &acpi_2);
    if (rsdp == nullptr) rsdp = table(uefi, &acpi_1);
    info->rsdp = (uint64_t)rsdp;
    info->dtb = (uint64_t)table(uefi, &device_tree);
    screen(uefi, &info->framebuffer);
}

uint64_t uefi_random(const struct uefi *uefi, uint8_t *to, uint64_t size)
{
    struct efi_random *random;
    if (uefi->boot->locate(&random_numbers, nullptr, (void **)&random) != EFI_SUCCESS) return 0;
    return random->get(random, nullptr, size, to) == EFI_SUCCESS ? size : 0;
}

static void append(struct bootinfo *info, struct boot_memory memory)
{
    if (memory.size != 0) info->memory[info->memory_count++] = memory;
}

void uefi_map(struct bootinfo *info, const struct efi_memory *entry)
{
    enum boot_memory_kind kind = BOOT_MEMORY_RESERVED;
    if (entry->type == EFI_ACPI_RECLAIM) kind = BOOT_MEMORY_RECLAIMABLE;
    if (entry->type == EFI_CONVENTIONAL ||
        (entry->type >= EFI_LOADER_CODE && entry->type <= EFI_BOOT_DATA))
        kind = BOOT_MEMORY_RAM;
    if (kind == BOOT_MEMORY_RAM && !(entry->attributes & EFI_MEMORY_WB)) return;
    append(info, (struct boot_memory){entry->physical, entry->pages * EFI_PAGE, kind, 0});
}

void uefi_map_kept(const struct uefi *uefi, struct bootinfo *info)
{
    append(info, (struct boot_memory){uefi->initrd, uefi->initrd_size, BOOT_MEMORY_INITRD, 0});
    append(info,
           (struct boot_memory){info->command_line, uefi->words_size, BOOT_MEMORY_RECLAIMABLE, 0});
    if (info->dtb == 0) return;
    uint64_t size = boot_dtb_size((const void *)info->dtb);
    append(info, (struct boot_memory){info->dtb, size, BOOT_MEMORY_RECLAIMABLE, 0});
}
