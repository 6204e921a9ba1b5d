/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/follower.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POLL_S = 1, STOP_S = 2, NEWS_KEPT = 64, SAYS_SIZE = 128 };

struct news {
	const char *path;
	enum follow_news news;
	char says[SAYS_SIZE];
};

struct follower {
	pthread_t thread;
	struct follow *follow;
	bool joined;
	pthread_mutex_t mutex; /* for what follows */
	pthread_cond_t wake;   /* stop or done has changed */
	bool stop, done, ready;
	struct event_log log; /* if ready */
	struct news news[NEWS_KEPT];
	size_t news_count;
};

static void on_told(void *user, const char *path, enum follow_news news, const char *says)
{
	struct follower *follower = user;

	pthread_mutex_lock(&follower->mutex);
	if (follower->news_count < NEWS_KEPT) {
		struct news *told = &follower->news[follower->news_count++];
		*told = (struct news){.path = path, .news = news};
		if (says != NULL)
			strncat(told->says, says, sizeof told->says - 1);
	}
	pthread_mutex_unlock(&follower->mutex);
}

static void look(struct follower *follower)
{
	struct event_log log, before;

	if (!follow_poll(follower->follow))
		return;
	event_log_init(&log);
	follow_read(follower->follow, &log);
	pthread_mutex_lock(&follower->mutex);
	before = follower->log;
	follower->log = log;
	follower->ready = true;
	pthread_mutex_unlock(&follower->mutex);
	event_log_free(&before);
}

static void *run(void *user)
{
	struct follower *follower = user;
	bool stop = false;

	while (!stop) {
		look(follower);
		struct timespec next;
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_sec += POLL_S;
		pthread_mutex_lock(&follower->mutex);
		while (!follower->stop && pthread_cond_timedwait(&follower->wake, &follower->mutex, &next) != ETIMEDOUT)
			;
		stop = follower->stop;
		pthread_mutex_unlock(&follower->mutex);
	}
	/* Twice: a line that has no end counts when nothing came between two looks. */
	look(follower);
	look(follower);
	pthread_mutex_lock(&follower->mutex);
	follower->done = true;
	pthread_cond_signal(&follower->wake);
	pthread_mutex_unlock(&follower->mutex);
	return NULL;
}

struct follower *follower_start(const char *const *paths, size_t count, size_t limit)
{
	struct follower *follower = memory_get_zeroed(1, sizeof *follower);
	pthread_condattr_t monotonic;
	sigset_t all, before;

	follower->follow = follow_new(paths, count, limit, on_told, follower);
	event_log_init(&follower->log);
	pthread_mutex_init(&follower->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&follower->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	/* Signals are for who takes the packets. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&follower->thread, NULL, run, follower);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed == 0)
		return follower;
	follower->joined = true;
	follower_free(follower);
	errno = failed;
	return NULL;
}

bool follower_take(struct follower *follower, struct event_log *log, follow_told *told, void *user)
{
	struct news news[NEWS_KEPT];

	pthread_mutex_lock(&follower->mutex);
	size_t count = follower->news_count;
	memcpy(news, follower->news, count * sizeof news[0]);
	follower->news_count = 0;
	bool ready = follower->ready;
	if (ready) {
		event_log_free(log);
		*log = follower->log;
		event_log_init(&follower->log);
		follower->ready = false;
	}
	pthread_mutex_unlock(&follower->mutex);
	for (size_t i = 0; i < count; i++)
		told(user, news[i].path, news[i].news, news[i].says);
	return ready;
}

void follower_stop(struct follower *follower)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_S;
	pthread_mutex_lock(&follower->mutex);
	follower->stop = true;
	pthread_cond_signal(&follower->wake);
	while (!follower->done && pthread_cond_timedwait(&follower->wake, &follower->mutex, &until) != ETIMEDOUT)
		;
	bool done = follower->done;
	pthread_mutex_unlock(&follower->mutex);
	follower->joined = done && pthread_join(follower->thread, NULL) == 0;
}

void follower_free(struct follower *follower)
{
	/* A thread that hangs on a share still uses all of it: it goes with the program. */
	if (follower == NULL || !follower->joined)
		return;
	follow_free(follower->follow);
	event_log_free(&follower->log);
	pthread_mutex_destroy(&follower->mutex);
	pthread_cond_destroy(&follower->wake);
	free(follower);
}
