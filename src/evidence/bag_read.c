/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/bag_read.h"

#include "base/memory.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gcrypt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHA256_LENGTH = 32, BLOCK = 1 << 16 };

static void problem(struct bag_found *found, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void problem(struct bag_found *found, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (found->problem_count == BAG_PROBLEMS_MAX) {
		found->problems_left_off++;
		return;
	}
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	found->problems = memory_resize(found->problems, (found->problem_count + 1) * sizeof(char *));
	found->problems[found->problem_count++] = text;
}

void bag_found_free(struct bag_found *found)
{
	for (size_t i = 0; i < found->count; i++) {
		free(found->entries[i].name);
		free(found->entries[i].kept);
	}
	for (size_t i = 0; i < found->problem_count; i++)
		free(found->problems[i]);
	free(found->entries);
	free(found->problems);
	*found = (struct bag_found){0};
}

const struct bag_entry *bag_found_file(const struct bag_found *found, const char *name)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->entries[i].name, name) == 0)
			return &found->entries[i];
	return NULL;
}

/* ---- Walking through it ---- */

/* The next bytes of a file: at most BLOCK; 0 at the end, negative after an error. */
typedef long next_block(void *source, uint8_t *block);

/* Is told of each file. False ends the walk. */
typedef bool on_file(void *user, const char *name, next_block *next, void *source);

struct walk {
	on_file *visit;
	void *user;
	struct bag_found *found; /* for what is wrong with the bag itself; NULL: nobody asks */
	size_t files;
};

static void walk_problem(struct walk *walk, const char *name, const char *what)
{
	if (walk->found != NULL)
		problem(walk->found, "%.200s: %s", name, what);
}

/* Whether a name stays within the bag: RFC 8493 5.1. */
static bool is_safe(const char *name)
{
	if (*name == '\0' || *name == '/' || strlen(name) > BAG_NAME_MAX)
		return false;
	for (const char *part = name; part != NULL;) {
		const char *slash = strchr(part, '/');
		size_t length = slash == NULL ? strlen(part) : (size_t)(slash - part);
		if (length == 0 || (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part = slash == NULL ? NULL : slash + 1;
	}
	return true;
}

static bool visit(struct walk *walk, const char *name, next_block *next, void *source)
{
	if (++walk->files > BAG_FILES_MAX) {
		walk_problem(walk, name, "the bag has more files than are read");
		return false;
	}
	if (!is_safe(name)) {
		walk_problem(walk, name, "is a name that no file of a bag may have");
		return true;
	}
	return walk->visit(walk->user, name, next, source);
}

static long next_of_descriptor(void *source, uint8_t *block)
{
	const int *descriptor = source;

	for (;;) {
		ssize_t count = read(*descriptor, block, BLOCK);
		if (count >= 0 || errno != EINTR)
			return count;
	}
}

static bool walk_folder(struct walk *walk, int folder, const char *prefix, unsigned depth);

static bool walk_named(struct walk *walk, int folder, const char *file, const char *name, unsigned depth)
{
	struct stat status;
	int descriptor = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool go_on = true;

	if (descriptor < 0 || fstat(descriptor, &status) != 0) {
		walk_problem(walk, name,
			     errno == ELOOP ? "is a link, which no file of a bag may be" : "cannot be read");
		if (descriptor >= 0)
			close(descriptor);
		return true;
	}
	if (S_ISREG(status.st_mode))
		go_on = visit(walk, name, next_of_descriptor, &descriptor);
	else if (S_ISDIR(status.st_mode) && depth < BAG_FOLDERS_DEEP)
		return walk_folder(walk, descriptor, name, depth + 1); /* which closes it */
	else
		walk_problem(walk, name, "is neither a file nor a folder");
	close(descriptor);
	return go_on;
}

static bool walk_folder(struct walk *walk, int folder, const char *prefix, unsigned depth)
{
	DIR *listing = fdopendir(folder);
	const struct dirent *entry;
	bool go_on = true;

	if (listing == NULL) {
		walk_problem(walk, prefix, "cannot be read");
		close(folder);
		return true;
	}
	while (go_on && (entry = readdir(listing)) != NULL) {
		char *name;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (asprintf(&name, "%s%s%s", prefix, *prefix == '\0' ? "" : "/", entry->d_name) < 0)
			break;
		go_on = walk_named(walk, folder, entry->d_name, name, depth);
		free(name);
	}
	closedir(listing);
	return go_on;
}

static long next_of_archive(void *source, uint8_t *block)
{
	la_ssize_t count;

	/* ARCHIVE_RETRY is what an interrupted system call makes. */
	do
		count = archive_read_data(source, block, BLOCK);
	while (count == ARCHIVE_RETRY);
	return (long)count;
}

/* Everything is in one folder: its name is left out. RFC 8493 4. */
static const char *below_top(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		name += 2;
	const char *slash = strchr(name, '/');

	return slash == NULL ? "" : slash + 1;
}

static bool walk_archive(struct walk *walk, const char *path, char *error, size_t size)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	int status;
	bool go_on = true;

	archive_read_support_format_tar(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_gzip(archive);
	bool good = archive_read_open_filename(archive, path, BLOCK) == ARCHIVE_OK;
	while (good && go_on && (status = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
			good = false;
			break;
		}
		const char *name = archive_entry_pathname(entry);
		if (archive_entry_filetype(entry) == AE_IFDIR)
			continue;
		if (name == NULL)
			name = archive_entry_pathname_utf8(entry);
		if (name == NULL)
			walk_problem(walk, "a file", "has a name that cannot be read");
		else if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL)
			walk_problem(walk, name, "is no plain file");
		else
			go_on = visit(walk, below_top(name), next_of_archive, archive);
	}
	if (!good)
		snprintf(error, size, "%s",
			 archive_error_string(archive) == NULL ? "no tar file" : archive_error_string(archive));
	archive_read_free(archive);
	return good;
}

/* False, with a reason, where there is nothing that can be walked through, or not to the end. */
static bool walk_bag(struct walk *walk, const char *path, char *error, size_t size)
{
	struct stat status;

	if (stat(path, &status) != 0) {
		snprintf(error, size, "%s", strerror(errno));
		return false;
	}
	if (!S_ISDIR(status.st_mode))
		return walk_archive(walk, path, error, size);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		snprintf(error, size, "%s", strerror(errno));
		return false;
	}
	walk_folder(walk, folder, "", 0);
	return true;
}

