// SPDX-License-Identifier: MIT
// What the kernel has to know of an AArch64 machine to drive its own devices, whoever tells it: the
// device tree, or ACPI's tables where there is none. Addresses are physical. Nothing here is
// locked: the boot CPU fills it before there are others.
#pragma once

#include <stdint.h>

struct dtb;

struct place {
    uint64_t base, size; // size 0: there is none
};

enum conduit : uint8_t { CONDUIT_NONE, CONDUIT_HVC, CONDUIT_SMC }; // of PSCI

struct description {
    struct place console;  // a PL011
    bool is_console_ready; // it has no registers to be set up with: firmware has done that

    uint32_t gic_version; // 2, 3; 0: none that is known
    struct place distributor;
    struct place cpu_interface;            // of version 2
    struct place message_frame;            // of version 2
    uint32_t message_first, message_count; // count 0: the frame tells
    struct place its;                      // of version 3
    // Where redistributors lie, one or more at each place; false after the last one.
    bool (*redistributors)(uint32_t index, struct place *place);

    uint32_t timer_interrupt; // of each CPU's virtual timer; 0: none
    uint64_t timer_frequency; // Hz; 0: the counter itself tells

    enum conduit conduit;
    void (*cpus)(void (*found)(uint64_t affinity)); // tells those that can be used
};

// Whatever firmware does not tell stays empty. The tree, or the tables, stay in use.
void describe_by_dtb(struct description *description, const struct dtb *dtb);
void describe_by_acpi(struct description *description, uint64_t rsdp);
