kind := service
uses := 9p ferrite c
