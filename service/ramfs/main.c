// SPDX-License-Identifier: MIT
// Files in memory.
int main(void)
{
    return 1;
}
