// SPDX-License-Identifier: MIT
// Images: every way in which a file can be wrong is refused, with its own reason. The files are
// made from this program's own, one change each.
#include <abi/manifest.h>
#include <ferrite/libc.h>
#include <guest/guest.h>

static uint64_t file_size(void)
{
    return fe_start_find("image-file")->value;
}

// A copy of this program's file, of which one page is looked at and changed through `header`.
static enum status copy_make(fe_handle *copy, void **header)
{
    TRY(fe_memory_clone(fe_start_handle("image-file"), 0, fe_page_round(file_size()), copy));
    return fe_memory_map(*copy, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, header);
}

static enum status copy_try(fe_handle copy, void *header, uint64_t size)
{
    fe_handle image;
    TRY(fe_memory_unmap(header, FE_PAGE_SIZE));
    enum status status = fe_image_create(copy, size, &image);
    if (status == OK) (void)!fe_handle_close(image);
    (void)!fe_handle_close(copy);
    return status;
}

// The first load command of a kind after `after` (nullptr: the first at all).
static void *command_find(void *header, uint32_t kind, void *after)
{
    struct macho_header_64 *file = header;
    char *at = (char *)(file + 1);
    bool pass = after == nullptr;
    for (uint32_t i = 0; i < file->command_count; i++) {
        struct macho_command *command = (void *)at;
        if (pass && command->command == kind) return command;
        pass |= at == after;
        at += command->size;
    }
    return nullptr;
}

TEST("an unchanged copy is accepted and tells what it is")
{
    fe_handle copy, image;
    void *header;
    struct fe_image_info info;
    EXPECT(copy_make(&copy, &header) == OK);
    EXPECT(fe_memory_unmap(header, FE_PAGE_SIZE) == OK);
    EXPECT(fe_image_create(copy, file_size(), &image) == OK);
    EXPECT(fe_image_inspect(image, &info) == OK);
    EXPECT(info.size == file_size() && info.memory_size > 0 && info.entry < info.memory_size);
    EXPECT(fe_image_inspect(copy, &info) == ERR_WRONG_TYPE);
    EXPECT(fe_image_inspect(image, (struct fe_image_info *)kernel_address) == ERR_BAD_ADDRESS);
    EXPECT(fe_handle_close(image) == OK && fe_handle_close(copy) == OK);
}

TEST("what was verified is what runs: later changes to the memory do not reach the image")
{
    fe_handle copy, image;
    void *header;
    EXPECT(copy_make(&copy, &header) == OK);
    EXPECT(fe_memory_unmap(header, FE_PAGE_SIZE) == OK);
    EXPECT(fe_image_create(copy, file_size(), &image) == OK);
    enum status status = fe_memory_write(copy, FE_PAGE_SIZE, "\0\0\0\0\0\0\0\0", 8);
    struct fe_process_options options = {.name = "still good"};
    fe_handle process;
    uintptr_t base;
    EXPECT(status == OK || status == ERR_BAD_STATE);
    EXPECT(fe_process_create(fe_process_self(), image, &options, &process, &base) == OK);
    EXPECT(fe_process_kill(process, 0) == OK && fe_handle_close(process) == OK);
    EXPECT(fe_handle_close(image) == OK && fe_handle_close(copy) == OK);
}

TEST("one flipped bit anywhere is noticed")
{
    uint64_t size = file_size(), step = size / 61 + 1;
    for (uint64_t at = 0; at < size; at += step) {
        fe_handle copy, image;
        uint8_t byte;
        EXPECT(fe_memory_clone(fe_start_handle("image-file"), 0, fe_page_round(size), &copy) == OK);
        EXPECT(fe_memory_read(copy, at, &byte, 1) == OK);
        byte ^= 1u << (at % 8);
        EXPECT(fe_memory_write(copy, at, &byte, 1) == OK);
        EXPECT(fe_image_create(copy, size, &image) != OK);
        EXPECT(fe_handle_close(copy) == OK);
    }
}

