// SPDX-License-Identifier: MIT
// The command line of the tools that sign.
#include <support/file.h>
#include <support/signing.h>

#include <stdlib.h>
#include <unistd.h>

[[noreturn]] static void usage(const char *operands)
{
    complain("usage: %s [-k KEYS] [-n NAME] %s", tool_name, operands);
}

void signing_read(int count, char **arguments, const char *operands, struct signing *signing)
{
    const char *keys = nullptr, *name = "system";
    optind = 1;
    opterr = 0; // the usage says it all
    for (int option; (option = getopt(count, arguments, "k:n:")) != -1;) {
        if (option == 'k')
            keys = optarg;
        else if (option == 'n')
            name = optarg;
        else
            usage(operands);
    }
    if (count - optind != 2) usage(operands);
    char *path = key_path(keys, name, ".key");
    secret_read(path, &signing->secret);
    free(path);
    signing->in = arguments[optind];
    signing->out = arguments[optind + 1];
}
