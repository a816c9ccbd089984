// SPDX-License-Identifier: MIT
// The request line and the fields.

#include "internal.h"
#include <string.h>

// What fields say of the message itself.
struct framing {
    uint32_t hosts, lengths;
    uint64_t length;
    bool has_coding, has_expectation, has_tags;
};

size_t http_head_size(const char *from, size_t size)
{
    for (size_t i = 1; i < size; i++) {
        if (from[i] != '\n') continue;
        if (from[i - 1] == '\n') return i + 1; // refused when it is read
        if (i >= 2 && from[i - 1] == '\r' && from[i - 2] == '\n') return i + 1;
    }
    return 0;
}

// The next line without its end, which is CR LF and nothing else.
static bool line_cut(struct text *head, struct text *line)
{
    if (!text_cut(head, '\n', line)) return false;
    if (line->size == 0 || line->at[line->size - 1] != '\r') return false;
    line->size--;
    return !memchr(line->at, '\r', line->size) && !memchr(line->at, '\0', line->size);
}

static bool is_token(struct text text)
{
    static const char letters[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < text.size; i++) {
        if (!memchr(letters, text.at[i], sizeof letters - 1)) return false;
    }
    return text.size > 0;
}

static int version_read(struct text version, struct http_request *request)
{
    static const char name[] = "HTTP/";
    enum : size_t { NAME = sizeof name - 1, SIZE = NAME + 3 };
    if (version.size != SIZE || memcmp(version.at, name, NAME) != 0) return 400;
    if (version.at[NAME + 1] != '.') return 400;
    if (version.at[NAME] != '1') return 505;
    request->is_old = version.at[SIZE - 1] == '0';
    request->is_kept = !request->is_old;
    return version.at[SIZE - 1] < '0' || version.at[SIZE - 1] > '9' ? 400 : 200;
}

static int line_read(struct text line, struct http_request *request)
{
    struct text method, target;
    if (!text_cut(&line, ' ', &method) || !text_cut(&line, ' ', &target)) return 400;
    if (!is_token(method)) return 400;
    int status = version_read(line, request);
    if (status != 200) return status;
    request->is_head = method.size == 4 && memcmp(method.at, "HEAD", 4) == 0;
    if (!request->is_head && !(method.size == 3 && memcmp(method.at, "GET", 3) == 0)) {
        static const char *const known[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"};
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (text_is(method, known[i])) return 405;
        }
        return 501;
    }
    return target_read(target, request->path);
}

static void connection_read(struct text value, struct http_request *request)
{
    for (bool is_more = true; is_more;) {
        struct text word;
        is_more = text_cut(&value, ',', &word);
        if (!is_more) word = value;
        word = text_trimmed(word);
        if (text_is(word, "close")) request->is_kept = false;
        if (text_is(word, "keep-alive") && request->is_old) request->is_kept = true;
    }
}

static void tag_read(struct text value, char tag[HTTP_TAG_MAX])
{
    tag[0] = '\0';
    if (value.size >= HTTP_TAG_MAX || memchr(value.at, ',', value.size)) return;
    memcpy(tag, value.at, value.size);
    tag[value.size] = '\0';
}

static void field_take(struct text name, struct text value, struct http_request *request,
                       struct framing *framing)
{
    if (text_is(name, "host")) {
        framing->hosts++;
    } else if (text_is(name, "content-length")) {
        framing->lengths++;
        if (!text_number(value, &framing->length)) framing->lengths = 2;
    } else if (text_is(name, "transfer-encoding")) {
        framing->has_coding = true;
    } else if (text_is(name, "expect")) {
        framing->has_expectation = true;
    } else if (text_is(name, "connection")) {
        connection_read(value, request);
    } else if (text_is(name, "range")) {
        range_read(value, &request->range);
    } else if (text_is(name, "if-none-match")) {
        tag_read(value, request->tag);
        framing->has_tags = true;
    } else if (text_is(name, "if-modified-since")) {
        request->has_date = date_read(value, &request->date);
    } else if (text_is(name, "if-range")) {
        tag_read(value, request->range_tag);
    }
}

// RFC 9112, section 5: no blank before the colon, no line that goes on with the one before.
static bool field_read(struct text line, struct http_request *request, struct framing *framing)
{
    struct text name;
    if (!text_cut(&line, ':', &name) || !is_token(name)) return false;
    for (size_t i = 0; i < line.size; i++) {
        unsigned char letter = (unsigned char)line.at[i];
        if ((letter < ' ' && letter != '\t') || letter == 0x7f) return false;
    }
    field_take(name, text_trimmed(line), request, framing);
    return true;
}

static int framing_judge(const struct framing *framing, const struct http_request *request)
{
    if (framing->hosts > 1 || (framing->hosts == 0 && !request->is_old)) return 400;
    if (framing->lengths > 1) return 400;
    if (framing->has_coding) return framing->lengths > 0 ? 400 : 501;
    if (framing->length > 0) return 413;
    return framing->has_expectation ? 417 : 200;
}

int http_request_read(const char *head, size_t size, struct http_request *request)
{
    struct text rest = {head, size}, line;
    struct framing framing = {};
    *request = (struct http_request){};
    if (!line_cut(&rest, &line)) return 400;
    int status = line_read(line, request);
    if (status != 200) return status;
    for (;;) {
        if (!line_cut(&rest, &line)) return 400;
        if (line.size == 0) break;
        if (!field_read(line, request, &framing)) return 400;
    }
    if (framing.has_tags) request->has_date = false;
    return framing_judge(&framing, request);
}
