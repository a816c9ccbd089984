// SPDX-License-Identifier: MIT
// Images from file to mapping, with a trust root of the test's own: the key pair of RFC 8032,
// section 7.1, test 1, which may entitle to memory objects only.
#include "kernel/object/image.h"
#include "kernel/memory/progress.h"
#include "kernel/memory/page.h"
#include "kernel/memory/space.h"
#include "kernel/none/play.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/object/trust.h"
#include "test/unit.h"
#include "kernel/syscall.h"
#include <abi/object.h>
#include <kernel/syscalls.h>
#include <string.h>

const struct trust_root trust_roots[] = {
    {{0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
      0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
      0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a},
     1u << OBJECT_MEMORY,
     0,
     1 << 20,
     20},
};
const uint32_t trust_root_count = 1;
const bool trust_is_development = true;
const bool trust_is_release = false;
const char trust_version[] = "test";

static const uint8_t secret[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                   0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                   0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};

enum : uint64_t { DATA_AT = 2 * PAGE_SIZE, SIGNATURE_AT = 3 * PAGE_SIZE };
enum : uint64_t { FILE_SIZE = SIGNATURE_AT + MACHO_SIGNATURE_SIZE };

// A file with one page of text that says 't' and one of data that says 'd', with three more of
// zeros.
struct file {
    struct macho_header_64 header;
    struct macho_segment_64 text, data;
    struct macho_main main;
    struct macho_entitlement entitlement;
    char names[16];
    struct macho_signature signature;
    uint8_t rest[FILE_SIZE];
};

static struct file file;
static struct process here, there;

static struct macho_segment_64 segment(uint64_t page, uint64_t pages, uint32_t protection)
{
    return (struct macho_segment_64){.command = {MACHO_SEGMENT_64, sizeof(struct macho_segment_64)},
                                     .address = (page - 1) * PAGE_SIZE,
                                     .memory_size = pages * PAGE_SIZE,
                                     .file_offset = page * PAGE_SIZE,
                                     .file_size = PAGE_SIZE,
                                     .maximum_protection = protection,
                                     .protection = protection};
}

static void sign(void)
{
    static const char context[] = "ferrite image";
    struct sha512 hash;
    uint8_t digest[SHA512_SIZE];
    sha512_init(&hash);
    sha512_update(&hash, context, sizeof context);
    sha512_update(&hash, &file, SIGNATURE_AT);
    sha512_final(&hash, digest);
    ed25519_sign((uint8_t *)&file + SIGNATURE_AT, digest, sizeof digest, secret);
}

static void setup(void)
{
    arch_space_unmap(&here.space.arch, 0, SIZE_MAX);
    arch_space_unmap(&there.space.arch, 0, SIZE_MAX);
    none_reset();
    file = (struct file){
        .header = {MACHO_MAGIC_64, ARCH_MACHO_CPU, 0, MACHO_EXECUTE, 5,
                   offsetof(struct file, rest) - sizeof(struct macho_header_64),
                   MACHO_PIE | MACHO_NO_UNDEFINED, 0},
        .text = segment(1, 1, MACHO_READ | MACHO_EXECUTABLE),
        .data = segment(2, 4, MACHO_READ | MACHO_WRITE),
        .main = {{MACHO_MAIN, sizeof(struct macho_main)}, 0x10, 0},
        .entitlement = {{MACHO_FERRITE_ENTITLEMENT, sizeof(struct macho_entitlement) + 16},
                        1u << OBJECT_MEMORY,
                        0,
                        1 << 16,
                        20,
                        16},
        .signature = {{MACHO_FERRITE_SIGNATURE, sizeof(struct macho_signature)}, SIGNATURE_AT, {}},
    };
    memcpy(file.signature.key, trust_roots[0].key, sizeof file.signature.key);
    memset((uint8_t *)&file + PAGE_SIZE, 't', PAGE_SIZE);
    memset((uint8_t *)&file + DATA_AT, 'd', PAGE_SIZE);
    sign();
}

