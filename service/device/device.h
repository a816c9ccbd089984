// SPDX-License-Identifier: MIT
// The device manager's own words. A bus (DTB, PCI, the PC's fixed devices) finds devices and fills
// one struct device each: what it is called on its bus, and the handles that a driver of it is to
// get. Matching, starting and watching drivers is the same for all. One thread; nothing is locked.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

struct resource { // a start handle for the driver
    char name[24];
    fe_handle handle; // ours: the driver gets a duplicate at each start
    uint64_t value;
};

struct pci_slot;

struct device {
    struct device *next;
    char bus[16]; // "dtb", "virtio", "pci", "pc", "boot"
    char id[512]; // identifiers on the bus, most specific first, each NUL-terminated, then an empty
                  // one
    char location[48]; // where it is, for people: "virtio_mmio@a003e00", "pci 0:2.0"
    struct resource *resources;
    size_t resource_count;
    const struct pci_slot *slot; // whose card it is on; nullptr: it does not leave
    const struct pci_slot *port; // that it is the port of; nullptr: it is none
    struct driver *driver;       // what drives it; nullptr: nothing matches
    uint32_t index;              // the driver's nth device: /dev/<name><index>
    fe_handle process;           // of the running driver
    fe_handle stack;             // its memory with its struct fe_watch, where it is watched ...
    uint64_t watch;              // ... and the place of that
    fe_handle channel;           // that one driver after another serves
    uint64_t session;            // the driver's, its badge at this server
    fe_handle dma;    // what the running driver makes its DMA memory from, derived for it alone
    fe_handle *stale; // the same of dead ones, until the device has certainly been reset
    size_t stale_count;
    bool is_ready;     // the driver serves
    bool is_mounted;   // a connector of that channel is
    bool is_named;     // so is some connector
    bool is_leaving;   // nobody drives it any more
    bool was_started;  // at least once
    uint32_t failures; // in a row
    uint32_t restarts;
    uint64_t started; // ns
    uint64_t due;     // ns, when it is to be started (again); FE_FOREVER: it was given up
    char error[64];   // the last one; empty: none yet
};

// The root resources that the manager was given; buses derive each device's own from them.
struct roots {
    fe_handle memory, interrupt, message, port, dma;
};

// Appends an identifier; silently bounded by the field, since identifiers come from firmware.
void device_add_id(struct device *device, const char *id);

// Gives the device a handle to hand to its driver; takes `handle` over. ERR_NO_MEMORY.
enum status device_add_resource(struct device *device, const char *name, fe_handle handle,
                                uint64_t value);

// Derives a window of `size` bytes of registers at physical `address` and adds it under `name`; the
// value is the offset of `address` in the window's first page.
enum status device_add_window(struct device *device, const struct roots *roots, const char *name,
                              uint64_t address, uint64_t size);

// The same for an interrupt (flags: INTERRUPT_*) and for DMA memory of at most `size` bytes.
enum status device_add_interrupt(struct device *device, const struct roots *roots, const char *name,
                                 uint32_t number, uint32_t flags);
enum status device_add_dma(struct device *device, const struct roots *roots, uint64_t size);

// A new device known to nobody yet; device_discard frees it, device_announce lists it for matching,
// device_withdraw takes it from the list.
struct device *device_new(const char *bus);
void device_discard(struct device *device);
void device_announce(struct device *device);
void device_withdraw(struct device *device);
extern struct device *device_list;

// A new source of DMA memory for the next driver process of the device, if it has any.
enum status device_open_dma(struct device *device);

// The driver is dead. What DMA memory it had goes back to the kernel when the device has been
// reset: now where that can be done here, otherwise when device_settle is told that the next driver
// is ready, and so has done it.
void device_retire(struct device *device);
void device_settle(struct device *device);

// Resets a virtio device; false when it is none, or does not say that it was.
bool virtio_reset(const struct device *device);

// The buses. Each announces what it finds; one that this machine lacks finds nothing.
enum status dtb_enumerate(const struct roots *roots, const void *dtb, size_t size);
enum status pci_enumerate(const struct roots *roots);

// Slots of PCI Express: what has happened to them, when they are to be asked though nothing has
// (FE_FOREVER: not), and one as `devices` shows it.
void slots_work(void);
uint64_t slots_due(void);
void slot_text(const struct pci_slot *slot, char *to, size_t size);
enum status pc_enumerate(const struct roots *roots);
enum status framebuffer_enumerate(const struct roots *roots);
