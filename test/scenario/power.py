# SPDX-License-Identifier: MIT
"""reboot and poweroff end the machine cleanly."""

from machine import Machine, passed

for command in ("poweroff", "reboot"):
    with Machine() as machine:
        machine.login()
        machine.line_send(command)
        machine.expect_end()
        passed(f"{command} ends the machine")