TEST("a truncated file is refused as such")
{
    fe_handle copy;
    void *header;
    static const uint64_t cuts[] = {1, 64, 4096};
    for (size_t i = 0; i < 3; i++) {
        EXPECT(copy_make(&copy, &header) == OK);
        EXPECT(copy_try(copy, header, file_size() - cuts[i]) == ERR_IMAGE_TRUNCATED);
    }
    EXPECT(copy_make(&copy, &header) == OK);
    EXPECT(copy_try(copy, header, 16) != OK);
    EXPECT(copy_make(&copy, &header) == OK);
    EXPECT(copy_try(copy, header, 0) != OK);
    EXPECT(copy_make(&copy, &header) == OK);
    EXPECT(copy_try(copy, header, fe_page_round(file_size()) + FE_PAGE_SIZE) != OK);
}

TEST("another signer is not trusted, and none at all neither")
{
    fe_handle copy;
    void *header;
    EXPECT(copy_make(&copy, &header) == OK);
    struct macho_signature *signature = command_find(header, MACHO_FERRITE_SIGNATURE, nullptr);
    EXPECT(signature != nullptr);
    signature->key[5] ^= 1;
    EXPECT(copy_try(copy, header, file_size()) == ERR_IMAGE_UNTRUSTED);
    EXPECT(copy_make(&copy, &header) == OK);
    struct macho_header_64 *file = header;
    signature = command_find(header, MACHO_FERRITE_SIGNATURE, nullptr);
    file->command_count--;
    file->commands_size -= signature->command.size;
    EXPECT(copy_try(copy, header, signature->file_offset) == ERR_IMAGE_UNSIGNED);
}

TEST("another architecture's image is refused as such")
{
    fe_handle copy;
    void *header;
    EXPECT(copy_make(&copy, &header) == OK);
    struct macho_header_64 *file = header;
    file->cpu_type = file->cpu_type == MACHO_CPU_RISCV64 ? MACHO_CPU_ARM64 : MACHO_CPU_RISCV64;
    EXPECT(copy_try(copy, header, file_size()) == ERR_IMAGE_ARCH);
}

TEST("segments that overlap, or can be written and executed, are refused as such")
{
    fe_handle copy;
    void *header;
    EXPECT(copy_make(&copy, &header) == OK);
    struct macho_segment_64 *first = command_find(header, MACHO_SEGMENT_64, nullptr);
    struct macho_segment_64 *second = command_find(header, MACHO_SEGMENT_64, first);
    EXPECT(first != nullptr && second != nullptr);
    second->address = first->address;
    EXPECT(copy_try(copy, header, file_size()) == ERR_IMAGE_OVERLAP);
    EXPECT(copy_make(&copy, &header) == OK);
    first = command_find(header, MACHO_SEGMENT_64, nullptr);
    first->protection = first->maximum_protection = MACHO_READ | MACHO_WRITE | MACHO_EXECUTABLE;
    EXPECT(copy_try(copy, header, file_size()) == ERR_IMAGE_PROTECTION);
}

TEST("absurd sizes are refused")
{
    fe_handle copy;
    void *header;
    EXPECT(copy_make(&copy, &header) == OK);
    struct macho_segment_64 *last = nullptr, *next = nullptr;
    while ((next = command_find(header, MACHO_SEGMENT_64, last))) last = next;
    last->memory_size = (uint64_t)1 << 46;
    EXPECT(copy_try(copy, header, file_size()) == ERR_IMAGE_TOO_LARGE);
    EXPECT(copy_make(&copy, &header) == OK);
    ((struct macho_header_64 *)header)->commands_size = UINT32_MAX;
    EXPECT(copy_try(copy, header, file_size()) != OK);
    EXPECT(copy_make(&copy, &header) == OK);
    ((struct macho_header_64 *)header)->command_count = UINT32_MAX;
    EXPECT(copy_try(copy, header, file_size()) == ERR_IMAGE_FORMAT);
    EXPECT(copy_make(&copy, &header) == OK);
    ((struct macho_header_64 *)header)->magic = 0x464c457f;
    EXPECT(copy_try(copy, header, file_size()) == ERR_IMAGE_FORMAT);
}

TEST("only memory that may be read becomes an image")
{
    fe_handle image, weak = guest_weaken(fe_start_handle("image-file"), RIGHT_INSPECT);
    EXPECT(fe_image_create(weak, file_size(), &image) == ERR_NO_RIGHT);
    EXPECT(fe_image_create(fe_process_self(), file_size(), &image) == ERR_WRONG_TYPE);
    EXPECT(fe_handle_close(weak) == OK);
}
