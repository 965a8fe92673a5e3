/* SPDX-License-Identifier: MIT */
/* writer.c - buffered writing; see writer.h. */
#include "output/writer.h"

#include <errno.h>
#include <unistd.h>

#include "base/output_file.h"
#include "base/status_line.h"

void writer_flush(struct writer *writer)
{
	int fd = fileno(writer->file);
	size_t used = writer->used;

	writer->used = 0;
	if (writer->errnum)
		return;
	errno = 0;
	if (fd < 0) { /* a stream in memory */
		if (fwrite(writer->buffer, 1, used, writer->file) != used || fflush(writer->file))
			writer->errnum = errno ? errno : EIO;
		return;
	}
	if (used)
		status_line_give_way_to(fd);
	/* What others put into the stream comes first. */
	if (fflush(writer->file))
		writer->errnum = errno ? errno : EIO;
	else
		writer->errnum = output_file_write(fd, writer->buffer, used);
}

struct error *writer_error(const struct writer *writer, const char *what)
{
	if (!writer->errnum)
		return NULL;
	return error_errno(
		writer->errnum, "cannot write %s%s", what,
		writer->errnum == EFBIG
			? " beyond the limit of a file's size (ulimit -f, or the file system's)"
			: "");
}

void writer_put_slowly(struct writer *writer, const char *text, size_t len)
{
	while (len) {
		if (writer->used == WRITER_SIZE)
			writer_flush(writer);
		size_t room = WRITER_SIZE - writer->used;
		size_t part = len < room ? len : room;
		memcpy(writer->buffer + writer->used, text, part);
		writer->used += part;
		text += part;
		len -= part;
	}
}

void writer_put_spaces(struct writer *writer, size_t count)
{
	static const char spaces[] = "                                                            ";

	while (count) {
		size_t part = count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1;
		writer_put(writer, spaces, part);
		count -= part;
	}
}
