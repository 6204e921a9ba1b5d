/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/bag.h"

#include "base/memory.h"
#include "base/path.h"
#include "base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <gcrypt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHA256_LENGTH = 32, BLOCK = 1 << 16, FOLDER_MODE = 0755 };

struct bag {
	enum bag_kind kind;
	char *path;
	struct bag_file *files;
	size_t count, capacity;
	bool open; /* the last file is being written */
	FILE **reserved;
	char **reserved_paths;
	size_t reserved_count, reserved_taken;
	int archive; /* below 0: not open yet */
	bag_archiver *write;
	char *error;
};

/* ---- Hashes ---- */

bool sha256_file(FILE *in, char *text, uint64_t *length)
{
	uint8_t *block = memory_get(BLOCK);
	gcry_md_hd_t hash;
	size_t count;

	*length = 0;
	errno = EIO;
	if (gcry_md_open(&hash, GCRY_MD_SHA256, 0) != 0) {
		free(block);
		return false;
	}
	bool good = fseeko(in, 0, SEEK_SET) == 0;
	while (good && (count = fread(block, 1, BLOCK, in)) > 0) {
		gcry_md_write(hash, block, count);
		progress_read(count);
		*length += count;
	}
	good = good && ferror(in) == 0;
	const uint8_t *digest = gcry_md_read(hash, GCRY_MD_SHA256);
	for (size_t i = 0; i < SHA256_LENGTH; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	gcry_md_close(hash);
	free(block);
	return good;
}

/* ---- Making it ---- */

static bool fail(struct bag *bag, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct bag *bag, const char *format, ...)
{
	va_list arguments;

	if (bag->error != NULL)
		return false;
	va_start(arguments, format);
	if (vasprintf(&bag->error, format, arguments) < 0)
		bag->error = memory_text("no memory", 9);
	va_end(arguments);
	return false;
}

bool bag_name_ends(const char *text, const char *end)
{
	size_t length = strlen(text), part = strlen(end);

	return length >= part && strcmp(text + length - part, end) == 0;
}

static const char is_there_already[] = "is there already: give a name that is not";

enum bag_kind bag_kind_of(const char *path)
{
	return bag_name_ends(path, ".tar.zst") || bag_name_ends(path, ".tar.gz") || bag_name_ends(path, ".tar")
		   ? BAG_ARCHIVE
		   : BAG_FOLDER;
}

struct bag *bag_new(enum bag_kind kind, const char *path, bag_archiver *write)
{
	struct bag *bag = memory_get_zeroed(1, sizeof *bag);

	bag->kind = kind;
	bag->archive = -1;
	bag->write = write;
	bag->path = path == NULL ? NULL : memory_text(path, strlen(path));
	if (kind == BAG_FOLDER && mkdir(path, FOLDER_MODE) != 0)
		fail(bag, errno == EEXIST ? is_there_already : "cannot be made: %s", strerror(errno));
	return bag;
}

void bag_free(struct bag *bag)
{
	if (bag == NULL)
		return;
	for (size_t i = 0; i < bag->count; i++) {
		if (bag->files[i].file != NULL)
			fclose(bag->files[i].file);
		free(bag->files[i].name);
	}
	for (size_t i = 0; i < bag->reserved_count; i++) {
		if (i >= bag->reserved_taken)
			fclose(bag->reserved[i]);
		free(bag->reserved_paths[i]);
	}
	if (bag->archive >= 0)
		close(bag->archive);
	free(bag->reserved);
	free((void *)bag->reserved_paths);
	free(bag->files);
	free(bag->path);
	free(bag->error);
	free(bag);
}

const char *bag_error(const struct bag *bag)
{
	return bag->error;
}

/* What is there already is not written over, but for an empty file, as a bundle leaves that could not be made. */
static int open_archive(const struct bag *bag)
{
	struct stat there;

	if (stat(bag->path, &there) == 0 && (!S_ISREG(there.st_mode) || there.st_size == 0))
		return open(bag->path, O_WRONLY | O_CLOEXEC);
	return open(bag->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* A file without a name, beside the archive: there is room for it where there is room for that. */
static FILE *open_nameless(const struct bag *bag)
{
	char *folder = bag->path == NULL ? NULL : path_folder(bag->path);
	int descriptor = folder == NULL ? -1 : open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	free(folder);
	if (descriptor < 0)
		return tmpfile();
	FILE *file = fdopen(descriptor, "w+b");
	if (file == NULL)
		close(descriptor);
	return file;
}

void bag_make_room(size_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return;
	rlim_t wanted = limit.rlim_cur + count;
	limit.rlim_cur = limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max ? limit.rlim_max : wanted;
	/* What it is not enough for is told when it happens. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

void bag_reserve(struct bag *bag, size_t count)
{
	char *path;

	if (bag->error != NULL)
		return;
	bag_make_room(count);
	if (bag->kind == BAG_FOLDER) {
		if (asprintf(&path, "%s/data", bag->path) < 0 || mkdir(path, FOLDER_MODE) != 0)
			fail(bag, "cannot be made: %s", strerror(errno));
		free(path);
		return;
	}
	bag->reserved = memory_get_zeroed(count, sizeof(FILE *));
	bag->reserved_paths = memory_get_zeroed(count, sizeof(char *));
	for (; bag->reserved_count < count; bag->reserved_count++) {
		FILE *file = open_nameless(bag);
		if (file == NULL || asprintf(&path, "/proc/self/fd/%d", fileno(file)) < 0) {
			fail(bag, "temporary files cannot be made: %s", strerror(errno));
			return;
		}
		bag->reserved[bag->reserved_count] = file;
		bag->reserved_paths[bag->reserved_count] = path;
	}
	if (bag->kind == BAG_ARCHIVE && (bag->archive = open_archive(bag)) < 0)
		fail(bag, errno == EEXIST ? is_there_already : "cannot be written: %s", strerror(errno));
}

const char *const *bag_reserved(const struct bag *bag, size_t *count)
{
	*count = bag->reserved_count;
	return (const char *const *)bag->reserved_paths;
}

const char *bag_path(const struct bag *bag)
{
	return bag->path;
}

static FILE *take_nameless(struct bag *bag)
{
	return bag->reserved_taken < bag->reserved_count ? bag->reserved[bag->reserved_taken++] : open_nameless(bag);
}

static FILE *open_in_folder(const struct bag *bag, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", bag->path, name) < 0)
		return NULL;
	for (char *slash = path + strlen(bag->path) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		/* Where folders can't be made any more, opening the file tells whether it is there. */
		(void)mkdir(path, FOLDER_MODE);
		*slash = '/';
	}
	FILE *file = fopen(path, "w+bx");
	free(path);
	return file;
}

FILE *bag_begin(struct bag *bag, const char *name)
{
	if (bag->error != NULL)
		return NULL;
	FILE *file = bag->kind == BAG_FOLDER ? open_in_folder(bag, name) : take_nameless(bag);
	if (file == NULL) {
		fail(bag, "%s cannot be written: %s", name, strerror(errno));
		return NULL;
	}
	bag->files = memory_grow(bag->files, bag->count, &bag->capacity, sizeof *bag->files);
	bag->files[bag->count++] = (struct bag_file){.name = memory_text(name, strlen(name)), .file = file};
	bag->open = true;
	return file;
}

bool bag_end(struct bag *bag)
{
	if (bag->error != NULL || !bag->open)
		return false;
	struct bag_file *file = &bag->files[bag->count - 1];
	bag->open = false;
	if (fflush(file->file) != 0 || ferror(file->file) != 0 || !sha256_file(file->file, file->sha256, &file->length))
		return fail(bag, "%s could not be written whole: %s", file->name, strerror(errno));
	return true;
}

/* ---- Its own files ---- */

static bool is_payload(const struct bag_file *file)
{
	return strncmp(file->name, "data/", 5) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bag_file *)a)->name, ((const struct bag_file *)b)->name);
}

