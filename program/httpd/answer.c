// SPDX-License-Identifier: MIT
// Answers: of a request, what is served, and how.

#include "httpd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum : size_t { PATH_SIZE = 2048, TEXT_MAX = 1 << 20 };

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".ico", "image/x-icon"},
        {".wav", "audio/wav"},
        {".gz", "application/gzip"},
        {".md", "text/markdown; charset=utf-8"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && !strchr(dot, '/') && i < sizeof types / sizeof *types; i++) {
        if (strcasecmp(dot, types[i][0]) == 0) return types[i][1];
    }
    return "text/plain; charset=utf-8";
}

void answer_free(struct answer *answer)
{
    free(answer->text);
    if (answer->file >= 0) close(answer->file);
    *answer = (struct answer){.file = -1};
}

static void date_print(FILE *to, const char *name, time_t when)
{
    char text[40];
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    fprintf(to, "%s: %s\r\n", name, text);
}

// The head, up to where `more` adds fields; it is ended by head_end.
static FILE *head_begin(struct answer *answer, int status)
{
    FILE *head = fmemopen(answer->head, sizeof answer->head, "w");
    if (!head) { // without memory the connection ends in silence
        answer->is_kept = false;
        answer->left = 0;
        return nullptr;
    }
    fprintf(head, "HTTP/1.1 %d %s\r\nServer: Ferrite\r\nX-Content-Type-Options: nosniff\r\n",
            status, http_reason(status));
    date_print(head, "Date", time(nullptr));
    fprintf(head, "Connection: %s\r\n", answer->is_kept ? "keep-alive" : "close");
    return head;
}

static void head_end(struct answer *answer, FILE *head)
{
    fputs("\r\n", head);
    fflush(head);
    answer->head_size = (size_t)ftell(head);
    fclose(head);
}

static bool body_print(struct answer *answer, int status)
{
    size_t size;
    FILE *body = open_memstream(&answer->text, &size);
    if (!body) return false;
    fprintf(body, "<!doctype html><title>%d</title><h1>%s</h1>\n", status, http_reason(status));
    if (fclose(body) != 0) return false;
    answer->left = size;
    return true;
}

void answer_refuse(struct answer *answer, int status, bool is_kept)
{
    answer_free(answer);
    answer->is_kept = is_kept;
    FILE *head = head_begin(answer, status);
    if (!head) return;
    if (!body_print(answer, status)) answer->left = 0;
    if (status == 405) fputs("Allow: GET, HEAD\r\n", head);
    fprintf(head, "Content-Type: text/html\r\nContent-Length: %llu\r\n",
            (unsigned long long)answer->left);
    head_end(answer, head);
}

// Where the file is; false: nothing of that name is served.
static bool path_find(const char *wanted, char path[PATH_SIZE])
{
    const struct served *found = nullptr;
    size_t skipped = 0;
    for (size_t i = 0; i < options.served_count; i++) {
        const struct served *served = &options.served[i];
        size_t size = strlen(served->name);
        bool is_below = size > 0 && strncmp(wanted + 1, served->name, size) == 0 &&
                        (wanted[1 + size] == '/' || wanted[1 + size] == '\0');
        if (!is_below && (size > 0 || found)) continue;
        found = served;
        skipped = is_below ? 1 + size : 0;
        if (is_below) break;
    }
    if (!found) return false;
    return snprintf(path, PATH_SIZE, "%s%s", found->path, wanted + skipped) < (int)PATH_SIZE;
}

static int status_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case EMSGSIZE:
    case EINVAL: // names that no folder can have
    case ELOOP: return 404;
    case EACCES:
    case EPERM: return 403;
    default: return 503;
    }
}

