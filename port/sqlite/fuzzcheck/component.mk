# SPDX-License-Identifier: MIT
# SQLite's own test that runs each statement of a database of them.
kind := program
uses := sqlite3 c
sources := test/fuzzcheck.c test/ossfuzz.c test/fuzzinvariants.c ext/recover/dbdata.c ext/recover/sqlite3recover.c \
	test/vt02.c ext/misc/base64.c ext/misc/base85.c ext/misc/completion.c ext/misc/decimal.c ext/misc/ieee754.c \
	ext/misc/randomjson.c ext/misc/regexp.c ext/misc/series.c ext/misc/shathree.c ext/misc/sha1.c ext/misc/stmtrand.c
private := test ext/recover
flags := -std=gnu17 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OSS_FUZZ -DSQLITE_ENABLE_DBPAGE_VTAB -DSQLITE_ENABLE_FTS4 \
	-DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_STMTVTAB \
	-DSQLITE_PRIVATE= -DSQLITE_STRICT_SUBTYPE=1 -DSQLITE_STATIC_RANDOMJSON
