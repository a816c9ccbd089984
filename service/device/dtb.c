// SPDX-License-Identifier: MIT
// The devices that a device tree lists. A virtio-mmio slot is looked into, because only its
// registers tell which device it holds (virtio 1.2, section 4.2.2); an empty one is no device.
#include <dtb/dtb.h>

#include "pci.h"
#include "tree.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/log.h>
#include <stdio.h>
#include <string.h>

enum : uint32_t {
    VIRTIO_MAGIC = 0x74726976,
    GIC_PRIVATE = 1, // interrupt-controller/arm,gic.yaml: first cell 0 shared, 1 private
    GIC_SHARED_FIRST = 32,
    GIC_PRIVATE_FIRST = 16,
};
enum : uint64_t { DMA_LIMIT = 64u << 20 };

bool tree_interrupt(const struct dtb_interrupt *interrupt, uint32_t *number, uint32_t *flags)
{
    const struct dtb_node *controller = interrupt->controller;
    uint32_t trigger;
    if (interrupt->cell_count >= 3 && (dtb_is_compatible(controller, "arm,gic-v3") ||
                                       dtb_is_compatible(controller, "arm,gic-400") ||
                                       dtb_is_compatible(controller, "arm,cortex-a15-gic"))) {
        bool is_private = interrupt->cell[0] == GIC_PRIVATE;
        *number = interrupt->cell[1] + (is_private ? GIC_PRIVATE_FIRST : GIC_SHARED_FIRST);
        trigger = interrupt->cell[2];
    } else if (interrupt->cell_count == 1) { // PLIC and other controllers with level lines only
        *number = interrupt->cell[0];
        trigger = 4;
    } else if (interrupt->cell_count == 2) { // APLIC and the common two-cell form
        *number = interrupt->cell[0];
        trigger = interrupt->cell[1];
    } else {
        return false;
    }
    *flags = ((trigger & 3) != 0 ? INTERRUPT_EDGE : INTERRUPT_LEVEL) |
             ((trigger & 10) != 0 ? INTERRUPT_ACTIVE_LOW : 0);
    return true;
}

static enum status add_interrupts(struct dtb_node *root, const struct dtb_node *node,
                                  struct device *device, const struct roots *roots)
{
    struct dtb_interrupt interrupt;
    for (uint32_t i = 0; dtb_interrupt(root, node, i, &interrupt); i++) {
        uint32_t number, flags;
        char name[24];
        // To a CPU itself: controllers and clocks, which are the kernel's or firmware's.
        if (dtb_is_compatible(interrupt.controller, "riscv,cpu-intc")) return ERR_NOT_FOUND;
        if (!tree_interrupt(&interrupt, &number, &flags)) return ERR_NOT_SUPPORTED;
        snprintf(name, sizeof(name), "interrupt/%u", i);
        TRY(device_add_interrupt(device, roots, name, number, flags));
    }
    return OK;
}

static enum status add_registers(const struct dtb_node *node, struct device *device,
                                 const struct roots *roots)
{
    uint64_t address, size;
    for (uint32_t i = 0; dtb_region(node, i, &address, &size); i++) {
        char name[24];
        snprintf(name, sizeof(name), "registers/%u", i);
        TRY(device_add_window(device, roots, name, address, size));
    }
    return OK;
}

// The device type in a virtio-mmio slot: 0 when it is empty or not ours to drive.
static enum status virtio_type(const struct device *device, uint32_t *type)
{
    *type = 0;
    if (device->resource_count == 0) return OK;
    const struct resource *registers = &device->resources[0];
    size_t size, committed;
    TRY(fe_memory_size(registers->handle, &size, &committed));
    void *at;
    TRY(fe_memory_map(registers->handle, 0, size, MAP_READ, &at));
    const volatile uint32_t *words = (void *)((uint8_t *)at + registers->value);
    if (words[0] == VIRTIO_MAGIC) *type = words[2];
    return fe_memory_unmap(at, size);
}

static enum status describe_virtio(struct device *device)
{
    uint32_t type;
    TRY(virtio_type(device, &type));
    if (type == 0) return ERR_NOT_FOUND;
    char id[16];
    snprintf(id, sizeof(id), "%u", type);
    strcpy(device->bus, "virtio");
    device_add_id(device, id);
    return OK;
}

static enum status describe(struct dtb_node *root, const struct dtb_node *node,
                            struct device *device, const struct roots *roots)
{
    snprintf(device->location, sizeof(device->location), "%s", node->name);
    const struct dtb_property *compatible = dtb_property(node, "compatible");
    const char *end = (const char *)compatible->value + compatible->size;
    for (const char *id = (const char *)compatible->value; id < end; id += strlen(id) + 1) {
        if (memchr(id, 0, (size_t)(end - id)) == nullptr) return ERR_BAD_MESSAGE;
        device_add_id(device, id);
    }
    TRY(add_registers(node, device, roots));
    if (dtb_is_compatible(node, "virtio,mmio")) TRY(describe_virtio(device));
    TRY(add_interrupts(root, node, device, roots));
    return device_add_dma(device, roots, DMA_LIMIT);
}

// Nodes that are not devices for drivers: no registers, memory, or what the kernel itself drives.
static bool is_candidate(const struct dtb_node *node)
{
    static const char *const kernels[] = {"arm,gic-v3", "arm,gic-400", "arm,cortex-a15-gic",
                                          "arm,gic-v2m-frame", "arm,gic-v3-its"};
    uint64_t address, size;
    if (dtb_property(node, "compatible") == nullptr || !dtb_is_enabled(node)) return false;
    if (!dtb_region(node, 0, &address, &size)) return false;
    const char *type = dtb_text(node, "device_type");
    if (type != nullptr && (strcmp(type, "memory") == 0 || strcmp(type, "cpu") == 0)) return false;
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
        if (dtb_is_compatible(node, kernels[i])) return false;
    return true;
}

static void found(struct dtb_node *root, const struct dtb_node *node, const struct roots *roots)
{
    struct device *device = device_new("dtb");
    if (device == nullptr) return;
    enum status status = describe(root, node, device, roots);
    if (status == OK) return device_announce(device);
    // Memory that the kernel gives out is nobody's device: flash that it runs from, for one.
    if (status != ERR_NOT_FOUND && status != ERR_NO_RIGHT)
        fe_log("%s: status %d, left alone", device->location, status);
    device_discard(device);
}

enum status dtb_enumerate(const struct roots *roots, const void *dtb, size_t size)
{
    struct dtb_node *root = dtb_parse(dtb, size);
    if (root == nullptr) return ERR_BAD_MESSAGE;
    for (struct dtb_node *node = root; node != nullptr; node = dtb_next(node)) {
        if (!is_candidate(node)) continue;
        if (dtb_is_compatible(node, "pci-host-ecam-generic")) {
            enum status status = pci_enumerate_tree(roots, root, node);
            if (status != OK) fe_log("%s: status %d, left alone", node->name, status);
        } else {
            found(root, node, roots);
        }
    }
    if (!pci_slot_has(nullptr)) dtb_free(root); // else it tells of what is plugged too
    return OK;
}
