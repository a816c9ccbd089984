// SPDX-License-Identifier: MIT
// The first process: its image comes out of the signed initrd, its space, stack and handles are
// made by the same functions as everybody's. It alone gets the root resources.
#include "kernel/init.h"
#include "kernel/initrd.h"
#include "kernel/log.h"
#include "kernel/memory/bootmap.h"
#include "kernel/memory/page.h"
#include "kernel/object/handle.h"
#include "kernel/object/image.h"
#include "kernel/object/memory.h"
#include "kernel/object/namespace.h"
#include "kernel/object/process.h"
#include "kernel/object/resource.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"
#include "kernel/start_block.h"
#include "kernel/string.h"

enum : uint64_t { STACK_DEFAULT = 256 << 10, STACK_LEAST = 4 * PAGE_SIZE };
static struct start_block block;

// Nothing works without init, so nothing here fails but by a line that says what.
static void must(enum status status, const char *what)
{
    if (status == ERR_NO_MEMORY) boot_refuse("too little memory for init: %s", what);
    if (status != OK) panic("init: %s: error %d", what, status);
}

static void give(struct process *process, const char *name, struct object *object, uint64_t value)
{
    must(handle_reserve(process, 1), name);
    // What runs comes out of an image: nobody gets to execute other memory, not even init.
    uint32_t rights = object->type == OBJECT_MEMORY ? RIGHT_ALL & ~RIGHT_MEMORY_EXECUTE : RIGHT_ALL;
    start_block_handle(&block, name, handle_insert(process, object, rights), value);
}

static void give_resource(struct process *process, const char *name, enum resource_kind kind,
                          uint64_t size)
{
    struct resource *resource;
    must(resource_create(nullptr, kind, 0, size, &resource), name);
    give(process, name, &resource->object, 0);
    object_put(&resource->object);
}

static void give_resources(struct process *process)
{
    give_resource(process, "resource/memory", RESOURCE_MEMORY, UINT64_MAX);
    give_resource(process, "resource/interrupt", RESOURCE_INTERRUPT, 1ull << 32);
    give_resource(process, "resource/msi", RESOURCE_MSI, 1ull << 32);
    give_resource(process, "resource/port", RESOURCE_PORT, 1u << 16);
    give_resource(process, "resource/dma", RESOURCE_DMA, page_total_count() << PAGE_SHIFT);
    give_resource(process, "resource/debug", RESOURCE_DEBUG, 1);
    give_resource(process, "resource/power", RESOURCE_POWER, 1);
    give_resource(process, "resource/entropy", RESOURCE_ENTROPY, 1);
    give_resource(process, "resource/system", RESOURCE_SYSTEM, 1);
    give_resource(process, "resource/time", RESOURCE_TIME,
                  (uint64_t)SCHEDULE_SHARE_MAX * cpu_count());
}

// A copy of `size` bytes as a memory object.
static struct memory *memory_of(const void *bytes, size_t size)
{
    struct memory *memory;
    must(memory_make(nullptr, size, &memory), "memory");
    for (size_t done = 0; done < size;) {
        size_t step = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;
        must(memory_store(memory, done, (const uint8_t *)bytes + done, step), "memory");
        done += step;
    }
    return memory;
}

static void give_copy(struct process *process, const char *name, const void *bytes, size_t size)
{
    struct memory *memory = memory_of(bytes, size);
    give(process, name, &memory->object, size);
    object_put(&memory->object);
}

// The flattened tree's header has its size, big-endian, in its second word.
static size_t dtb_size(const uint8_t *dtb)
{
    return (size_t)dtb[4] << 24 | (size_t)dtb[5] << 16 | (size_t)dtb[6] << 8 | dtb[7];
}

// What init is given of the initrd. In flash it stays for ever: no pages are to be given back.
static void give_initrd(struct process *process, const struct bootinfo *info, struct memory *initrd)
{
    const struct bootmap map = {.entry = info->memory, .count = info->memory_count};
    give(process, "initrd", &initrd->object, info->initrd_size);
    if (bootmap_is(&map, info->initrd_base, info->initrd_size, BOOT_MEMORY_INITRD))
        object_put(&initrd->object);
}

static void give_machine(struct process *process, const struct bootinfo *info)
{
    if (info->dtb != 0) {
        const uint8_t *dtb = arch_physical_to_virtual(info->dtb);
        give_copy(process, "dtb", dtb, dtb_size(dtb));
    }
    if (info->framebuffer.address != 0)
        give_copy(process, "framebuffer", &info->framebuffer, sizeof info->framebuffer);
    if (info->rsdp != 0) start_block_handle(&block, "acpi", FE_NO_HANDLE, info->rsdp);
    const char *line = info->command_line == 0 ? "" : arch_physical_to_virtual(info->command_line);
    give_copy(process, "command-line", line, strlen(line) + 1);
}

