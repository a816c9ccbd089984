kind := library
uses := c
