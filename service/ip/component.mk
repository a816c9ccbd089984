kind := service
uses := 9p lwip ring driver net ferrite c
