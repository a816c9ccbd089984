# SPDX-License-Identifier: MIT
# The system of scenarios with large ports, and with the tests that ports bring along.
include system/scenario.mk
contents += port/%
