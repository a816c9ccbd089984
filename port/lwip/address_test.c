// SPDX-License-Identifier: MIT
// Addresses of IPv6 as text.
#include <lwip/ip6_addr.h>

#include "test/lwip.h"
#include "test/unit.h"

#include <string.h>

static bool is_printed(const char *text)
{
    char printed[IP6ADDR_STRLEN_MAX];
    ip6_addr_t address;
    return ip6addr_aton(text, &address) &&
           ip6addr_ntoa_r(&address, printed, sizeof printed) == printed &&
           strcmp(printed, text) == 0;
}

TEST("one zero alone is printed, wherever it is")
{
    EXPECT(is_printed("1:2:3:4:5:6:7:0"));
    EXPECT(is_printed("0:2:3:4:5:6:7:8"));
    EXPECT(is_printed("1:2:3:0:5:6:7:8"));
    EXPECT(is_printed("0:2:3:4:5:6:7:0"));
}

TEST("the first zeros that are several are not printed")
{
    EXPECT(is_printed("::"));
    EXPECT(is_printed("1:2:3:4:5:6::"));
    EXPECT(is_printed("::3:4:5:6:7:8"));
    EXPECT(is_printed("1::4:0:0:7:8"));
    EXPECT(is_printed("1::4:5:6:7:0"));
}
