// SPDX-License-Identifier: MIT
// Pieces of a head, and the words of statuses.

#include "internal.h"
#include <string.h>
#include <strings.h>

bool text_is(struct text text, const char *wanted)
{
    return text.size == strlen(wanted) && strncasecmp(text.at, wanted, text.size) == 0;
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t';
}

struct text text_trimmed(struct text text)
{
    while (text.size > 0 && is_blank(*text.at)) text.at++, text.size--;
    while (text.size > 0 && is_blank(text.at[text.size - 1])) text.size--;
    return text;
}

bool text_number(struct text text, uint64_t *number)
{
    uint64_t sum = 0;
    if (text.size == 0 || text.size > 18) return false; // less than 2^63
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') return false;
        sum = sum * 10 + (uint64_t)(text.at[i] - '0');
    }
    *number = sum;
    return true;
}

bool text_cut(struct text *text, char at, struct text *before)
{
    const char *found = text->size == 0 ? nullptr : memchr(text->at, at, text->size);
    if (!found) return false;
    *before = (struct text){text->at, (size_t)(found - text->at)};
    text->size -= before->size + 1;
    text->at = found + 1;
    return true;
}

const char *http_reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Internal Server Error";
    }
}
