# SPDX-License-Identifier: MIT
# Users, and what runs for them: for login and for the service of logins.
kind := library
uses := 9p ferrite argon2 c
