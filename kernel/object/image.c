// SPDX-License-Identifier: MIT
// Images. Making one goes through stages, each in bounded steps: clone the file's pages, seal them,
// read the layout and judge it, hash what is signed, check the signature. Only then can anybody get
// a handle.
#include "kernel/object/image.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/progress.h"
#include "kernel/memory/space.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/object/trust.h"
#include "kernel/schedule/lock.h"
#include "kernel/string.h"
#include "kernel/syscall.h"
#include "kernel/syscalls.h"
#include <arch/arch.h>

static const char context[] = "ferrite image"; // signed before the file's bytes, with its NUL
static const uint8_t zeros[PAGE_SIZE];

static const uint8_t *image_bytes(const struct image *image, uint64_t offset)
{
    const struct page *page = memory_peek(image->memory, offset);
    const uint8_t *bytes = page == nullptr ? zeros : page_address(page);
    return bytes + offset % PAGE_SIZE;
}

// The check's state is needed for a moment only, so it is not kept in the image.
static enum status check_begin(struct image *image)
{
    static_assert(sizeof(struct ed25519_check) <= PAGE_SIZE);
    struct process *owner = image->object.owner;
    TRY(process_charge_memory(owner, 1));
    struct page *page = page_allocate(0, 0);
    if (page == nullptr) {
        process_uncharge_memory(owner, 1);
        return ERR_NO_MEMORY;
    }
    image->check = page_address(page);
    image->stage = IMAGE_UPDATE;
    ed25519_check_begin(image->check, image_bytes(image, image->layout.signature_offset),
                        image->layout.key);
    return OK;
}

static void check_end(struct image *image)
{
    page_put(page_of(arch_virtual_to_physical(image->check)));
    process_uncharge_memory(image->object.owner, 1);
    image->stage = IMAGE_HASH;
}

static void image_destroy(struct object *object)
{
    struct image *image = (struct image *)object;
    if (image->stage >= IMAGE_UPDATE) check_end(image);
    if (image->memory != nullptr) object_put(&image->memory->object);
    object_free(object);
}

const struct object_operations image_operations = {
    .name = "image", .size = sizeof(struct image), .destroy = image_destroy};

enum status image_new(struct process *owner, struct memory *memory, uint64_t size,
                      struct image **image)
{
    if (size > MACHO_FILE_MAX) return ERR_IMAGE_TOO_LARGE;
    if (size < sizeof(struct macho_header_64) || size > memory->size) return ERR_IMAGE_TRUNCATED;
    TRY(object_create(OBJECT_IMAGE, owner, image));
    enum status status = memory_clone_make(owner, memory, 0, size, &(*image)->memory);
    if (status == OK) {
        (*image)->layout.file_size = size;
        return OK;
    }
    object_put(&(*image)->object);
    return status;
}

// Whether a trust root has the image's key, and lets it be entitled to what it asks for.
static enum status trust_check(const struct macho *macho)
{
    for (uint32_t i = 0; i < trust_root_count; i++) {
        const struct trust_root *root = &trust_roots[i];
        if (memcmp(root->key, macho->key, sizeof root->key) != 0) continue;
        if (macho->object_kinds & ~root->object_kinds) return ERR_IMAGE_ENTITLEMENT;
        if (macho->resource_kinds & ~root->resource_kinds) return ERR_IMAGE_ENTITLEMENT;
        if (macho->priority_ceiling > root->priority_ceiling) return ERR_IMAGE_ENTITLEMENT;
        if (root->memory_ceiling != 0 &&
            (macho->memory_ceiling == 0 || macho->memory_ceiling > root->memory_ceiling))
            return ERR_IMAGE_ENTITLEMENT;
        return OK;
    }
    return ERR_IMAGE_UNTRUSTED;
}

// Where addresses are physical ones, what is not written to is used where the file lies: in one
// piece, its segments as far apart as they are mapped.
static enum status place_check(const struct image *image)
{
    const struct macho *layout = &image->layout;
    uint64_t place;
    for (uint32_t i = 0; i < layout->segment_count; i++) {
        const struct macho_view *segment = &layout->segment[i];
        if (segment->address >= layout->data) break;
        if (segment->address - layout->segment[0].address !=
            segment->file_offset - layout->segment[0].file_offset)
            return ERR_IMAGE_FORMAT;
    }
    return memory_place(image->memory, false, &place) ? OK : ERR_NOT_SUPPORTED;
}