/* RFC 8493 2.1.3 and 2.2.1, in the form that sha256sum reads too. */
static void write_manifest(struct bag *bag, const char *name, bool payload)
{
	size_t count = bag->count;

	qsort(bag->files, count, sizeof *bag->files, by_name);
	FILE *out = bag_begin(bag, name);
	for (size_t i = 0; out != NULL && i < count; i++)
		if (is_payload(&bag->files[i]) == payload)
			fprintf(out, "%s  %s\n", bag->files[i].sha256, bag->files[i].name);
	bag_end(bag);
}

static void write_info(struct bag *bag, const struct bag_info *info)
{
	uint64_t bytes = 0, streams = 0;
	FILE *out = bag_begin(bag, "bag-info.txt");

	for (size_t i = 0; i < bag->count; i++) {
		bytes += is_payload(&bag->files[i]) ? bag->files[i].length : 0;
		streams += is_payload(&bag->files[i]);
	}
	if (out != NULL)
		fprintf(out,
			"Bag-Software-Agent: %s\nExternal-Description: %s\nPayload-Oxum: %" PRIu64 ".%" PRIu64 "\n",
			info->agent, info->description, bytes, streams);
	bag_end(bag);
}

static bool write_archive(struct bag *bag, int64_t modified)
{
	char *error = NULL;

	if (bag->archive < 0)
		bag->archive = open_archive(bag);
	if (bag->write(bag->archive, bag->path, bag->files, bag->count, modified, &error))
		return true;
	fail(bag, "cannot be written: %s", error == NULL ? strerror(errno) : error);
	free(error);
	return false;
}

bool bag_finish(struct bag *bag, const struct bag_info *info)
{
	FILE *out = bag_begin(bag, "bagit.txt");

	if (out != NULL)
		fputs("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", out);
	bag_end(bag);
	write_info(bag, info);
	write_manifest(bag, "manifest-sha256.txt", true);
	write_manifest(bag, "tagmanifest-sha256.txt", false);
	if (bag->error != NULL)
		return false;
	qsort(bag->files, bag->count, sizeof *bag->files, by_name);
	return bag->kind != BAG_ARCHIVE || write_archive(bag, info->modified);
}

const struct bag_file *bag_find(const struct bag *bag, const char *name)
{
	for (size_t i = 0; i < bag->count; i++)
		if (strcmp(bag->files[i].name, name) == 0)
			return &bag->files[i];
	return NULL;
}

const struct bag_file *bag_files(const struct bag *bag, size_t *count)
{
	*count = bag->count;
	return bag->files;
}
