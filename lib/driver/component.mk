kind := library
uses := ferrite
