kind := service
uses := 9p lwip ring driver net ferrite c
entitlements := resource/debug priority=40
