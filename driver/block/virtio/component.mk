kind := driver
name := virtio-block
uses := 9p virtio partition ferrite c
files := virtio-block.match=/etc/driver/virtio-block.match
entitlements := resource/dma resource/debug priority=48
