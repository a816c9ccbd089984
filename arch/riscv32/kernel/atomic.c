// SPDX-License-Identifier: MIT
// Atomic operations on 64 bits, which RV32A does not have, under the names by which the compiler
// calls them. This port has one CPU, and nothing interrupts the kernel: plain ones will do.
#include <stdint.h>

uint64_t atomic_load(const volatile uint64_t *at, int) __asm__("__atomic_load_8");
void atomic_store(volatile uint64_t *at, uint64_t value, int) __asm__("__atomic_store_8");
uint64_t atomic_add(volatile uint64_t *at, uint64_t value, int) __asm__("__atomic_fetch_add_8");
uint64_t atomic_or(volatile uint64_t *at, uint64_t value, int) __asm__("__atomic_fetch_or_8");
uint64_t atomic_and(volatile uint64_t *at, uint64_t value, int) __asm__("__atomic_fetch_and_8");

uint64_t atomic_load(const volatile uint64_t *at, int)
{
    return *at;
}

void atomic_store(volatile uint64_t *at, uint64_t value, int)
{
    *at = value;
}

uint64_t atomic_add(volatile uint64_t *at, uint64_t value, int)
{
    uint64_t before = *at;
    *at = before + value;
    return before;
}

uint64_t atomic_or(volatile uint64_t *at, uint64_t value, int)
{
    uint64_t before = *at;
    *at = before | value;
    return before;
}

uint64_t atomic_and(volatile uint64_t *at, uint64_t value, int)
{
    uint64_t before = *at;
    *at = before & value;
    return before;
}
