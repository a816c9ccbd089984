// SPDX-License-Identifier: MIT
// Requests that are meant well, and others.
#include <http/request.h>
#include <string.h>
#include "test/unit.h"

static struct http_request request;

static int of(const char *head)
{
    size_t size = http_head_size(head, strlen(head));
    return size == strlen(head) ? http_request_read(head, size, &request) : 0;
}

static int target(const char *text)
{
    char head[4000] = "GET ";
    strcat(strcat(head, text), " HTTP/1.1\r\nHost: a\r\n\r\n");
    return of(head);
}

static int field(const char *text)
{
    char head[400] = "GET / HTTP/1.1\r\nHost: a\r\n";
    return of(strcat(strcat(head, text), "\r\n\r\n"));
}

TEST("a request is read")
{
    EXPECT(of("GET /a/b%20c?q=1 HTTP/1.1\r\nHost: here\r\nRange: bytes=2-5\r\n"
              "If-None-Match: \"x\"\r\nIf-Range: \"y\"\r\n\r\n") == 200);
    EXPECT(!request.is_head && request.is_kept && strcmp(request.path, "/a/b c") == 0);
    EXPECT(request.range.is_given && request.range.first == 2 && request.range.last == 5);
    EXPECT(strcmp(request.tag, "\"x\"") == 0 && strcmp(request.range_tag, "\"y\"") == 0);
    EXPECT(of("HEAD / HTTP/1.0\r\n\r\n") == 200 && request.is_head && !request.is_kept);
    EXPECT(of("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n") == 200 && request.is_kept);
    EXPECT(field("Connection: close") == 200 && !request.is_kept);
    EXPECT(field("Content-Length: 0") == 200);
}

TEST("a head is whole with its empty line, not before")
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET";
    for (size_t size = 0; size < sizeof head; size++)
        EXPECT(http_head_size(head, size) == (size < 27 ? 0 : 27));
}

TEST("paths stay within what is served")
{
    EXPECT(target("//a///b/") == 200 && strcmp(request.path, "/a/b/") == 0);
    EXPECT(target("http://there/a") == 200 && strcmp(request.path, "/a") == 0);
    EXPECT(target("/..a/.b/c.") == 200 && strcmp(request.path, "/..a/.b/c.") == 0);
    static const char *const refused[] = {
        "/..",       "/a/../b",      "/%2e%2e/a", "/.%2E", "/a/.",      "/./",    "a",
        "*",         "/%00",         "/%2fa",     "/%0a",  "/%4",       "/%zz/a", "/a#b",
        "/a\\..\\b", "http://there", "",          "/\x80", "ftp://a/b", "/%7f",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) EXPECT(target(refused[i]) == 400);
    char long_one[2000] = "/";
    memset(long_one + 1, 'a', HTTP_PATH_MAX - 1);
    EXPECT(target(long_one) == 414);
    long_one[HTTP_PATH_MAX - 1] = '\0';
    EXPECT(target(long_one) == 200);
}

TEST("what can be read in two ways is refused")
{
    static const char *const refused[] = {
        "Host: b",                                         // two hosts
        "A : b",                                           // a blank before the colon
        "A: b\r\n c: d",                                   // a line that goes on
        "A: b\rC: d",                                      // half an end of line
        "A: \x01",                                         // a control character
        "no colon",                                        //
        ": no name",                                       //
        "Content-Length: 0\r\nContent-Length: 0",          // two lengths
        "Content-Length: +0",                              //
        "Content-Length: 0, 0",                            //
        "Content-Length: 99999999999999999999",            // more than there are numbers
        "Content-Length: 3\r\nTransfer-Encoding: chunked", // two ends
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) EXPECT(field(refused[i]) == 400);
    EXPECT(of("GET / HTTP/1.1\r\n\r\n") == 400);
    EXPECT(of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    EXPECT(of("GET / HTTP/1.1\nHost: a\n\n") == 400);
    EXPECT(of("GET /\r\n\r\n") == 400 && of("GET / http/1.1\r\n\r\n") == 400);
    EXPECT(http_request_read("GET / HTTP/1.1\r\nA:\0b\r\n\r\n", 24, &request) == 400);
}

TEST("what is not done is told by its own status")
{
    EXPECT(field("Content-Length: 5") == 413 && field("Transfer-Encoding: chunked") == 501);
    EXPECT(field("Expect: 100-continue") == 417);
    EXPECT(of("POST / HTTP/1.1\r\nHost: a\r\n\r\n") == 405);
    EXPECT(of("get / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
    EXPECT(of("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
    EXPECT(strcmp(http_reason(416), "Range Not Satisfiable") == 0);
}

static int ranged(const char *text, uint64_t size, uint64_t *first, uint64_t *count)
{
    char line[100] = "Range: ";
    if (field(strcat(line, text)) != 200) return 0;
    return http_range_apply(&request.range, size, first, count);
}

TEST("dates are read in the form that is sent")
{
    EXPECT(field("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT") == 200);
    EXPECT(request.has_date && request.date == 784111777);
    EXPECT(field("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT") == 200);
    EXPECT(request.has_date && request.date == 0);
    EXPECT(field("If-Modified-Since: Tue, 29 Feb 2000 23:59:59 GMT") == 200);
    EXPECT(request.has_date && request.date == 951868799);
    EXPECT(field("If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT") == 200);
    EXPECT(request.has_date && request.date == 253402300799);
    EXPECT(field("If-None-Match: \"x\", \"y\"\r\n"
                 "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT") == 200 &&
           !request.has_date);
    static const char *const ignored[] = {
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:6x GMT",
        "",
    };
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        char line[100] = "If-Modified-Since: ";
        EXPECT(field(strcat(line, ignored[i])) == 200 && !request.has_date);
    }
}

TEST("ranges lie within the file")
{
    uint64_t first, count;
    EXPECT(ranged("bytes=0-0", 10, &first, &count) == 206 && first == 0 && count == 1);
    EXPECT(ranged("bytes=4-", 10, &first, &count) == 206 && first == 4 && count == 6);
    EXPECT(ranged("bytes=4-99", 10, &first, &count) == 206 && first == 4 && count == 6);
    EXPECT(ranged("bytes=-3", 10, &first, &count) == 206 && first == 7 && count == 3);
    EXPECT(ranged("bytes=-30", 10, &first, &count) == 206 && first == 0 && count == 10);
    EXPECT(ranged("bytes=10-", 10, &first, &count) == 416);
    EXPECT(ranged("bytes=-0", 10, &first, &count) == 416);
    EXPECT(ranged("bytes=0-", 0, &first, &count) == 416);
    static const char *const ignored[] = {"bytes=5-4",     "bytes=-",
                                          "bytes=a-b",     "lines=0-1",
                                          "bytes=0-1,3-4", "bytes=0-99999999999999999999"};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        EXPECT(ranged(ignored[i], 10, &first, &count) == 200 && first == 0 && count == 10);
}
