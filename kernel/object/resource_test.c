// SPDX-License-Identifier: MIT
// DMA memory of those who die, as a driver and its manager have it.
#include "kernel/object/resource.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "test/unit.h"
#include <arch/arch.h>

enum : uint64_t { LIMIT = 1 << 20, PAGES = 4, ROUNDS = 300 };

static struct process *make_process(struct process *parent)
{
    struct process_plan plan = {
        .parent = parent, .memory_limit = parent ? 0 : LIMIT, .name = "played"};
    struct process *process;
    if (process_create(&plan, &process) != OK) panic("a test's process");
    return process;
}

static void end(struct process *process)
{
    process_end(process, FE_EXIT_KILLED);
    reap_add(&process->reap);
    object_put(&process->object);
    while (reap_step()) continue;
}

static struct resource *make_resource(struct process *owner, struct resource *parent)
{
    struct resource *dma;
    if (resource_create(owner, RESOURCE_DMA, 0, LIMIT, &dma) != OK) panic("a test's resource");
    dma->parent = parent;
    if (parent != nullptr) object_get(&parent->object);
    return dma;
}

static struct memory *make_memory(struct process *owner, struct resource *dma)
{
    struct memory *memory;
    if (memory_contiguous_make(owner, PAGES * PAGE_SIZE, MEMORY_CACHED, false, &memory) != OK)
        panic("a test's memory");
    memory->dma = dma;
    object_get(&dma->object);
    return memory;
}

// One life of a driver, and the reset of its device.
static void live_and_die(struct process *manager)
{
    struct resource *dma = make_resource(manager, nullptr);
    struct process *driver = make_process(manager);
    struct memory *one = make_memory(driver, dma), *two = make_memory(driver, dma);
    uint64_t alive = page_free_count();
    process_end(driver, FE_EXIT_KILLED);
    object_put(&one->object);
    object_put(&two->object);
    end(driver);
    EXPECT(page_free_count() < alive + 2 * PAGES);
    EXPECT(!list_is_empty(&dma->kept));
    uint64_t kept = page_free_count();
    object_put(&dma->object);
    while (reap_step()) continue;
    EXPECT(page_free_count() >= kept + 2 * PAGES);
}

TEST("a dead driver's DMA memory is free only when its device has been reset, again and again")
{
    none_reset();
    struct process *manager = make_process(nullptr);
    EXPECT_ALL(live_and_die(manager)); // the slabs have what they need from here on
    uint64_t before = page_free_count(), used = manager->quota->used;
    for (uint32_t i = 0; i < ROUNDS; i++) EXPECT_ALL(live_and_die(manager));
    EXPECT(page_free_count() == before);
    EXPECT(manager->quota->used == used);
}

TEST("what a running driver gives up is free at once")
{
    none_reset();
    struct process *manager = make_process(nullptr), *driver = make_process(manager);
    struct resource *dma = make_resource(manager, nullptr);
    uint64_t used = driver->memory_used;
    object_put(&make_memory(driver, dma)->object);
    EXPECT(list_is_empty(&dma->kept) && driver->memory_used == used);
}

TEST("who shares a dead driver's memory may go after the reset")
{
    none_reset();
    struct process *manager = make_process(nullptr);
    EXPECT_ALL(live_and_die(manager));
    uint64_t before = page_free_count();
    struct resource *dma = make_resource(manager, nullptr);
    struct process *driver = make_process(manager);
    struct memory *shared = make_memory(driver, dma);
    end(driver);
    object_put(&dma->object);
    while (reap_step()) continue;
    EXPECT(page_free_count() <= before - PAGES);
    object_put(&shared->object);
    while (reap_step()) continue;
    EXPECT(page_free_count() == before);
}

TEST("a part that the driver derived leaves what it keeps to the whole")
{
    none_reset();
    struct process *manager = make_process(nullptr), *driver = make_process(manager);
    struct resource *whole = make_resource(manager, nullptr), *part = make_resource(driver, whole);
    struct memory *memory = make_memory(driver, part);
    process_end(driver, FE_EXIT_KILLED);
    object_put(&memory->object);
    object_put(&part->object);
    end(driver);
    EXPECT(list_first(&whole->kept) == &memory->reap.node);
}
