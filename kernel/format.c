// SPDX-License-Identifier: MIT
// Formatting of the log's text: the part of printf that a kernel needs, into a buffer of fixed
// size, never beyond it.
#include "kernel/log.h"
#include "kernel/string.h"

struct output {
    char *to;
    size_t size, length; // length: what it would be without an end
};

struct spec {
    bool zero, left;
    size_t width, precision; // SIZE_MAX: none
    int longs;
};

static void put(struct output *output, char c)
{
    if (output->length + 1 < output->size) output->to[output->length] = c;
    output->length++;
}

static void pad(struct output *output, char c, size_t length, size_t width)
{
    for (; length < width; length++) put(output, c);
}

static void put_text(struct output *output, const struct spec *spec, const char *text)
{
    size_t length = 0;
    if (text == nullptr) text = "(none)";
    while (length < spec->precision && text[length] != '\0') length++;
    if (!spec->left) pad(output, ' ', length, spec->width);
    for (size_t i = 0; i < length; i++) put(output, text[i]);
    if (spec->left) pad(output, ' ', length, spec->width);
}

static void put_number(struct output *output, const struct spec *spec, uint64_t value,
                       uint32_t base, bool negative)
{
    char digits[24];
    size_t count = 0;
    do digits[count++] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    size_t length = count + negative;
    if (!spec->zero && !spec->left) pad(output, ' ', length, spec->width);
    if (negative) put(output, '-');
    if (spec->zero && !spec->left) pad(output, '0', length, spec->width);
    while (count > 0) put(output, digits[--count]);
    if (spec->left) pad(output, ' ', length, spec->width);
}

static const char *parse(const char *at, struct spec *spec, va_list *arguments)
{
    *spec = (struct spec){.precision = SIZE_MAX};
    for (;; at++) {
        if (*at == '0')
            spec->zero = true;
        else if (*at == '-')
            spec->left = true;
        else if (*at != '#')
            break;
    }
    for (; *at >= '0' && *at <= '9'; at++) spec->width = spec->width * 10 + (size_t)(*at - '0');
    if (*at == '.' && at[1] == '*') {
        spec->precision = (size_t)va_arg(*arguments, int);
        at += 2;
    } else if (*at == '.') {
        spec->precision = 0;
        for (at++; *at >= '0' && *at <= '9'; at++) {
            spec->precision = spec->precision * 10 + (size_t)(*at - '0');
        }
    }
    for (; *at == 'l' || *at == 'z'; at++) spec->longs++;
    return at;
}

static void convert(struct output *output, const struct spec *spec, char kind, va_list *arguments)
{
    switch (kind) {
    case 's': put_text(output, spec, va_arg(*arguments, const char *)); return;
    case 'c': put(output, (char)va_arg(*arguments, int)); return;
    case 'd': {
        int64_t value = spec->longs > 0 ? va_arg(*arguments, long) : va_arg(*arguments, int);
        put_number(output, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
        return;
    }
    case 'u':
    case 'x': {
        uint64_t value =
            spec->longs > 0 ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
        put_number(output, spec, value, kind == 'u' ? 10 : 16, false);
        return;
    }
    case 'p': put_number(output, spec, (uintptr_t)va_arg(*arguments, void *), 16, false); return;
    default: put(output, kind); return;
    }
}

size_t log_format(char *to, size_t size, const char *format, va_list arguments)
{
    struct output output = {to, size, 0};
    va_list rest;
    va_copy(rest, arguments);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            put(&output, *at);
            continue;
        }
        struct spec spec;
        at = parse(at + 1, &spec, &rest);
        if (*at == '\0') break;
        convert(&output, &spec, *at, &rest);
    }
    va_end(rest);
    if (size > 0) to[output.length < size ? output.length : size - 1] = '\0';
    return output.length;
}