static void redirect(struct answer *answer, const struct http_request *request)
{
    FILE *head = head_begin(answer, 301);
    if (!head) return;
    fputs("Location: ", head);
    for (const char *at = request->path; *at; at++) {
        bool is_plain = strchr("/-_.~", *at) || (*at >= '0' && *at <= '9') ||
                        ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z');
        fprintf(head, is_plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    fputs("/\r\nContent-Length: 0\r\n", head);
    head_end(answer, head);
}

// All of a file that does not know its size, as those of services.
static bool text_read(struct answer *answer)
{
    size_t size = 0, room = 4096;
    answer->text = malloc(room);
    while (answer->text) {
        ssize_t got = read(answer->file, answer->text + size, room - size);
        if (got < 0) return false;
        if (got == 0) break;
        size += (size_t)got;
        if (size < room) continue;
        char *more = room == TEXT_MAX ? nullptr : realloc(answer->text, room *= 2);
        if (!more) return false;
        answer->text = more;
    }
    answer->left = size;
    return answer->text != nullptr;
}

static void text_answer(struct answer *answer, const char *type)
{
    FILE *head = head_begin(answer, 200);
    if (!head) return;
    fprintf(head, "Content-Type: %s\r\nCache-Control: no-store\r\nContent-Length: %llu\r\n", type,
            (unsigned long long)answer->left);
    head_end(answer, head);
}

static void file_answer(struct answer *answer, const struct http_request *request,
                        const struct stat *about, const char *type)
{
    char tag[HTTP_TAG_MAX];
    uint64_t first, size = (uint64_t)about->st_size;
    struct http_range range = request->range;
    snprintf(tag, sizeof tag, "\"%llx-%llx-%lx\"", (unsigned long long)size,
             (unsigned long long)about->st_mtim.tv_sec, (unsigned long)about->st_mtim.tv_nsec);
    if (request->range_tag[0] && strcmp(request->range_tag, tag) != 0) range.is_given = false;
    int status = http_range_apply(&range, size, &first, &answer->left);
    bool is_known = strcmp(request->tag, tag) == 0 ||
                    (request->has_date && about->st_mtim.tv_sec <= request->date);
    if (is_known) status = 304, answer->left = 0;
    if (status == 206 && lseek(answer->file, (off_t)first, SEEK_SET) < 0) status = 503;
    if (status == 503) return answer_refuse(answer, status, answer->is_kept);
    if (status == 416) answer->left = 0;
    FILE *head = head_begin(answer, status);
    if (!head) return;
    fprintf(head, "ETag: %s\r\nAccept-Ranges: bytes\r\nCache-Control: no-cache\r\n", tag);
    date_print(head, "Last-Modified", about->st_mtim.tv_sec);
    if (status == 206)
        fprintf(head, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)first,
                (unsigned long long)(first + answer->left - 1), (unsigned long long)size);
    if (status == 416) fprintf(head, "Content-Range: bytes */%llu\r\n", (unsigned long long)size);
    if (status != 304)
        fprintf(head, "Content-Type: %s\r\nContent-Length: %llu\r\n", type,
                (unsigned long long)answer->left);
    head_end(answer, head);
}

// A folder: its index, or a list.
static bool folder_open(struct answer *answer, char path[PATH_SIZE], struct stat *about,
                        const char *name)
{
    size_t length = strlen(path), size;
    if (length + sizeof "index.html" > PATH_SIZE) return false;
    strcpy(path + length, "index.html");
    answer->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (answer->file >= 0) return fstat(answer->file, about) == 0;
    path[length] = '\0';
    answer->text = listing_make(path, name, &size);
    answer->left = size;
    return answer->text != nullptr;
}

static void found_answer(struct answer *answer, const struct http_request *request,
                         char path[PATH_SIZE])
{
    struct stat about;
    if (stat(path, &about) != 0) return answer_refuse(answer, status_of(errno), answer->is_kept);
    bool is_folder = S_ISDIR(about.st_mode), has_slash = path[strlen(path) - 1] == '/';
    if (is_folder && !has_slash) return redirect(answer, request);
    if (is_folder) {
        if (!folder_open(answer, path, &about, request->path))
            return answer_refuse(answer, status_of(errno), answer->is_kept);
        if (answer->text) return text_answer(answer, type_of(".html"));
    } else {
        answer->file = has_slash ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (answer->file < 0)
            return answer_refuse(answer, has_slash ? 404 : status_of(errno), answer->is_kept);
    }
    if (S_ISREG(about.st_mode) && about.st_size > 0)
        return file_answer(answer, request, &about, type_of(path));
    if (!text_read(answer)) return answer_refuse(answer, 503, answer->is_kept);
    text_answer(answer, type_of(path));
}

static void state_answer(struct answer *answer)
{
    size_t size;
    answer->text = state_make(&size);
    if (!answer->text) return answer_refuse(answer, 503, answer->is_kept);
    answer->left = size;
    text_answer(answer, type_of(""));
}

void answer_make(struct answer *answer, const struct http_request *request)
{
    char path[PATH_SIZE];
    answer_free(answer);
    answer->is_kept = request->is_kept;
    if (options.has_state && strcmp(request->path, "/state") == 0)
        state_answer(answer);
    else if (path_find(request->path, path))
        found_answer(answer, request, path);
    else
        answer_refuse(answer, 404, request->is_kept);
    if (request->is_head) answer->left = 0;
}
