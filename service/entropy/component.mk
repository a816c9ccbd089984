kind := service
uses := 9p ferrite c
entitlements := resource/entropy resource/debug