static enum status image_judge(struct image *image)
{
    static_assert(MACHO_HEADER_MAX == PAGE_SIZE);
    uint64_t size = image->layout.file_size;
    TRY(memory_seal(image->memory));
    TRY(macho_parse(image_bytes(image, 0), size < PAGE_SIZE ? size : PAGE_SIZE, size,
                    ARCH_MACHO_CPU, &image->layout));
    if (ARCH_SPACE_IDENTITY) TRY(place_check(image));
    TRY(trust_check(&image->layout));
    sha512_init(&image->hash);
    sha512_update(&image->hash, context, sizeof context);
    return OK;
}

// Hashes a piece of a page; on the way a file that has some pages of its own and some of a backing
// is made to have all, so that it can itself back the data of processes.
static enum status image_hash(struct image *image)
{
    struct memory *memory = image->memory;
    ASSERT(image->memory->sealed); // what is hashed is what runs
    uint64_t left = image->layout.signature_offset - image->hashed;
    size_t rest = PAGE_SIZE - image->hashed % PAGE_SIZE, part = left < rest ? left : rest;
    if (memory->pages.count > 0 && image->hashed % PAGE_SIZE == 0 &&
        image->taken == image->hashed) {
        TRY(memory_take_page(memory, image->hashed));
        image->taken += PAGE_SIZE;
        return OK;
    }
    image->hashed += sha512_update_step(&image->hash, image_bytes(image, image->hashed), part);
    return OK;
}

static enum status image_verify(struct image *image)
{
    if (image->stage == IMAGE_HASH) {
        ASSERT(image->hashed == image->layout.signature_offset);
        if (sha512_final_step(&image->hash, image->digest)) image->stage = IMAGE_HASHED;
        return OK;
    }
    if (image->stage == IMAGE_HASHED) return check_begin(image);
    if (image->stage == IMAGE_UPDATE) {
        ed25519_check_update(image->check, image->digest, sizeof image->digest);
        image->stage = IMAGE_CHECK;
        return OK;
    }
    enum ed25519_verdict verdict = ed25519_check_step(image->check);
    if (verdict == ED25519_UNDECIDED) return OK;
    check_end(image);
    if (verdict == ED25519_BAD) return ERR_IMAGE_SIGNATURE;
    if (image->memory->pages.count > 0) memory_leave_backing(image->memory);
    ASSERT(image->memory->sealed && image->memory->writable_count == 0);
    image->verified = true;
    return OK;
}

enum status image_step(struct image *image, struct memory *memory)
{
    if (image->stage == IMAGE_CLONE) {
        TRY(memory_clone_step(image->memory, memory, 0, &image->cloned));
        if (image->cloned == image->memory->size) image->stage = IMAGE_JUDGE;
        return OK;
    }
    if (image->stage == IMAGE_JUDGE) {
        TRY(image_judge(image));
        image->stage = IMAGE_HASH;
        return OK;
    }
    if (image->hashed < image->layout.signature_offset) return image_hash(image);
    return image_verify(image);
}

enum status image_make(struct process *owner, struct memory *memory, uint64_t size,
                       struct image **image)
{
    struct image *made;
    TRY(image_new(owner, memory, size, &made));
    enum status status = OK;
    while (status == OK && !made->verified) status = image_step(made, memory);
    if (status == OK)
        *image = made;
    else
        object_put(&made->object);
    return status;
}

bool image_may_name(const struct image *image, const char *path, size_t size)
{
    const struct macho *macho = &image->layout;
    const char *name = (const char *)image_bytes(image, macho->names_offset);
    const char *end = name + macho->names_size;
    bool any = false;
    for (size_t length; name < end && *name != 0; name += length + 1) {
        length = strlen(name);
        any = true;
        size_t whole = name[length - 1] == '/' ? length - 1 : length; // "/dev/" means "/dev"
        if (size < whole || memcmp(name, path, whole) != 0) continue;
        if (size == whole || path[whole] == '/') return true;
    }
    return !any;
}

// --- Mapping ---------------------------------------------------------------

// A segment that is written to: the process's own memory, with the file's pages behind it.
static enum status data_make(const struct image *image, const struct macho_view *segment,
                             struct process *owner, struct memory **memory)
{
    if (segment->file_size == 0) return memory_make(owner, segment->memory_size, memory);
    TRY(memory_clone_make(owner, image->memory, segment->file_offset, segment->file_size, memory));
    // An image's file is its own backing or has no pages of its own, so this takes no steps.
    uint64_t done = 0;
    enum status status = memory_clone_step(*memory, image->memory, segment->file_offset, &done);
    ASSERT(status == OK && done == (*memory)->size);
    (*memory)->size = segment->memory_size;
    return OK;
}

