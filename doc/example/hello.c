// SPDX-License-Identifier: MIT
// hello: greets whoever is named, or the world.
#include <stdio.h>

int main(int count, char **arguments)
{
    printf("Hello, %s\n", count > 1 ? arguments[1] : "world");
    return 0;
}
