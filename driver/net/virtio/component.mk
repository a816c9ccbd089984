kind := driver
name := virtio-net
uses := 9p virtio ring driver ferrite c
files := virtio-net.match=/etc/driver/virtio-net.match
entitlements := resource/dma resource/debug priority=48
