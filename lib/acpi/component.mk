# SPDX-License-Identifier: MIT
kind := library