static struct memory *stored(void)
{
    struct memory *memory;
    if (memory_make(nullptr, FILE_SIZE, &memory) != OK) return nullptr;
    return memory_store(memory, 0, &file, FILE_SIZE) == OK ? memory : nullptr;
}

static enum status make(struct image **image)
{
    struct memory *memory = stored();
    enum status status = image_make(nullptr, memory, FILE_SIZE, image);
    object_put(&memory->object);
    return status;
}

static int at(struct process *process, uintptr_t address)
{
    void *reached;
    enum status status = space_reach(&process->space, address, MAP_READ, &reached);
    return status == OK ? *(uint8_t *)reached : -1;
}

static bool put(struct process *process, uintptr_t address, uint8_t value)
{
    void *reached;
    if (space_reach(&process->space, address, MAP_WRITE, &reached) != OK) return false;
    *(uint8_t *)reached = value;
    return true;
}

TEST("a signed image is accepted, and everything is free again when it goes")
{
    setup();
    struct image *image;
    EXPECT(make(&image) == OK); // warms the slabs
    object_put(&image->object);
    uint64_t free = page_free_count();
    EXPECT(make(&image) == OK && image->verified && image->layout.entry == 0x10);
    EXPECT(page_free_count() < free);
    object_put(&image->object);
    EXPECT(page_free_count() == free);
}

