// SPDX-License-Identifier: MIT
// The file `time` of a real-time clock.
#include <9p/server.h>
#include <9p/tree.h>
#include <abi/errno.h>
#include <ferrite/log.h>
#include <ferrite/status.h>
#include <rtc/rtc.h>

static const struct rtc_operations *clock_operations;

static int time_text(struct p9_request *request, void *context, struct p9_text *text)
{
    uint64_t seconds;
    int error = clock_operations->read(&seconds);
    if (error == 0) p9_print(text, "%llu\n", (unsigned long long)seconds);
    return error;
}

static int time_command(struct p9_request *request, void *context, const char *text, size_t size)
{
    uint64_t seconds = 0;
    if (request->identity->uid != 0) return -EPERM;
    if (size != 0 && text[size - 1] == '\n') size--;
    if (size == 0 || size > 15) return -EINVAL;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return -EINVAL;
        seconds = seconds * 10 + (uint64_t)(text[i] - '0');
    }
    return clock_operations->write(seconds);
}

int rtc_serve(const char *name, const struct rtc_operations *operations)
{
    static struct p9_server server;
    static const struct p9_tree_entry file = {
        .path = "time", .mode = 0644, .text = time_text, .command = time_command};
    clock_operations = operations;
    server.name = name;
    if (p9_tree_create(&file, 1, &server.root) != 0) return 1;
    enum status status = p9_server_init(&server);
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status == OK) p9_serve(&server);
    fe_log("cannot start: %s", fe_status_text(status));
    return 1;
}
