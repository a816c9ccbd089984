# SPDX-License-Identifier: MIT
# /test/testfixture: Tcl with SQLite, and with what its tests look into it with. As SQLite's own main.mk makes it.
kind := program
name := testfixture
uses := tcl z c
sources := sqlite3.c tclsqlite-ex.c src/test[1-9].c src/test_*.c ext/fts3/fts3_term.c ext/fts3/fts3_commands.c ext/session/test_session.c \
	ext/recover/sqlite3recover.c ext/recover/dbdata.c ext/recover/test_recover.c ext/intck/*.c ext/rbu/test_rbu.c \
	ext/expert/sqlite3expert.c ext/expert/test_expert.c ext/fts5/fts5_tcl.c ext/fts5/fts5_test_*.c \
	ext/rtree/test_rtreedoc.c $(patsubst %,ext/misc/%.c,amatch appendvfs basexx cksumvfs closure csv decimal eval explain \
	fileio fuzzer ieee754 mmapwarm nextchar normalize prefixes qpvtab randomjson regexp remember series spellfix \
	stmtrand totype unionvtab wholenumber zipfile)
exclude := src/test_loadext.c src/test_sqllog.c
private := src/.. src ext/rtree ext/icu ext/fts3 ext/session ext/misc
flags := -std=gnu17 -DBUILD_sqlite -DNDEBUG -DSQLITE_THREADSAFE=1 -DSQLITE_HAVE_ISNAN -DHAVE_USLEEP=1 \
	-DHAVE_LOCALTIME_R=1 -DHAVE_GMTIME_R=1 -DHAVE_NANOSLEEP=1 -DHAVE_FDATASYNC=1 -DSQLITE_HAVE_ZLIB=1 \
	-DSQLITE_NO_SYNC=1 -DSQLITE_MAX_MMAP_SIZE=0x7fff0000 -DSQLITE_TEST=1 -DSQLITE_CRASH_TEST=1 \
	-DTCLSH_INIT_PROC=sqlite3TestInit -DSQLITE_SERVER=1 \
	-DSQLITE_PRIVATE= -DSQLITE_CORE -DSQLITE_SERIES_CONSTRAINT_VERIFY=1 -DSQLITE_DEFAULT_PAGE_SIZE=1024 \
	-DSQLITE_CKSUMVFS_STATIC -DSQLITE_STATIC_RANDOMJSON -DSQLITE_STRICT_SUBTYPE=1 -DSQLITE_OMIT_LOAD_EXTENSION \
	$(patsubst %,-DSQLITE_ENABLE_%,STMTVTAB DBPAGE_VTAB BYTECODE_VTAB CARRAY PERCENTILE MATH_FUNCTIONS FTS4 \
	FTS3_PARENTHESIS FTS5 RTREE GEOPOLY SESSION PREUPDATE_HOOK DBSTAT_VTAB STAT4 MEMSYS5 COLUMN_METADATA RBU)