TEST("one flipped bit anywhere is refused")
{
    setup();
    struct image *image;
    for (size_t bit = 0; bit < FILE_SIZE * 8; bit += bit < 3000 ? 37 : 4999) {
        ((uint8_t *)&file)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        EXPECT(make(&image) != OK);
        ((uint8_t *)&file)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    EXPECT(make(&image) == OK);
}

#define REFUSES(sentence, change, status)                                                          \
    TEST(sentence)                                                                                 \
    {                                                                                              \
        setup();                                                                                   \
        struct image *image;                                                                       \
        change;                                                                                    \
        sign();                                                                                    \
        EXPECT(make(&image) == status);                                                            \
    }

REFUSES("a key that no root has", file.signature.key[31] ^= 1, ERR_IMAGE_UNTRUSTED)
REFUSES("objects beyond the root's", file.entitlement.object_kinds |= 1u << OBJECT_CHANNEL,
        ERR_IMAGE_ENTITLEMENT)
REFUSES("resources beyond the root's", file.entitlement.resource_kinds = 1u << RESOURCE_DEBUG,
        ERR_IMAGE_ENTITLEMENT)
REFUSES("memory beyond the root's", file.entitlement.memory_ceiling = 2 << 20,
        ERR_IMAGE_ENTITLEMENT)
REFUSES("memory without a ceiling where the root has one", file.entitlement.memory_ceiling = 0,
        ERR_IMAGE_ENTITLEMENT)
REFUSES("a priority beyond the root's", file.entitlement.priority_ceiling = 21,
        ERR_IMAGE_ENTITLEMENT)

TEST("what changes in the source while the image is made does not reach it")
{
    setup();
    struct memory *memory = stored();
    struct image *image;
    EXPECT(image_new(nullptr, memory, FILE_SIZE, &image) == OK);
    EXPECT(image_step(image, memory) == OK && image->cloned >= FILE_SIZE && !image->verified);
    EXPECT(memory_store(memory, PAGE_SIZE, "evil", 4) == OK);
    while (!image->verified) EXPECT(image_step(image, memory) == OK);
    EXPECT(*(uint8_t *)page_address(memory_peek(image->memory, PAGE_SIZE)) == 't');
}

static enum status map_all(struct image *image, struct space *space, uintptr_t *base)
{
    TRY(space_place_apart(space, image->layout.memory_size, base));
    for (uint32_t i = 0; i < image->layout.segment_count; i++)
        TRY(image_map(image, space, *base, i));
    return OK;
}

TEST("processes share text, and have data of their own")
{
    setup();
    struct image *image;
    uintptr_t base, other;
    EXPECT(make(&image) == OK);
    EXPECT(space_init(&here.space, nullptr) == OK && space_init(&there.space, nullptr) == OK);
    EXPECT(map_all(image, &here.space, &base) == OK);
    EXPECT(map_all(image, &there.space, &other) == OK && base != other);
    uint64_t free = page_free_count();
    EXPECT(at(&here, base) == 't' && at(&there, other) == 't' &&
           at(&there, other + PAGE_SIZE) == 'd');
    EXPECT(page_free_count() == free);
    EXPECT(!put(&here, base, 'x') && put(&here, base + PAGE_SIZE, 'x'));
    EXPECT(at(&here, base + PAGE_SIZE) == 'x' && at(&there, other + PAGE_SIZE) == 'd');
    EXPECT(at(&here, base + 2 * PAGE_SIZE) == 0 && put(&here, base + 4 * PAGE_SIZE, 1));
    EXPECT(space_fault(&here.space, base, MAP_EXECUTE) == OK);
    EXPECT(space_fault(&here.space, base + PAGE_SIZE, MAP_EXECUTE) == ERR_BAD_ADDRESS);
}

TEST("an image of a clone of sealed memory, partly changed, is whole")
{
    setup();
    struct memory *memory = stored(), *clone;
    uint64_t done = 0;
    EXPECT(memory_seal(memory) == OK);
    EXPECT(memory_clone_make(nullptr, memory, 0, FILE_SIZE, &clone) == OK);
    EXPECT(memory_clone_step(clone, memory, 0, &done) == OK && done == clone->size);
    EXPECT(memory_store(clone, DATA_AT, "d", 1) == OK && clone->pages.count == 1);
    struct image *image;
    EXPECT(image_make(nullptr, clone, FILE_SIZE, &image) == OK);
    EXPECT(image->memory->backing == nullptr && image->memory->pages.count >= 3);
    EXPECT(space_init(&here.space, nullptr) == OK);
    uintptr_t base;
    EXPECT(map_all(image, &here.space, &base) == OK && at(&here, base) == 't');
    EXPECT(at(&here, base + PAGE_SIZE) == 'd' && put(&here, base + PAGE_SIZE, 'x'));
}

TEST("an image with names may be given what is mounted at or below them, others anything")
{
    setup();
    struct image *image;
    EXPECT(make(&image) == OK && image_may_name(image, "/", 1) && image_may_name(image, "/x", 2));
    memcpy(file.names, "/dev\0/net/tcp/", 14);
    sign();
    EXPECT(make(&image) == OK);
    EXPECT(image_may_name(image, "/dev", 4) && image_may_name(image, "/dev/a", 6));
    EXPECT(image_may_name(image, "/net/tcp", 8) && !image_may_name(image, "/net", 4));
    EXPECT(!image_may_name(image, "/", 1) && !image_may_name(image, "/device", 7));
}

// Makes a process in so many pieces, and gives it up if it is not there then.
static enum status create_in(uint32_t pieces, fe_handle image)
{
    static const struct fe_process_options options = {.name = "child"};
    fe_handle handle;
    uintptr_t base;
    enum status status = CALL_RESTART;
    for (uint32_t i = 0; i < pieces && status == CALL_RESTART; i++)
        status = sys_process_create(process_current(), image, &options, &handle, &base);
    progress_end(&thread_current()->progress);
    if (status == OK) (void)!sys_handle_close(handle);
    while (reap_step());
    return status;
}

TEST("a process goes with whoever gives up making it, however far it is")
{
    setup();
    struct image *image;
    EXPECT(make(&image) == OK);
    struct process *parent = play_process(0);
    play_as(play_thread(parent, 10));
    EXPECT(handle_reserve(parent, 1) == OK);
    fe_handle handle = handle_insert(parent, &image->object, RIGHT_ALL);
    uint32_t before = process_count(), pieces = 0;
    none_machine.interrupt = true;
    enum status status;
    do {
        status = create_in(++pieces, handle);
        EXPECT((status == OK || status == CALL_RESTART) && process_count() == before);
    } while (status != OK);
    none_machine.interrupt = false;
    EXPECT(pieces > 3);
}
