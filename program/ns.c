// SPDX-License-Identifier: MIT
// ns: prints the namespace that it runs in, mount by mount. See ns(1).
#include <abi/syscalls.h>
#include <ferrite/namespace.h>
#include <ferrite/status.h>
#include <stdio.h>

static void show(const char *path, const char *start, uint64_t mount, uint32_t flags)
{
    const char *order = (flags & 3) == MOUNT_BEFORE  ? " before"
                        : (flags & 3) == MOUNT_AFTER ? " after"
                                                     : "";
    printf("%-24s mount %llu%s%s%s%s\n", path, (unsigned long long)mount,
           start[0] == '\0' ? "" : " from ", start, order, flags & MOUNT_CREATE ? " create" : "");
}

int main(int count, char **)
{
    if (count > 1) {
        fputs("usage: ns\n", stderr);
        return 2;
    }
    fe_handle own = fe_namespace_self();
    for (uint32_t index = 0;; index++) {
        char path[4096], start[4096] = "";
        uint64_t mount;
        size_t length, start_length = 0;
        uint32_t flags;
        enum status status =
            fe_namespace_list(own, index, path, sizeof path - 1, &mount, &length, &flags);
        if (status == ERR_NOT_FOUND) return 0;
        if (status != OK) {
            fprintf(stderr, "ns: %s\n", fe_status_text(status));
            return 1;
        }
        path[length] = '\0';
        fe_handle session;
        if (fe_namespace_session(own, mount, start, sizeof start - 1, &session, &start_length) ==
            OK) {
            start[start_length] = '\0';
            (void)!fe_handle_close(session);
        }
        show(length == 0 ? "/" : path, start, mount, flags);
    }
}
