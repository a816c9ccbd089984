// SPDX-License-Identifier: MIT
// The Interrupt Translation Service: its tables, the commands that fill them, and the devices and
// events that are known to it. A collection is one redistributor, by its number. Tables of devices
// have two levels where the service can have them, and grow with the devices. One service; others,
// of machines with several, are left alone. Guarded by the kernel lock but at the start.
#include "its.h"
#include "description.h"
#include "kernel/list.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/tree.h"
#include <arch/arch.h>

enum : uint32_t { // registers (Arm IHI 0069, section 12.19)
    CONTROL = 0x0000,
    TYPE = 0x0008,
    COMMAND_BASE = 0x0080,
    COMMAND_WRITE = 0x0088,
    COMMAND_READ = 0x0090,
    TABLE_BASE = 0x0100, // eight of them
    TABLE_COUNT = 8,
    TRANSLATER = 0x10040,
    REDISTRIBUTOR_TYPE = 0x08,

    CONTROL_ENABLED = 1u << 0,
    CONTROL_QUIESCENT = 1u << 31,
    READ_STALLED = 1u << 0,

    TABLE_DEVICES = 1, // kinds of tables
    TABLE_COLLECTIONS = 4,
    TABLE_ORDER_MAX = 7, // 512 KiB
    QUEUE_SIZE = PAGE_SIZE,
    COMMAND_SIZE = 32,

    EVENT_BITS = 8,
    EVENT_COUNT = 1u << EVENT_BITS, // of a device: entries of at most 16 bytes fill a page
};
enum : uint64_t {
    BASE_VALID = 1ull << 63,
    BASE_INDIRECT = 1ull << 62,
    BASE_CACHED = 7ull << 59 | 1ull << 10,
    BASE_NOT_CACHED = 1ull << 59,
    BASE_SHAREABLE = 3ull << 10,
    TYPE_BY_ADDRESS = 1ull << 19, // commands name redistributors so, not by number
};
enum command_code : uint8_t { // (section 5.3)
    SYNC = 0x05,
    MAP_DEVICE = 0x08,
    MAP_COLLECTION = 0x09,
    MAP_EVENT = 0x0a,
    INVALIDATE = 0x0c,
    DISCARD = 0x0f,
};

struct device {
    struct tree_node node; // by number
    void *table;           // of its events
    uint32_t count;        // of events in use
    uint32_t used[EVENT_COUNT / 32];
};
struct collection { // a redistributor
    struct collection *next;
    uint64_t target; // what commands call it
    uint32_t number;
};
struct message {
    struct tree_node node; // by interrupt
    struct message *free;  // the next of those that are in no tree
    struct device *device;
    const struct collection *collection;
    uint32_t number, event;
};

static volatile uint8_t *its;
static uint64_t its_physical;
static uint64_t *queue;
static struct tree devices, messages;
static struct message *free_messages; // with their numbers
static struct collection *collections;
static uint32_t next_number = LPI_FIRST;
static struct slab device_slab, message_slab, collection_slab;
static uint32_t device_limit, leaf_devices, leaf_order; // leaf_devices 0: one level
static uint64_t *device_roots;

// Takes one command in, and waits until the service has done it: it does so within few accesses to
// memory, without anybody's help.
static void command(uint64_t first, uint64_t second, uint64_t third)
{
    uint64_t at = mmio_read64(its, COMMAND_WRITE);
    ASSERT(at < QUEUE_SIZE && at % COMMAND_SIZE == 0);
    uint64_t *slot = queue + at / sizeof(uint64_t);
    slot[0] = first;
    slot[1] = second;
    slot[2] = third;
    slot[3] = 0;
    table_clean(slot, COMMAND_SIZE);
    at = (at + COMMAND_SIZE) % QUEUE_SIZE;
    mmio_write64(its, COMMAND_WRITE, at);
    while (mmio_read64(its, COMMAND_READ) != at)
        if (mmio_read64(its, COMMAND_READ) & READ_STALLED) panic("the ITS refuses a command");
}

static uint32_t number_of(volatile uint8_t *redistributor)
{
    return (uint32_t)(mmio_read64(redistributor, REDISTRIBUTOR_TYPE) >> 8) & 0xffff;
}

// A base register of the service's, with as much of the cache's attributes as it understands.
static uint64_t write_base(uint32_t offset, uint64_t value)
{
    mmio_write64(its, offset, value | BASE_CACHED);
    if (!(mmio_read64(its, offset) & BASE_SHAREABLE))
        mmio_write64(its, offset, value | BASE_NOT_CACHED);
    return mmio_read64(its, offset);
}