// Why an archive is none that this kernel may use.
static const char *initrd_fault(enum status status)
{
    switch (status) {
    case ERR_IMAGE_TRUNCATED: return "has lost a part";
    case ERR_IMAGE_UNSIGNED: return "ends without a signature: cut off, or never signed";
    case ERR_IMAGE_UNTRUSTED: return "is signed with a key that this kernel does not trust";
    case ERR_IMAGE_SIGNATURE: return "is not what was signed";
    default: return "cannot be read";
    }
}

static struct memory *load_initrd(const struct bootinfo *info, struct initrd *initrd)
{
    struct memory *memory;
    if (info->initrd_size == 0) boot_refuse("there is no initrd");
    const struct bootmap map = {.entry = info->memory, .count = info->memory_count};
    if (!bootmap_is(&map, info->initrd_base, info->initrd_size, BOOT_MEMORY_INITRD) &&
        !bootmap_is(&map, info->initrd_base, info->initrd_size, BOOT_MEMORY_INITRD_FLASH))
        boot_refuse("the initrd is not in memory: 0x%lx, 0x%lx bytes",
                    (unsigned long)info->initrd_base, (unsigned long)info->initrd_size);
    const uint8_t *bytes = arch_physical_to_virtual(info->initrd_base);
    enum status status = initrd_open(bytes, info->initrd_size, initrd);
    if (status != OK) boot_refuse("the initrd %s", initrd_fault(status));
    must(memory_adopt(nullptr, info->initrd_base, info->initrd_size, &memory), "initrd");
    must(memory_seal(memory), "initrd"); // so that clones of its files share its pages
    return memory;
}

// Out of the initrd's pages, if it begins on one, as tool/initrd has it.
static struct image *load_image(const struct initrd *initrd, struct memory *whole)
{
    const uint8_t *file;
    size_t size;
    must(initrd_find(initrd, "service/init", &file, &size), "service/init in the initrd");
    struct memory *memory;
    size_t offset = (size_t)(file - initrd->bytes);
    if (offset % PAGE_SIZE == 0)
        must(memory_clone_make(nullptr, whole, offset, size, &memory), "the image");
    else
        memory = memory_of(file, size);
    struct image *image;
    enum status status = image_make(nullptr, memory, size, &image);
    if (status != OK && status != ERR_NO_MEMORY)
        boot_refuse("the initrd's service/init %s", initrd_fault(status));
    must(status, "the image");
    object_put(&memory->object);
    return image;
}

static struct process *make_process(struct image *image)
{
    struct namespace *name_space;
    must(namespace_create(nullptr, &name_space), "namespace");
    struct process_plan plan = {
        .image = image,
        .name_space = name_space,
        .memory_limit = page_free_count() << PAGE_SHIFT,
        .name = "init",
    };
    struct process *process;
    must(process_create(&plan, &process), "process");
    give(process, "namespace", &name_space->object, 0);
    object_put(&name_space->object);
    return process;
}

// The block lies at the top of the stack, which begins below it.
static uintptr_t make_stack(struct process *process, struct memory **stack)
{
    uintptr_t base = 0;
    uint64_t wish = process->image->layout.stack_size, size = wish == 0 ? STACK_DEFAULT : wish;
    if (size < STACK_LEAST) size = STACK_LEAST;
    must(memory_make(process, size + START_BLOCK_SIZE, stack), "stack");
    size = (*stack)->size;
    struct space_view view = {.memory = *stack,
                              .size = (size_t)size,
                              .flags = MAP_READ | MAP_WRITE | MAP_GUARD,
                              .allowed = MAP_READ | MAP_WRITE};
    must(space_map(&process->space, &view, &base), "stack");
    block.start.image_base = process->image_base;
    block.start.stack_base = base;
    block.start.stack_size = size;
    return base + (uintptr_t)size;
}

void init_start(const struct bootinfo *info)
{
    start_block_init(&block);
    struct initrd initrd;
    struct memory *whole = load_initrd(info, &initrd);
    struct image *image = load_image(&initrd, whole);
    struct process *process = make_process(image);
    object_put(&image->object);
    give(process, "self", &process->object, 0);
    give_resources(process);
    give_initrd(process, info, whole);
    give_machine(process, info);

    struct memory *stack;
    uintptr_t top = make_stack(process, &stack) - START_BLOCK_SIZE;
    struct fe_thread_options options = {.entry = process->image_entry,
                                        .stack_pointer = top,
                                        .argument = top,
                                        .priority = PRIORITY_DEFAULT};
    struct thread *thread;
    must(thread_make(process, &options, &thread), "thread");
    give(process, "thread", &thread->object, 0);
    start_block_finish(&block, "init");
    must(memory_store(stack, stack->size - START_BLOCK_SIZE, block.bytes, block.start.size),
         "start block");
    object_put(&stack->object);
    process->state = PROCESS_RUNNING;
    process->is_init = true;
    thread_start(thread);
    object_put(&thread->object);
    object_put(&process->object);
}
