/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/bag_archive.h"

#include "base/memory.h"
#include "base/path.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, FILE_MODE = 0644 };

static bool write_entry(struct archive *archive, const struct bag_file *file, const char *top, int64_t modified)
{
	struct archive_entry *entry = archive_entry_new();
	char *block = memory_get(BLOCK), *name = NULL;
	size_t count;
	bool good = asprintf(&name, "%s/%s", top, file->name) >= 0;

	if (good) {
		archive_entry_set_pathname(entry, name);
		archive_entry_set_size(entry, (int64_t)file->length);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_perm(entry, FILE_MODE);
		archive_entry_set_mtime(entry, (time_t)modified, 0);
		good = archive_write_header(archive, entry) == ARCHIVE_OK && fseeko(file->file, 0, SEEK_SET) == 0;
	}
	while (good && (count = fread(block, 1, BLOCK, file->file)) > 0)
		good = archive_write_data(archive, block, count) == (la_ssize_t)count;
	free(name);
	free(block);
	archive_entry_free(entry);
	return good && ferror(file->file) == 0;
}

/* RFC 8493 4: one folder at the top, with the name of the file. */
static char *top_of(const char *path)
{
	const char *name = path_name(path);
	const char *end = strstr(name, ".tar");

	return end == NULL || end == name ? memory_text("bundle", 6) : memory_text(name, (size_t)(end - name));
}

bool bag_archive_write(int descriptor, const char *path, const struct bag_file *files, size_t count, int64_t modified,
		       char **error)
{
	struct archive *archive = archive_write_new();
	char *top = top_of(path);
	int made = archive_write_set_format_pax_restricted(archive);

	if (made == ARCHIVE_OK && bag_name_ends(path, ".zst"))
		made = archive_write_add_filter_zstd(archive);
	else if (made == ARCHIVE_OK && bag_name_ends(path, ".gz"))
		made = archive_write_add_filter_gzip(archive);
	/* gzip's header has a time of its own. */
	if (made == ARCHIVE_OK && bag_name_ends(path, ".gz"))
		made = archive_write_set_filter_option(archive, "gzip", "timestamp", NULL);
	if (made == ARCHIVE_OK)
		made = descriptor < 0 || ftruncate(descriptor, 0) == 0 || errno == EINVAL ? ARCHIVE_OK : ARCHIVE_FATAL;
	if (made == ARCHIVE_OK)
		made = archive_write_open_fd(archive, descriptor);
	bool good = made == ARCHIVE_OK;
	for (size_t i = 0; good && i < count; i++)
		good = write_entry(archive, &files[i], top, modified);
	good = good && archive_write_close(archive) == ARCHIVE_OK;
	const char *says = good ? NULL : archive_error_string(archive);
	*error = says == NULL ? NULL : memory_text(says, strlen(says));
	int before = errno;
	archive_write_free(archive);
	errno = before;
	free(top);
	return good;
}
