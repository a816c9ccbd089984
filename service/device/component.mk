kind := service
uses := 9p dtb ferrite c
