// SPDX-License-Identifier: MIT
// What a processor has, by its identification registers, and what is made use of. (Arm ARM D24.2,
// ID_AA64*_EL1, SCTLR_EL1, TCR_EL1.)
#include "feature.h"
#include "kernel/schedule/cpu.h"
#include "port.h"
#include <arch/arch.h>

const char *const arch_feature[] = {
    [FEATURE_PAN] = "pan",       [FEATURE_BTI] = "bti",     [FEATURE_PAUTH] = "pauth",
    [FEATURE_ASID16] = "asid16", [FEATURE_E0PD] = "e0pd",   [FEATURE_LSE] = "lse",
    [FEATURE_RNG] = "rng",       [FEATURE_FP16] = "fp16",   [FEATURE_DOTPROD] = "dotprod",
    [FEATURE_AES] = "aes",       [FEATURE_SHA1] = "sha1",   [FEATURE_SHA256] = "sha256",
    [FEATURE_SHA512] = "sha512", [FEATURE_CRC32] = "crc32", [FEATURE_SVE] = "sve",
    [FEATURE_COUNT] = nullptr,
};
static_assert(FEATURE_COUNT <= 64);

enum : uint64_t {
    SCTLR_SIGNING = 1u << 31 | 1u << 30 | 1u << 27 | 1u << 13, // EnIA, EnIB, EnDA, EnDB
    SCTLR_SPAN = 1u << 23,  // PAN stays as it is on the way into the kernel
    TCR_AS = 1ull << 36,    // identifiers of 16 bits
    TCR_E0PD1 = 1ull << 56, // user mode cannot tell by time what the kernel's half maps
};

enum id : uint8_t { PFR0, PFR1, ISAR0, ISAR1, ISAR2, MMFR0, MMFR1, MMFR2, ID_COUNT };

// A field of four bits, and the least that it has to hold. ISAR2 and MMFR2 are read as zero by
// processors older than they are.
struct field {
    enum id id;
    uint8_t shift, least;
};

static const struct field fields[FEATURE_COUNT] = {
    [FEATURE_PAN] = {MMFR1, 20, 1},     [FEATURE_BTI] = {PFR1, 0, 1},
    [FEATURE_PAUTH] = {ISAR1, 4, 1},    [FEATURE_ASID16] = {MMFR0, 4, 2},
    [FEATURE_E0PD] = {MMFR2, 60, 1},    [FEATURE_LSE] = {ISAR0, 20, 2},
    [FEATURE_RNG] = {ISAR0, 60, 1},     [FEATURE_FP16] = {PFR0, 16, 1},
    [FEATURE_DOTPROD] = {ISAR0, 44, 1}, [FEATURE_AES] = {ISAR0, 4, 1},
    [FEATURE_SHA1] = {ISAR0, 8, 1},     [FEATURE_SHA256] = {ISAR0, 12, 1},
    [FEATURE_SHA512] = {ISAR0, 12, 2},  [FEATURE_CRC32] = {ISAR0, 16, 1},
    [FEATURE_SVE] = {PFR0, 32, 1},
};

extern uint32_t cpu_has_pan; // for copy.S
uint32_t cpu_has_pan;

#define READ(name)                                                                                 \
    ({                                                                                             \
        uint64_t value;                                                                            \
        __asm__("mrs %0, " name : "=r"(value));                                                    \
        value;                                                                                     \
    })

static bool has(const uint64_t id[static ID_COUNT], struct field field)
{
    uint64_t value = (id[field.id] >> field.shift) & 15;
    bool is_none = value == 15 && field.id == PFR0; // floating point says so
    return value >= field.least && !is_none;
}

bool feature_has_signing(void)
{
    uint64_t first = READ("id_aa64isar1_el1"), second = READ("s3_0_c0_c6_2"); // APA, API; APA3
    return (first & 0xff0) != 0 || (second & 0xf000) != 0;
}

static void find(struct cpu *cpu)
{
    uint64_t id[ID_COUNT] = {
        [PFR0] = READ("id_aa64pfr0_el1"),   [PFR1] = READ("id_aa64pfr1_el1"),
        [ISAR0] = READ("id_aa64isar0_el1"), [ISAR1] = READ("id_aa64isar1_el1"),
        [ISAR2] = READ("s3_0_c0_c6_2"),     [MMFR0] = READ("id_aa64mmfr0_el1"),
        [MMFR1] = READ("id_aa64mmfr1_el1"), [MMFR2] = READ("s3_0_c0_c7_2"),
    };
    uint64_t midr = READ("midr_el1");
    cpu->features = cpu->features_used = 0;
    for (uint32_t i = 0; i < FEATURE_COUNT; i++) {
        if (has(id, fields[i])) cpu->features |= 1ull << i;
    }
    if (feature_has_signing()) cpu->features |= 1ull << FEATURE_PAUTH;
    cpu_set_model(cpu, "implementer 0x%lx part 0x%lx r%lup%lu", midr >> 24 & 0xff,
                  midr >> 4 & 0xfff, midr >> 20 & 15, midr & 15);
}

// Instructions that user mode can use without the kernel's doing.
static void use_plain(void)
{
    static const enum feature plain[] = {FEATURE_LSE,    FEATURE_FP16, FEATURE_DOTPROD,
                                         FEATURE_AES,    FEATURE_SHA1, FEATURE_SHA256,
                                         FEATURE_SHA512, FEATURE_CRC32};
    for (uint32_t i = 0; i < sizeof plain / sizeof *plain; i++) (void)cpu_feature_use(plain[i]);
}

static void translation_init(void)
{
    uint64_t control = READ("tcr_el1");
    if (cpu_feature_use(FEATURE_ASID16)) control |= TCR_AS;
    if (cpu_feature_use(FEATURE_E0PD)) control |= TCR_E0PD1;
    __asm__ volatile("msr tcr_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" : : "r"(control));
}

static void access_init(void)
{
    uint64_t control = READ("sctlr_el1") | SCTLR_SPAN;
    cpu_has_pan = cpu_feature_use(FEATURE_PAN);
    if (cpu_has_pan) control &= ~(uint64_t)SCTLR_SPAN;
    if (cpu_feature_use(FEATURE_PAUTH)) control |= SCTLR_SIGNING;
    __asm__ volatile("msr sctlr_el1, %0\n\tisb" : : "r"(control));
    if (cpu_has_pan) __asm__ volatile(".arch_extension pan\n\tmsr pan, #1");
}

void feature_init(struct cpu *cpu)
{
    find(cpu);
    use_plain();
    (void)cpu_feature_use(FEATURE_BTI); // as map_early() did
    translation_init();
    access_init();
}
