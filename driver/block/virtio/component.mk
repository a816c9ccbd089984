kind := driver
name := virtio-block
uses := 9p virtio ferrite c
files := virtio-block.match=/etc/driver/virtio-block.match
entitlements := resource/dma resource/debug priority=48