// Pages of tables, as orders of the kernel's.
static uint32_t page_order_of(uint64_t base)
{
    return 2 * (uint32_t)(base >> 8 & 3); // 4, 16, 64 KiB
}

static uint32_t order_of(uint64_t size)
{
    uint32_t order = 0;
    while (order < TABLE_ORDER_MAX && (uint64_t)PAGE_SIZE << order < size) order++;
    return order;
}

// Gives the service a table of at least `size` bytes, as far as tables can be large.
static void *give_table(uint32_t offset, uint64_t size, uint64_t flags, uint32_t *order)
{
    uint32_t page_order = page_order_of(mmio_read64(its, offset));
    *order = order_of(size);
    if (*order < page_order) *order = page_order;
    void *table = table_make(*order);
    if (table == nullptr) return nullptr;
    uint64_t pages = (1ull << (*order - page_order)) - 1;
    write_base(offset, arch_virtual_to_physical(table) | BASE_VALID | flags |
                           (uint64_t)(page_order / 2) << 8 | pages);
    return table;
}

static bool give_devices(uint32_t offset, uint64_t ids, uint32_t entry)
{
    uint64_t base = write_base(offset, BASE_INDIRECT);
    uint32_t order;
    if (base & BASE_INDIRECT && ids * entry > (uint64_t)PAGE_SIZE << page_order_of(base)) {
        leaf_order = page_order_of(base);
        leaf_devices = (PAGE_SIZE << leaf_order) / entry;
        uint64_t roots = (ids + leaf_devices - 1) / leaf_devices;
        device_roots = give_table(offset, roots * sizeof(uint64_t), BASE_INDIRECT, &order);
        uint64_t limit = ((uint64_t)PAGE_SIZE << order) / sizeof(uint64_t) * leaf_devices;
        device_limit = (uint32_t)(limit < ids ? limit : ids);
        return device_roots != nullptr;
    }
    void *table = give_table(offset, ids * entry, 0, &order);
    uint64_t limit = ((uint64_t)PAGE_SIZE << order) / entry;
    device_limit = (uint32_t)(limit < ids ? limit : ids);
    return table != nullptr;
}

static bool give_tables(uint64_t type)
{
    uint64_t ids = 1ull << ((type >> 13 & 31) + 1);
    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        uint32_t offset = TABLE_BASE + 8 * i, order;
        uint64_t base = mmio_read64(its, offset);
        uint32_t kind = base >> 56 & 7, entry = (uint32_t)(base >> 48 & 31) + 1;
        if (kind == TABLE_DEVICES &&
            !give_devices(offset, ids < UINT32_MAX ? ids : UINT32_MAX, entry))
            return false;
        // One for each redistributor, which are far fewer than these.
        if (kind == TABLE_COLLECTIONS && give_table(offset, 1024ul * entry, 0, &order) == nullptr)
            return false;
    }
    return device_limit > 0;
}

bool its_init(const struct description *description, volatile uint8_t *distributor)
{
    its = driver_map(&description->its);
    its_physical = description->its.base;
    if (its == nullptr || !lpi_init(distributor)) return false;
    mmio_write(its, CONTROL, 0);
    while (!(mmio_read(its, CONTROL) & CONTROL_QUIESCENT)) {
    }
    slab_init(&device_slab, "its device", sizeof(struct device));
    slab_init(&collection_slab, "collection", sizeof(struct collection));
    slab_init(&message_slab, "message", sizeof(struct message));
    queue = table_make(0);
    if (queue == nullptr || !give_tables(mmio_read64(its, TYPE))) return false;
    write_base(COMMAND_BASE, arch_virtual_to_physical(queue) | BASE_VALID);
    mmio_write64(its, COMMAND_WRITE, 0);
    mmio_write(its, CONTROL, CONTROL_ENABLED);
    return true;
}

bool its_add_redistributor(volatile uint8_t *redistributor, uint64_t physical)
{
    struct collection *collection = slab_allocate(&collection_slab);
    if (collection == nullptr || !lpi_add_redistributor(redistributor)) return false;
    uint32_t number = number_of(redistributor);
    bool by_address = (mmio_read64(its, TYPE) & TYPE_BY_ADDRESS) != 0;
    uint64_t target = by_address ? physical : (uint64_t)number << 16;
    *collection = (struct collection){collections, target, number};
    collections = collection;
    command(MAP_COLLECTION, 0, BASE_VALID | target | number);
    command(SYNC, 0, target);
    return true;
}

void its_init_cpu(volatile uint8_t *redistributor)
{
    lpi_init_cpu(redistributor);
}