/* ---- Hashes of what is there ---- */

/* Those that say something about the others. */
static bool is_kept(const char *name)
{
	return strchr(name, '/') == NULL || strcmp(name, "data/options.txt") == 0 ||
	       strcmp(name, "data/inputs.tsv") == 0;
}

static void keep(struct bag_entry *entry, const uint8_t *block, size_t length)
{
	size_t before = (size_t)entry->length;

	if (before + length > BAG_KEPT_MAX)
		return;
	entry->kept = memory_resize(entry->kept, before + length + 1);
	memcpy(entry->kept + before, block, length);
	entry->kept[before + length] = '\0';
}

static bool hash_file(void *user, const char *name, next_block *next, void *source)
{
	struct bag_found *found = user;
	uint8_t *block = memory_get(BLOCK);
	struct bag_entry entry = {.name = memory_text(name, strlen(name))};
	gcry_md_hd_t hash;
	long count = -1;

	if (is_kept(name))
		entry.kept = memory_get_zeroed(1, 1);
	if (gcry_md_open(&hash, GCRY_MD_SHA256, 0) == 0) {
		while ((count = next(source, block)) > 0) {
			gcry_md_write(hash, block, (size_t)count);
			if (entry.kept != NULL)
				keep(&entry, block, (size_t)count);
			entry.length += (uint64_t)count;
		}
		const uint8_t *digest = gcry_md_read(hash, GCRY_MD_SHA256);
		for (size_t i = 0; i < SHA256_LENGTH; i++)
			snprintf(entry.sha256 + 2 * i, 3, "%02x", digest[i]);
		gcry_md_close(hash);
	}
	free(block);
	if (count < 0)
		problem(found, "%.200s: cannot be read whole", name);
	if (entry.kept != NULL && entry.length > BAG_KEPT_MAX)
		problem(found, "%.200s: is longer than what is read of it", name);
	if (bag_found_file(found, name) != NULL)
		problem(found, "%.200s: is there twice", name);
	found->entries = memory_grow(found->entries, found->count, &found->capacity, sizeof *found->entries);
	found->entries[found->count++] = entry;
	return true;
}

/* ---- Manifests ---- */

