kind := driver
name := virtio-sound
uses := 9p virtio ferrite c
files := virtio-sound.match=/etc/driver/virtio-sound.match
entitlements := resource/dma resource/debug priority=48
