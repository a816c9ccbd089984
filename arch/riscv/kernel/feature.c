// SPDX-License-Identifier: MIT
// What a hart has, by its node in the DTB: extensions of the instruction set.
#include "feature.h"
#include "kernel/device/dtb.h"
#include "kernel/schedule/cpu.h"
#include "port.h"
#include <arch/arch.h>

const char *const arch_feature[] = {
    [FEATURE_D] = "d",           [FEATURE_V] = "v",           [FEATURE_H] = "h",
    [FEATURE_SSTC] = "sstc",     [FEATURE_SSAIA] = "ssaia",   [FEATURE_SV48] = "sv48",
    [FEATURE_SV57] = "sv57",     [FEATURE_SVPBMT] = "svpbmt", [FEATURE_SVNAPOT] = "svnapot",
    [FEATURE_ZBA] = "zba",       [FEATURE_ZBB] = "zbb",       [FEATURE_ZBS] = "zbs",
    [FEATURE_ZICBOZ] = "zicboz", [FEATURE_ZKR] = "zkr",       [FEATURE_COUNT] = nullptr,
};
static_assert(FEATURE_COUNT <= 64);

// Instructions that user mode can use without the kernel's doing.
static const enum feature plain[] = {FEATURE_ZBA, FEATURE_ZBB, FEATURE_ZBS};

// Modes of translation are told by the best of them, of which the kernel makes use.
static void find_translation(struct cpu *cpu, const struct dtb *tree, uint32_t node)
{
    bool has_57 = dtb_string_is(tree, node, "mmu-type", "riscv,sv57");
    if (has_57) cpu->features |= 1ull << FEATURE_SV57 | 1ull << FEATURE_SV48;
    if (dtb_string_is(tree, node, "mmu-type", "riscv,sv48")) cpu->features |= 1ull << FEATURE_SV48;
    (void)cpu_feature_use(has_57 ? FEATURE_SV57 : FEATURE_SV48);
}

// Blocks that are zeroed at once; all harts' are alike.
static void find_blocks(const struct dtb *tree, uint32_t node)
{
    extern size_t clear_block;
    struct dtb_property property;
    uint64_t size;
    if (!dtb_property(tree, node, "riscv,cboz-block-size", &property) ||
        !dtb_cells(&property, 0, 1, &size))
        return;
    if (size < 8 || size > ARCH_PAGE_SIZE || (size & (size - 1)) != 0) return;
    if (cpu_feature_use(FEATURE_ZICBOZ)) clear_block = size;
}

void feature_find(const struct dtb *tree)
{
    struct cpu *cpu = arch_cpu();
    uint32_t node = cpu_node(tree, cpu->hardware_id);
    const char *name = node == DTB_NONE ? nullptr : dtb_string(tree, node, "compatible");
    cpu->features = cpu->features_used = 0;
    for (uint32_t i = 0; i < FEATURE_COUNT; i++) {
        if (cpu_has_extension(tree, arch_feature[i])) cpu->features |= 1ull << i;
    }
    if (node != DTB_NONE) {
        find_translation(cpu, tree, node);
        find_blocks(tree, node);
    }
    for (uint32_t i = 0; i < sizeof plain / sizeof *plain; i++) (void)cpu_feature_use(plain[i]);
    cpu_set_model(cpu, "%s", name == nullptr ? "riscv" : name);
}