/* RFC 8493 2.1.3: %0A, %0D and %25 stand for what would end a line, and for the sign itself. */
static void decode_name(char *name)
{
	char *to = name;

	for (const char *from = name; *from != '\0'; from++) {
		if (from[0] == '%' && (strncmp(from, "%0A", 3) == 0 || strncmp(from, "%0a", 3) == 0)) {
			*to++ = '\n';
			from += 2;
		} else if (from[0] == '%' && (strncmp(from, "%0D", 3) == 0 || strncmp(from, "%0d", 3) == 0)) {
			*to++ = '\r';
			from += 2;
		} else if (strncmp(from, "%25", 3) == 0) {
			*to++ = '%';
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static void check_line(struct bag_found *found, const char *manifest, char *line)
{
	size_t length = strspn(line, "0123456789abcdefABCDEF");
	char *name = line + length + strspn(line + length, " \t");

	line[strcspn(line, "\r")] = '\0';
	if (*line == '\0')
		return;
	if (length != SHA256_TEXT_SIZE - 1 || name == line + length || *name == '\0') {
		problem(found, "%s: a line is no hash and name", manifest);
		return;
	}
	if (*name == '*')
		name++; /* sha256sum's mark of a binary file */
	decode_name(name);
	struct bag_entry *entry = (struct bag_entry *)bag_found_file(found, name);
	if (entry == NULL) {
		problem(found, "%.200s: is missing, though %s names it", name, manifest);
		return;
	}
	entry->told = true;
	if (strncasecmp(line, entry->sha256, length) != 0)
		problem(found, "%.200s: is not what it was: its SHA-256 is %s, and %s has %.64s", name, entry->sha256,
			manifest, line);
}

static void check_manifest(struct bag_found *found, const char *manifest)
{
	const struct bag_entry *entry = bag_found_file(found, manifest);

	if (entry == NULL || entry->kept == NULL) {
		problem(found, "%s: is missing, so that nothing tells what the files were", manifest);
		return;
	}
	char *text = memory_text(entry->kept, strlen(entry->kept));
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		check_line(found, manifest, line);
	free(text);
}

static void check_oxum(struct bag_found *found)
{
	const struct bag_entry *info = bag_found_file(found, "bag-info.txt");
	const char *oxum = info == NULL || info->kept == NULL ? NULL : strstr(info->kept, "Payload-Oxum:");
	uint64_t bytes = 0, streams = 0, told_bytes, told_streams;

	for (size_t i = 0; i < found->count; i++) {
		bool payload = strncmp(found->entries[i].name, "data/", 5) == 0;
		bytes += payload ? found->entries[i].length : 0;
		streams += payload;
	}
	if (oxum == NULL)
		return; /* RFC 8493 2.2.2: it need not be there */
	char *end;
	told_bytes = strtoull(oxum + strlen("Payload-Oxum:"), &end, 10);
	told_streams = *end == '.' ? strtoull(end + 1, NULL, 10) : 0;
	if (told_bytes != bytes || told_streams != streams)
		problem(found,
			"bag-info.txt: tells of %" PRIu64 " bytes in %" PRIu64 " files, where %" PRIu64 " in %" PRIu64
			" are",
			told_bytes, told_streams, bytes, streams);
}

bool bag_read(const char *path, struct bag_found *found)
{
	struct walk walk = {.visit = hash_file, .user = found, .found = found};
	char error[256];

	*found = (struct bag_found){0};
	if (!walk_bag(&walk, path, error, sizeof error)) {
		problem(found, "%s: cannot be read as a bundle (%s): give the whole of what `mtascope bundle` made",
			path, error);
		return false;
	}
	const struct bag_entry *declaration = bag_found_file(found, "bagit.txt");
	if (declaration == NULL || declaration->kept == NULL ||
	    strncmp(declaration->kept, "BagIt-Version: ", strlen("BagIt-Version: ")) != 0) {
		problem(found, "this is no bundle: there is no bagit.txt in it");
		return false;
	}
	check_manifest(found, "manifest-sha256.txt");
	check_manifest(found, "tagmanifest-sha256.txt");
	for (size_t i = 0; i < found->count; i++)
		if (!found->entries[i].told && strcmp(found->entries[i].name, "tagmanifest-sha256.txt") != 0)
			problem(found, "%.200s: no manifest names it: it was added", found->entries[i].name);
	check_oxum(found);
	return true;
}

/* ---- One file again ---- */

struct wanted {
	const char *name;
	uint64_t limit;
	FILE *copy;
	bool good;
};

static bool copy_file(void *user, const char *name, next_block *next, void *source)
{
	struct wanted *wanted = user;
	uint64_t length = 0;
	long count;

	if (strcmp(name, wanted->name) != 0)
		return true;
	uint8_t *block = memory_get(BLOCK);
	wanted->copy = tmpfile();
	wanted->good = wanted->copy != NULL;
	while (wanted->good && (count = next(source, block)) != 0) {
		length += count < 0 ? 0 : (uint64_t)count;
		wanted->good = count > 0 && length <= wanted->limit &&
			       fwrite(block, 1, (size_t)count, wanted->copy) == (size_t)count;
	}
	free(block);
	return false;
}

FILE *bag_open_file(const char *path, const char *name, uint64_t limit)
{
	struct wanted wanted = {.name = name, .limit = limit};
	struct walk walk = {.visit = copy_file, .user = &wanted};
	char error[256];

	walk_bag(&walk, path, error, sizeof error);
	if (wanted.copy != NULL && !wanted.good) {
		fclose(wanted.copy);
		return NULL;
	}
	if (wanted.copy != NULL)
		rewind(wanted.copy);
	return wanted.copy;
}
