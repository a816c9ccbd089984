# SPDX-License-Identifier: MIT
# Where programs post services for others: /srv.
kind := service
uses := 9p ferrite plain
