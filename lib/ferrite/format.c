// SPDX-License-Identifier: MIT
// A small printf for programs that have no C library.
#include <ferrite/log.h>
#include <stdint.h>
#include <ferrite/libc.h>

struct output {
    char *to;
    size_t size, capacity;
};

struct conversion {
    char pad;
    int width, precision, length; // length: how many l (z counts as one)
};

static void put(struct output *output, const char *text, size_t size)
{
    for (size_t i = 0; i < size && output->size + 1 < output->capacity; i++) {
        output->to[output->size++] = text[i];
    }
}

static void put_padded(struct output *output, const struct conversion *how, const char *text,
                       size_t size)
{
    for (size_t i = size; (int)i < how->width; i++) put(output, &how->pad, 1);
    put(output, text, size);
}

static void put_number(struct output *output, const struct conversion *how, uint64_t value,
                       unsigned base, bool negative)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative) digits[--at] = '-';
    put_padded(output, how, digits + at, sizeof digits - at);
}

static int read_number(const char **format)
{
    int number = 0;
    while (**format >= '0' && **format <= '9') number = number * 10 + *(*format)++ - '0';
    return number;
}

static const char *read_conversion(const char *format, struct conversion *how, va_list *arguments)
{
    *how = (struct conversion){.pad = ' ', .precision = -1};
    if (*format == '0') {
        how->pad = '0';
        format++;
    }
    how->width = read_number(&format);
    if (*format == '.') {
        format++;
        if (*format == '*') {
            how->precision = va_arg(*arguments, int);
            format++;
        } else {
            how->precision = read_number(&format);
        }
    }
    while (*format == 'l' || *format == 'z') {
        how->length++;
        format++;
    }
    return format;
}

static int64_t take_signed(const struct conversion *how, va_list *arguments)
{
    if (how->length > 1) return va_arg(*arguments, long long);
    return how->length == 1 ? va_arg(*arguments, long) : va_arg(*arguments, int);
}

static uint64_t take_unsigned(const struct conversion *how, va_list *arguments)
{
    if (how->length > 1) return va_arg(*arguments, unsigned long long);
    return how->length == 1 ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
}

static void convert(struct output *output, char kind, const struct conversion *how,
                    va_list *arguments)
{
    if (kind == 's') {
        const char *text = va_arg(*arguments, const char *);
        if (text == nullptr) text = "(null)";
        size_t most = how->precision >= 0 ? (size_t)how->precision : SIZE_MAX;
        put_padded(output, how, text, strnlen(text, most));
    } else if (kind == 'c') {
        char character = (char)va_arg(*arguments, int);
        put_padded(output, how, &character, 1);
    } else if (kind == 'd' || kind == 'i') {
        int64_t value = take_signed(how, arguments);
        uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
        put_number(output, how, magnitude, 10, value < 0);
    } else if (kind == 'u' || kind == 'x') {
        uint64_t value = take_unsigned(how, arguments);
        put_number(output, how, value, kind == 'x' ? 16 : 10, false);
    } else if (kind == 'p') {
        put(output, "0x", 2);
        put_number(output, how, (uintptr_t)va_arg(*arguments, void *), 16, false);
    } else {
        put(output, &kind, 1);
    }
}

size_t fe_format_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct output output = {.to = buffer, .capacity = size};
    va_list list;
    va_copy(list, arguments);
    while (*format) {
        size_t plain = strcspn(format, "%");
        put(&output, format, plain);
        format += plain;
        if (*format == '\0') break;
        struct conversion how;
        format = read_conversion(format + 1, &how, &list);
        if (*format == '\0') break;
        convert(&output, *format++, &how, &list);
    }
    va_end(list);
    buffer[output.size] = '\0';
    return output.size;
}

size_t fe_format(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = fe_format_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
