// SPDX-License-Identifier: MIT
// Driver of the PC's real-time clock (MC146818A): an index and a data port, a register for each
// part of the date, in decimal or binary digits as register B says. The clock keeps UTC.
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <rtc/rtc.h>

enum clock_register : uint32_t {
    SECONDS = 0x00,
    MINUTES = 0x02,
    HOURS = 0x04,
    DAY = 0x07,
    MONTH = 0x08,
    YEAR = 0x09,
    STATUS_A = 0x0a,
    STATUS_B = 0x0b,
};
enum : uint32_t {
    A_UPDATING = 0x80, // the date changes within 244 microseconds
    B_HOLD = 0x80,     // no updates
    B_BINARY = 0x04,
    B_24_HOURS = 0x02,
    HOUR_AFTERNOON = 0x80,
    CENTURY = 2000, // the clock has two digits of the year
    TRIES = 10000,  // an update is over long before
};

struct raw_date {
    uint32_t part[6]; // year, month, day, hour, minute, second
};

static fe_handle ports;
static uint32_t base;

static uint32_t get(uint32_t index)
{
    uint32_t value = 0;
    (void)fe_port_write(ports, base, 1, index);
    (void)fe_port_read(ports, base + 1, 1, &value);
    return value;
}

static void set(uint32_t index, uint32_t value)
{
    (void)fe_port_write(ports, base, 1, index);
    (void)fe_port_write(ports, base + 1, 1, value);
}

static struct raw_date read_raw(void)
{
    return (struct raw_date){
        {get(YEAR), get(MONTH), get(DAY), get(HOURS), get(MINUTES), get(SECONDS)}};
}

static bool is_same(const struct raw_date *a, const struct raw_date *b)
{
    for (uint32_t i = 0; i < 6; i++)
        if (a->part[i] != b->part[i]) return false;
    return true;
}

// A date that did not change while it was read: no interrupt tells when an update is over.
static bool read_steady(struct raw_date *date)
{
    for (uint32_t i = 0; i < TRIES; i++) {
        if ((get(STATUS_A) & A_UPDATING) != 0) continue;
        *date = read_raw();
        struct raw_date again = read_raw();
        if ((get(STATUS_A) & A_UPDATING) == 0 && is_same(date, &again)) return true;
    }
    return false;
}

static uint32_t from_digits(uint32_t value, uint32_t mode)
{
    return (mode & B_BINARY) != 0 ? value : (value >> 4) * 10 + (value & 15);
}

static uint32_t to_digits(uint32_t value, uint32_t mode)
{
    return (mode & B_BINARY) != 0 ? value : value / 10 << 4 | value % 10;
}

static uint32_t from_hour(uint32_t value, uint32_t mode)
{
    uint32_t hour = from_digits(value & ~(uint32_t)HOUR_AFTERNOON, mode);
    if ((mode & B_24_HOURS) != 0) return hour;
    return hour % 12 + ((value & HOUR_AFTERNOON) != 0 ? 12 : 0);
}

static uint32_t to_hour(uint32_t hour, uint32_t mode)
{
    if ((mode & B_24_HOURS) != 0) return to_digits(hour, mode);
    uint32_t twelve = hour % 12 == 0 ? 12 : hour % 12;
    return to_digits(twelve, mode) | (hour >= 12 ? HOUR_AFTERNOON : 0);
}

static int cmos_read(uint64_t *seconds)
{
    struct raw_date raw;
    if (!read_steady(&raw)) return -EIO;
    uint32_t mode = get(STATUS_B);
    struct rtc_date date = {
        .year = CENTURY + from_digits(raw.part[0], mode),
        .month = from_digits(raw.part[1], mode),
        .day = from_digits(raw.part[2], mode),
        .hour = from_hour(raw.part[3], mode),
        .minute = from_digits(raw.part[4], mode),
        .second = from_digits(raw.part[5], mode),
    };
    return rtc_seconds(&date, seconds) ? 0 : -EIO;
}

static int cmos_write(uint64_t seconds)
{
    struct rtc_date date = rtc_date(seconds);
    if (date.year < CENTURY || date.year >= CENTURY + 100) return -EINVAL;
    uint32_t mode = get(STATUS_B);
    set(STATUS_B, mode | B_HOLD);
    set(YEAR, to_digits(date.year - CENTURY, mode));
    set(MONTH, to_digits(date.month, mode));
    set(DAY, to_digits(date.day, mode));
    set(HOURS, to_hour(date.hour, mode));
    set(MINUTES, to_digits(date.minute, mode));
    set(SECONDS, to_digits(date.second, mode));
    set(STATUS_B, mode & ~(uint32_t)B_HOLD);
    return 0;
}

int main(void)
{
    static const struct rtc_operations operations = {.read = cmos_read, .write = cmos_write};
    const struct fe_start_handle *port = fe_start_find("port");
    if (port == nullptr) {
        fe_log("no ports");
        return 1;
    }
    ports = port->handle;
    base = (uint32_t)port->value;
    return rtc_serve("cmos", &operations);
}
