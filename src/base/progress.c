/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/progress.h"

#include "base/moment.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Work that is done sooner needs none. */
#define FIRST (NS_PER_S / 2)
#define EVERY (NS_PER_S / 4)

static struct {
	bool shown, endless, on_screen;
	uint64_t bytes, whole;
	int64_t begun, next;
} progress;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

void progress_expect(const char *const *paths, size_t count, unsigned times)
{
	struct stat file;

	for (size_t i = 0; i < count; i++) {
		bool known = strcmp(paths[i], "-") != 0 && stat(paths[i], &file) == 0 && S_ISREG(file.st_mode);
		if (known)
			progress.whole += times * (uint64_t)file.st_size;
		else
			progress.endless = true;
	}
}

void progress_begin(void)
{
	progress.shown = isatty(STDERR_FILENO) == 1;
	progress.begun = now();
	progress.next = progress.begun + FIRST;
}

static void format_size(uint64_t bytes, char *text, size_t size)
{
	if (bytes < 10 * 1000 * 1000)
		snprintf(text, size, "%.1f MB", (double)bytes / 1e6);
	else if (bytes < UINT64_C(10) * 1000 * 1000 * 1000)
		snprintf(text, size, "%.0f MB", (double)bytes / 1e6);
	else
		snprintf(text, size, "%.1f GB", (double)bytes / 1e9);
}

static void format_left(double seconds, char *text, size_t size)
{
	if (seconds < 90)
		snprintf(text, size, "%.0f s left", seconds);
	else if (seconds < 90 * 60)
		snprintf(text, size, "%.0f min left", seconds / 60);
	else
		snprintf(text, size, "%.1f h left", seconds / 3600);
}

void progress_format(uint64_t bytes, uint64_t whole, int64_t elapsed, char *text)
{
	double per_second = elapsed > 0 ? (double)bytes * 1e9 / (double)elapsed : 0;
	char read[24], rate[24], left[24] = "";

	format_size(per_second < 1e15 ? (uint64_t)per_second : 0, rate, sizeof rate);
	if (whole == 0) {
		format_size(bytes, read, sizeof read);
		snprintf(text, PROGRESS_TEXT_SIZE, "%s read, %s/s", read, rate);
		return;
	}
	if (bytes < whole && per_second > 0 && (double)(whole - bytes) / per_second < 1e6)
		format_left((double)(whole - bytes) / per_second, left, sizeof left);
	snprintf(text, PROGRESS_TEXT_SIZE, "%.0f %%, %s/s%s%s",
		 bytes < whole ? 100 * ((double)bytes / (double)whole) : 100.0, rate, left[0] == '\0' ? "" : ", ",
		 left);
}

void progress_read(uint64_t bytes)
{
	char text[PROGRESS_TEXT_SIZE];

	progress.bytes += bytes;
	if (!progress.shown)
		return;
	int64_t time = now();
	if (time < progress.next)
		return;
	progress.next = time + EVERY;
	progress_format(progress.bytes, progress.endless ? 0 : progress.whole, time - progress.begun, text);
	/* The cursor stays at the line's beginning, so that a message written over it looks right too. */
	fprintf(stderr, "\r%s\033[K\r", text);
	fflush(stderr);
	progress.on_screen = true;
}

uint64_t progress_take(void)
{
	uint64_t bytes = progress.bytes;

	progress.bytes = 0;
	return bytes;
}

void progress_clear(void)
{
	if (progress.on_screen)
		fputs("\r\033[K", stderr);
	progress.on_screen = false;
}

void progress_end(void)
{
	progress_clear();
	progress.shown = false;
}
