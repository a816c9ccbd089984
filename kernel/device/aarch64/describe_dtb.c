// SPDX-License-Identifier: MIT
// A machine's description by its device tree (Devicetree Specification 0.4, and the bindings of
// arm,gic, arm,gic-v3, arm,armv8-timer and arm,psci).
#include "description.h"
#include "kernel/device/dtb.h"

enum : uint32_t {
    VIRTUAL_TIMER = 2,  // index of the virtual timer's interrupt in the node
    PRIVATE_FIRST = 16, // INTID of private peripheral interrupt 0
};
enum : uint64_t { AFFINITY = 0xff'00ff'ffff }; // of MPIDR_EL1

static const struct dtb *tree;
static uint32_t gic;

static struct place reg(uint32_t node, uint32_t index)
{
    struct place place = {};
    if (node == DTB_NONE || !dtb_reg(tree, node, index, &place.base, &place.size))
        return (struct place){};
    return place;
}

static bool redistributors(uint32_t index, struct place *place)
{
    struct dtb_property property;
    uint64_t count = 1;
    if (dtb_property(tree, gic, "#redistributor-regions", &property))
        (void)dtb_cells(&property, 0, 1, &count);
    if (index >= count) return false;
    *place = reg(gic, 1 + index);
    return place->size != 0;
}

static uint32_t find_child(uint32_t node, const char *compatible)
{
    node = dtb_child(tree, node);
    while (node != DTB_NONE && !dtb_is_compatible(tree, node, compatible))
        node = dtb_sibling(tree, node);
    return node;
}

static void find_gic(struct description *description)
{
    static const char *const second[] = {"arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a7-gic",
                                         "arm,cortex-a9-gic"};
    gic = dtb_find_compatible(tree, DTB_ROOT, "arm,gic-v3");
    if (gic != DTB_NONE) {
        description->gic_version = 3;
        description->its = reg(find_child(gic, "arm,gic-v3-its"), 0);
        description->redistributors = redistributors;
    }
    for (uint32_t i = 0; gic == DTB_NONE && i < sizeof second / sizeof *second; i++)
        gic = dtb_find_compatible(tree, DTB_ROOT, second[i]);
    if (gic == DTB_NONE) return;
    description->distributor = reg(gic, 0);
    if (description->gic_version == 3) return;
    description->gic_version = 2;
    description->cpu_interface = reg(gic, 1);
    description->message_frame = reg(find_child(gic, "arm,gic-v2m-frame"), 0);
}

static void find_timer(struct description *description)
{
    struct dtb_property list;
    uint64_t number;
    uint32_t node = dtb_find_compatible(tree, DTB_ROOT, "arm,armv8-timer");
    if (node == DTB_NONE || !dtb_property(tree, node, "interrupts", &list)) return;
    // GIC's three cells: kind (1: private), number, flags.
    if (!dtb_cells(&list, 3 * VIRTUAL_TIMER + 1, 1, &number) || number >= 16) return;
    description->timer_interrupt = PRIVATE_FIRST + (uint32_t)number;
    if (dtb_property(tree, node, "clock-frequency", &list))
        (void)dtb_cells(&list, 0, 1, &description->timer_frequency);
}

static enum conduit find_conduit(void)
{
    uint32_t node = dtb_find_compatible(tree, DTB_ROOT, "arm,psci-0.2");
    if (node == DTB_NONE) node = dtb_find_compatible(tree, DTB_ROOT, "arm,psci-1.0");
    if (node == DTB_NONE) return CONDUIT_NONE;
    if (dtb_string_is(tree, node, "method", "hvc")) return CONDUIT_HVC;
    return dtb_string_is(tree, node, "method", "smc") ? CONDUIT_SMC : CONDUIT_NONE;
}

// (Devicetree Specification 0.4, section 3.8.)
static void cpus(void (*found)(uint64_t affinity))
{
    struct dtb_property property;
    uint64_t cells = 2, id;
    uint32_t list = dtb_find(tree, "/cpus");
    if (list == DTB_NONE) return;
    if (dtb_property(tree, list, "#address-cells", &property)) dtb_cells(&property, 0, 1, &cells);
    for (uint32_t node = dtb_child(tree, list); node != DTB_NONE; node = dtb_sibling(tree, node)) {
        if (!dtb_string_is(tree, node, "device_type", "cpu") || !dtb_is_enabled(tree, node))
            continue;
        if (dtb_property(tree, node, "reg", &property) &&
            dtb_cells(&property, 0, cells == 1 ? 1 : 2, &id)) {
            found(id & AFFINITY);
        }
    }
}

void describe_by_dtb(struct description *description, const struct dtb *dtb)
{
    tree = dtb;
    *description = (struct description){.conduit = find_conduit(), .cpus = cpus};
    uint32_t console = dtb_find_console(tree);
    bool is_part = console != DTB_NONE && dtb_is_compatible(tree, console, "arm,sbsa-uart");
    if (is_part || (console != DTB_NONE && dtb_is_compatible(tree, console, "arm,pl011")))
        description->console = reg(console, 0);
    description->is_console_ready = is_part;
    find_timer(description);
    find_gic(description);
}
