kind := driver
name := virtio-block
uses := 9p virtio ferrite c
files := virtio-block.match=/etc/driver/virtio-block.match
