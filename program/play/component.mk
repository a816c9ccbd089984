# SPDX-License-Identifier: MIT
# Plays WAV files and bare samples.
kind := program
uses := ferrite c
