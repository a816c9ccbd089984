kind := driver
name := virtio-random
uses := 9p virtio ferrite c
files := virtio-random.match=/etc/driver/virtio-random.match
entitlements := resource/dma resource/debug priority=48
