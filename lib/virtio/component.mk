kind := library
uses := ferrite c
