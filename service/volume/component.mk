# SPDX-License-Identifier: MIT
# Looks for a volume by its label, for units that need one: small, as every boot runs it.
kind := service
uses := volume 9p ferrite plain
