kind := driver
name := virtio-9p
uses := 9import thread 9key 9wire 9p virtio ferrite c
files := virtio-9p.match=/etc/driver/virtio-9p.match
entitlements := resource/dma resource/debug priority=48
