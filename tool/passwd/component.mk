# SPDX-License-Identifier: MIT
# passwd NAME: a line NAME:HASH; passwd --check ACCOUNTS USERS: the accounts, if the image can use them.
kind := host
uses := support argon2