static struct device *device_find(uint32_t number)
{
    struct tree_node *node = tree_find(&devices, number);
    return node != nullptr && node->key == number ? CONTAINER(node, struct device, node) : nullptr;
}

static struct message *message_find(uint32_t number)
{
    struct tree_node *node = tree_find(&messages, number);
    if (node == nullptr || node->key != number) return nullptr;
    return CONTAINER(node, struct message, node);
}

// The part of a table of two levels that has the device; it stays.
static bool make_leaf(uint32_t number)
{
    if (leaf_devices == 0) return true;
    uint64_t *root = &device_roots[number / leaf_devices];
    ASSERT(number < device_limit);
    if (*root != 0) return true;
    void *leaf = table_make(leaf_order);
    if (leaf == nullptr) return false;
    *root = arch_virtual_to_physical(leaf) | BASE_VALID;
    table_clean(root, sizeof *root);
    return true;
}

static struct device *device_make(uint32_t number)
{
    if (!make_leaf(number)) return nullptr;
    struct device *device = slab_allocate(&device_slab);
    void *table = device == nullptr ? nullptr : table_make(0);
    if (table == nullptr) {
        if (device != nullptr) slab_free(&device_slab, device);
        return nullptr;
    }
    *device = (struct device){.table = table};
    tree_add(&devices, &device->node, number);
    command(MAP_DEVICE | (uint64_t)number << 32, EVENT_BITS - 1,
            BASE_VALID | arch_virtual_to_physical(table));
    return device;
}

static void device_unmake(struct device *device)
{
    ASSERT(device->count == 0);
    command(MAP_DEVICE | device->node.key << 32, EVENT_BITS - 1, 0);
    tree_take(&devices, &device->node);
    table_free(device->table, 0);
    slab_free(&device_slab, device);
}

static struct message *message_take(void)
{
    struct message *message = free_messages;
    if (message != nullptr) {
        free_messages = message->free;
        return message;
    }
    if (next_number >= lpi_end()) return nullptr;
    message = slab_allocate(&message_slab);
    if (message != nullptr) *message = (struct message){.number = next_number++};
    return message;
}

static void message_give(struct message *message)
{
    message->free = free_messages;
    free_messages = message;
}

static uint32_t event_take(struct device *device)
{
    ASSERT(device->count < EVENT_COUNT);
    uint32_t event = 0;
    while (device->used[event / 32] & 1u << event % 32) event++;
    device->used[event / 32] |= 1u << event % 32;
    device->count++;
    return event;
}

// Makes the redistributor read anew what it may have kept of the interrupt's byte.
static void reread(const struct message *message)
{
    command(INVALIDATE | message->device->node.key << 32, message->event, 0);
    command(SYNC, 0, message->collection->target);
}

enum status its_message_allocate(volatile uint8_t *redistributor, uint32_t number,
                                 uint32_t *interrupt, uint64_t *address, uint32_t *data)
{
    const struct collection *to = collections;
    while (to != nullptr && to->number != number_of(redistributor)) to = to->next;
    if (to == nullptr || number >= device_limit) return ERR_NOT_SUPPORTED;
    struct device *device = device_find(number);
    if (device != nullptr && device->count == EVENT_COUNT) return ERR_BUSY;
    struct message *message = message_take();
    if (message == nullptr) return next_number >= lpi_end() ? ERR_BUSY : ERR_NO_MEMORY;
    if (device == nullptr) device = device_make(number);
    if (device == nullptr) {
        message_give(message);
        return ERR_NO_MEMORY;
    }
    message->device = device;
    message->collection = to;
    message->event = event_take(device);
    tree_add(&messages, &message->node, message->number);
    lpi_enable(message->number, false);
    command(MAP_EVENT | (uint64_t)number << 32, message->event | (uint64_t)message->number << 32,
            to->number);
    reread(message);
    *interrupt = message->number;
    *address = its_physical + TRANSLATER;
    *data = message->event;
    return OK;
}

void its_message_free(uint32_t number)
{
    struct message *message = message_find(number);
    ASSERT(message != nullptr);
    struct device *device = message->device;
    lpi_enable(number, false);
    command(DISCARD | device->node.key << 32, message->event, 0);
    command(SYNC, 0, message->collection->target);
    tree_take(&messages, &message->node);
    message_give(message);
    device->used[message->event / 32] &= ~(1u << message->event % 32);
    if (--device->count == 0) device_unmake(device);
}

void its_message_enable(uint32_t number, bool on)
{
    const struct message *message = message_find(number);
    if (message == nullptr) return; // one that came while it went
    lpi_enable(number, on);
    reread(message);
}