static enum status segment_map(const struct image *image, const struct macho_view *segment,
                               struct space *space, uintptr_t base)
{
    static_assert(MACHO_READ == MAP_READ && MACHO_WRITE == MAP_WRITE);
    static_assert(MACHO_EXECUTABLE == MAP_EXECUTE);
    bool written = segment->protection & MACHO_WRITE && !ARCH_SPACE_IDENTITY;
    struct space_view view = {.memory = image->memory,
                              .offset = written ? 0 : segment->file_offset,
                              .size = segment->memory_size,
                              .flags = segment->protection | MAP_FIXED,
                              .allowed = segment->protection};
    uintptr_t address = base + (uintptr_t)segment->address;
    if (ARCH_SPACE_IDENTITY && segment->address >= image->layout.data) {
        view.memory = space->process->image_copy;
        view.offset = segment->address - image->layout.data;
        address = space->process->image_data + (uintptr_t)view.offset;
    }
    if (written) TRY(data_make(image, segment, space->process, &view.memory));
    enum status status = space_map(space, &view, &address);
    if (written) object_put(&view.memory->object); // the region has its own reference
    return status;
}

// What of the file is at `address` of the image; nullptr: zeros.
static const uint8_t *bytes_at(const struct image *image, uint64_t address)
{
    for (uint32_t i = 0; i < image->layout.segment_count; i++) {
        const struct macho_view *segment = &image->layout.segment[i];
        uint64_t offset = address - segment->address;
        if (address >= segment->address && offset < segment->file_size)
            return image_bytes(image, segment->file_offset + offset);
    }
    return nullptr;
}

// Data is the process's own, text and constants are where the file is.
static enum status place_in_parts(const struct image *image, struct process *process)
{
    const struct macho *layout = &image->layout;
    uint64_t place, size = layout->memory_size - layout->data;
    ASSERT(memory_place(image->memory, false, &place));
    const struct macho_view *first = &layout->segment[0];
    process->image_base = (uintptr_t)(place + first->file_offset - first->address);
    if (size == 0) return OK;
    if (process->image_copy == nullptr) TRY(memory_make(process, size, &process->image_copy));
    struct memory *copy = process->image_copy;
    while (copy->loose > 0) {
        TRY(memory_fill_step(copy, bytes_at(image, layout->data + copy->size - copy->loose)));
        if (copy->loose > 0 && lock_should_pass()) return CALL_RESTART;
    }
    if (!memory_place(copy, true, &place)) return ERR_NO_MEMORY;
    process->image_data = (uintptr_t)place;
    return OK;
}

enum status image_place(const struct image *image, struct process *process)
{
    if (ARCH_SPACE_IDENTITY) return place_in_parts(image, process);
    return space_place_apart(&process->space, image->layout.memory_size, &process->image_base);
}

enum status image_map(struct image *image, struct space *space, uintptr_t base, uint32_t segment)
{
    ASSERT(image->verified && segment < image->layout.segment_count);
    return segment_map(image, &image->layout.segment[segment], space, base);
}

// --- System calls ---------------------------------------------------------------

enum status sys_image_create(struct memory *memory, size_t size, fe_handle *handle)
{
    enum : uint32_t {
        RIGHTS = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_IMAGE_SPAWN
    };
    struct process *process = process_current();
    TRY(handle_reserve(process, 1));
    struct progress *progress =
        progress_get(sys_image_create, (uint64_t[3]){memory->object.id, size}, 0);
    enum status status = OK;
    struct image *image;
    if (progress->object == nullptr) {
        TRY(image_new(process, memory, size, &image));
        progress->object = &image->object;
    }
    image = (struct image *)progress->object;
    while (status == OK && !image->verified) {
        status = progress_go_on(image_step(image, memory));
    }
    if (status == CALL_RESTART) return status;
    if (status == OK) *handle = handle_insert(process, &image->object, RIGHTS);
    progress_end(progress);
    return status;
}

enum status sys_image_inspect(struct image *image, struct fe_image_info *info)
{
    const struct macho *macho = &image->layout;
    *info = (struct fe_image_info){.size = macho->file_size,
                                   .memory_size = macho->memory_size,
                                   .entry = macho->entry,
                                   .object_kinds = macho->object_kinds,
                                   .resource_kinds = macho->resource_kinds,
                                   .memory_ceiling = macho->memory_ceiling,
                                   .stack_size = macho->stack_size};
    memcpy(info->uuid, macho->uuid, sizeof info->uuid);
    return OK;
}
