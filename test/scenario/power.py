# SPDX-License-Identifier: MIT
"""reboot and poweroff end the machine cleanly."""

from machine import Machine

for command in ("poweroff", "reboot"):
    with Machine() as machine:
        machine.login()
        machine.line_send(command)
        machine.expect_end(timeout=60)
        print(f"PASS power: {command} ends the machine")
