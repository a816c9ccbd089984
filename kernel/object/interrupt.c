// SPDX-License-Identifier: MIT
// Interrupts of devices, from the controller to events. A number belongs to one object at a time.
#include "kernel/object/interrupt.h"
#include "kernel/device/device.h"
#include "kernel/list.h"
#include "kernel/log.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include "kernel/object/resource.h"
#include "kernel/schedule/lock.h"
#include "kernel/trace.h"
#include "kernel/trap.h"
#include <kernel/syscalls.h>

static struct tree by_number;
static struct interrupt *recent; // found last; nullptr: none

static struct interrupt *find(uint32_t number)
{
    struct tree_node *node = tree_find(&by_number, number);
    if (node == nullptr || node->key != number) return nullptr;
    return CONTAINER(node, struct interrupt, by_number);
}

static void interrupt_destroy(struct object *object)
{
    struct interrupt *interrupt = (struct interrupt *)object;
    ASSERT(find(interrupt->number) == interrupt);
    if (recent == interrupt) recent = nullptr;
    interrupt_controller->mask(interrupt->number);
    tree_take(&by_number, &interrupt->by_number);
    if (interrupt->is_message) interrupt_controller->message_free(interrupt->number);
    if (interrupt->event != nullptr) object_put(&interrupt->event->object);
    object_free(object);
}

const struct object_operations interrupt_operations = {
    .name = "interrupt",
    .size = sizeof(struct interrupt),
    .destroy = interrupt_destroy,
};

static bool is_level(const struct interrupt *interrupt)
{
    return !interrupt->is_message && (interrupt->flags & INTERRUPT_EDGE) == 0;
}

void trap_interrupt(uint32_t number)
{
    struct cpu *cpu = arch_cpu();
    lock_enter(cpu);
    cpu->interrupts++;
    struct interrupt *interrupt = recent;
    if (interrupt == nullptr || interrupt->number != number) recent = interrupt = find(number);
    trace_interrupt(number, interrupt == nullptr ? nullptr : interrupt->event);
    if (interrupt == nullptr) {
        interrupt_controller->mask(number);
        return;
    }
    if (is_level(interrupt)) interrupt_controller->mask(number);
    if (interrupt->event != nullptr) event_raise(interrupt->event, interrupt->bits);
}

static fe_handle give(struct process *process, struct interrupt *interrupt)
{
    tree_add(&by_number, &interrupt->by_number, interrupt->number);
    fe_handle handle = handle_insert(process, &interrupt->object, RIGHT_ALL);
    object_put(&interrupt->object);
    return handle;
}

enum status sys_interrupt_create(struct resource *resource, uint32_t number, uint32_t flags,
                                 fe_handle *handle)
{
    struct process *process = process_current();
    TRY(resource_check(resource, RESOURCE_INTERRUPT, number, 1));
    if ((flags & ~(uint32_t)(INTERRUPT_EDGE | INTERRUPT_ACTIVE_LOW)) != 0) return ERR_BAD_ARGUMENT;
    if (!interrupt_controller->is_valid(number)) return ERR_BAD_ARGUMENT;
    if (find(number) != nullptr) return ERR_BUSY;
    TRY(handle_reserve(process, 1));
    struct interrupt *interrupt;
    TRY(object_create(OBJECT_INTERRUPT, process, &interrupt));
    enum status status = interrupt_controller->configure(number, &flags);
    if (status != OK) {
        object_free(&interrupt->object);
        return status;
    }
    interrupt->number = number;
    interrupt->flags = flags;
    *handle = give(process, interrupt);
    return OK;
}

enum status sys_interrupt_message(struct resource *resource, fe_handle *handle, uint64_t *address,
                                  uint32_t *data)
{
    struct process *process = process_current();
    TRY(resource_check(resource, RESOURCE_MSI, resource->base, 1));
    if (interrupt_controller->message_allocate == nullptr) return ERR_NOT_SUPPORTED;
    TRY(handle_reserve(process, 1));
    struct interrupt *interrupt;
    TRY(object_create(OBJECT_INTERRUPT, process, &interrupt));
    enum status status = interrupt_controller->message_allocate((uint32_t)resource->base,
                                                                &interrupt->number, address, data);
    if (status != OK) {
        object_free(&interrupt->object);
        return status;
    }
    interrupt->is_message = true;
    *handle = give(process, interrupt);
    return OK;
}

// Binding opens the interrupt: from here on it is delivered.
enum status sys_interrupt_bind(struct interrupt *interrupt, fe_handle handle, uint64_t bits)
{
    struct event *event;
    TRY(event_find(handle, &event));
    if (bits == 0) return ERR_BAD_ARGUMENT;
    object_get(&event->object);
    if (interrupt->event != nullptr) object_put(&interrupt->event->object);
    interrupt->event = event;
    interrupt->bits = bits;
    interrupt_controller->unmask(interrupt->number);
    return OK;
}

enum status sys_interrupt_acknowledge(struct interrupt *interrupt)
{
    if (interrupt->event == nullptr) return ERR_BAD_STATE;
    if (is_level(interrupt)) interrupt_controller->unmask(interrupt->number);
    return OK;
}
