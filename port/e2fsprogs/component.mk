# SPDX-License-Identifier: MIT
# libext2fs without what speaks to a Unix: whoever uses it supplies an io_manager.
kind := library
name := ext2fs
uses := c
sources := *.c lib/et/com_err.c lib/et/error_message.c lib/et/et_name.c lib/et/init_et.c \
	$(addprefix lib/ext2fs/,ext2_err.c alloc.c alloc_sb.c alloc_stats.c alloc_tables.c atexit.c badblocks.c \
	bb_inode.c bitmaps.c bitops.c blkmap64_ba.c blkmap64_rb.c blknum.c block.c bmap.c check_desc.c closefs.c \
	crc16.c crc32c.c csum.c dblist.c dblist_dir.c dirblock.c dirhash.c dir_iterate.c expanddir.c ext_attr.c \
	extent.c fallocate.c fileio.c freefs.c getenv.c gen_bitmap.c gen_bitmap64.c get_num_dirs.c hashmap.c i_block.c icount.c \
	ind_block.c inline.c inline_data.c inode.c io_manager.c link.c lookup.c mkdir.c mkjournal.c mmp.c native.c newdir.c \
	nls_utf8.c openfs.c orphan.c progress.c punch.c rbtree.c read_bb.c rw_bitmaps.c sha512.c swapfs.c \
	symlink.c unlink.c valid_blk.c version.c)
include := lib
private := configuration
flags := -std=gnu11 -DHAVE_CONFIG_H
