// SPDX-License-Identifier: MIT
// Protocol uefi: the kernel as an application of UEFI firmware. Runs wherever firmware loaded it,
// finds the initrd, the command line and what describes the machine, copies the image to a place
// that suits it, ends firmware's boot services and enters the copy with a handover block.
#include "boot/uefi/uefi.h"

enum : uint64_t { ALIGNMENT = 2u << 20, SLACK = 16, KEPT = 3, TRIES = 4, SEED_SIZE = 64 };

extern const uint8_t image_start[], image_end[];

static const struct efi_guid loaded_image = {
    0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const struct efi_guid file_system = {
    0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};

efi_status uefi_say(const struct uefi *uefi, efi_status status, const char *what)
{
    struct efi_text_output *output = uefi->system->output;
    efi_char line[160];
    uint32_t length = 0;
    if (output == nullptr) return status;
    for (const char *at = "Ferrite: "; *at != '\0'; at++) line[length++] = (efi_char)*at;
    for (; *what != '\0' && length < 156; what++) line[length++] = (efi_char)*what;
    line[length++] = '\r';
    line[length++] = '\n';
    line[length] = '\0';
    (void)output->output(output, line);
    return status;
}

efi_status uefi_allocate(struct uefi *uefi, enum efi_memory_type type, uint64_t size,
                         uint64_t *base)
{
    struct uefi_piece *piece = uefi->piece;
    while (piece->pages != 0) piece++;
    uint64_t at = uefi_reach(), pages = (size + EFI_PAGE - 1) / EFI_PAGE;
    efi_status status = uefi->boot->allocate_pages(EFI_ALLOCATE_BELOW, type, pages, &at);
    if (status != EFI_SUCCESS) return uefi_say(uefi, status, "too little memory");
    *piece = (struct uefi_piece){at, pages};
    *base = at;
    return EFI_SUCCESS;
}

void uefi_give_back(struct uefi *uefi)
{
    for (uint32_t i = 0; i < UEFI_PIECES && uefi->piece[i].pages != 0; i++)
        (void)uefi->boot->free_pages(uefi->piece[i].base, uefi->piece[i].pages);
    if (uefi->volume != nullptr) (void)uefi->volume->close(uefi->volume);
}

static uint64_t image_size(void)
{
    return (uint64_t)(image_end - image_start);
}

static void copy(void *to, const void *from, uint64_t size)
{
    uint64_t *words = to;
    for (uint64_t i = 0; i < size / sizeof *words; i++) words[i] = ((const uint64_t *)from)[i];
}

// The block, with everything but the map, for which there is room.
static efi_status describe(struct uefi *uefi, struct handover **handover)
{
    uintptr_t map_size = 0, key, entry_size = sizeof(struct efi_memory);
    uint32_t version;
    uint64_t at;
    (void)uefi->boot->memory_map(&map_size, nullptr, &key, &entry_size, &version);
    uint64_t entries = map_size / entry_size + SLACK;
    uint64_t size = sizeof **handover + (entries + KEPT) * sizeof(struct boot_memory) + SEED_SIZE;
    efi_status status = uefi_allocate(uefi, EFI_LOADER_DATA, size + entries * entry_size,
                                      &at); // and firmware's map
    if (status != EFI_SUCCESS) return status;
    struct handover *block = *handover = (struct handover *)at;
    *block = (struct handover){
        .magic = HANDOVER_MAGIC, .size = __builtin_bswap32((uint32_t)size), .protocol = "uefi"};
    struct bootinfo *info = &block->info;
    info->command_line = (uint64_t)uefi->words;
    info->seed = at + sizeof *block;
    info->seed_size = uefi_random(uefi, (uint8_t *)info->seed, SEED_SIZE);
    info->memory = (struct boot_memory *)(info->seed + SEED_SIZE);
    info->memory_count = (uint32_t)entries; // room, until there is a map
    info->initrd_base = uefi->initrd;
    info->initrd_size = uefi->initrd_size;
    uefi_machine(uefi, info);
    if (info->rsdp != 0 || info->dtb != 0) return EFI_SUCCESS;
    return uefi_say(uefi, EFI_UNSUPPORTED, "firmware has neither a device tree nor ACPI tables");
}

// The kernel's place, and everything that it is told.
static efi_status prepare(struct uefi *uefi, struct handover **handover)
{
    uint64_t at;
    efi_status status = uefi_boot_cpu(uefi);
    if (status == EFI_SUCCESS) status = uefi_command_line(uefi);
    if (status == EFI_SUCCESS) status = uefi_initrd(uefi);
    if (status == EFI_SUCCESS)
        status = uefi_allocate(uefi, EFI_LOADER_CODE, image_size() + ALIGNMENT, &at);
    if (status != EFI_SUCCESS) return status;
    uefi->kernel = (at + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    return describe(uefi, handover);
}

// Ends boot services: with the newest map, which the attempt itself may make old. From the first
// attempt on nothing else may be asked of firmware (UEFI, 7.4.6).
static bool end_services(struct uefi *uefi, struct bootinfo *info)
{
    uint64_t room = info->memory_count;
    uint8_t *map = (uint8_t *)&info->memory[room + KEPT];
    efi_status status = EFI_INVALID_PARAMETER;
    uintptr_t size = 0, key, entry_size = 0;
    uint32_t version;
    for (uint32_t i = 0; i < TRIES && status == EFI_INVALID_PARAMETER; i++) {
        size = room * (entry_size == 0 ? sizeof(struct efi_memory) : entry_size);
        status = uefi->boot->memory_map(&size, map, &key, &entry_size, &version);
        if (status == EFI_BUFFER_TOO_SMALL)
            status = EFI_INVALID_PARAMETER;
        else if (status == EFI_SUCCESS)
            status = uefi->boot->exit_boot_services(uefi->self, key);
    }
    info->memory_count = 0;
    if (status != EFI_SUCCESS) return false;
    for (uintptr_t at = 0; at + entry_size <= size; at += entry_size)
        uefi_map(info, (const struct efi_memory *)(map + at));
    uefi_map_kept(uefi, info);
    return true;
}

static efi_status start(struct uefi *uefi)
{
    static const char fault[] = "firmware's services do not end";
    struct handover *block;
    efi_status status = prepare(uefi, &block);
    if (status != EFI_SUCCESS) return status;
    (void)uefi->boot->watchdog(0, 0, 0, nullptr);
    copy((void *)uefi->kernel, image_start, image_size());
    // There is no way back by then, and nobody but the kernel can say what is wrong.
    if (!end_services(uefi, &block->info))
        for (uint32_t i = 0; i < sizeof fault; i++) block->fault[i] = fault[i];
    handover_leave(uefi->kernel, image_size(), uefi->boot_cpu, (uint64_t)block);
}

// Where firmware enters.
EFI_CALL efi_status uefi_entry(efi_handle self, struct efi_system *system);
[[gnu::used, gnu::retain]] EFI_CALL efi_status uefi_entry(efi_handle self,
                                                          struct efi_system *system)
{
    struct uefi uefi = {.self = self, .system = system, .boot = system->boot};
    struct efi_volume *volume;
    efi_status status = uefi.boot->protocol(self, &loaded_image, (void **)&uefi.image);
    if (status != EFI_SUCCESS) return uefi_say(&uefi, status, "firmware does not know this image");
    if (uefi.boot->protocol(uefi.image->device, &file_system, (void **)&volume) != EFI_SUCCESS ||
        volume->open(volume, &uefi.volume) != EFI_SUCCESS)
        uefi.volume = nullptr;
    status = start(&uefi);
    uefi_give_back(&uefi);
    return status;
}
