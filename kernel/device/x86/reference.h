// SPDX-License-Identifier: MIT
// A counter of known frequency, by which faster ones are calibrated: HPET, ACPI's timer, or the
// PIT.
#pragma once

#include <acpi/acpi.h>

struct reference {
    const char *name;
    uint64_t (*read)(void);
    uint64_t frequency; // Hz
    uint64_t mask;      // counts wrap here
};

// The best that the tables tell of, running; the PIT when they tell of none.
const struct reference *reference_find(const struct acpi *acpi, const struct acpi_fixed *fixed);

// Those of one file each. nullptr: not there, or not believable.
const struct reference *hpet_open(const struct acpi *acpi);
const struct reference *pit_open(void);
