/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command without its output and prints its CPU seconds, wall seconds and peak memory in KiB; exits as it does.
 * A process of its own, because the peak of a child counts what its parent was when it forked.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;

	if (argc < 2) {
		fputs("usage: bench-measure COMMAND [ARGUMENT …]\n", stderr);
		return 2;
	}
	double start = now();
	pid_t child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
		perror("bench-measure");
		return 2;
	}
	printf("%.6f %.6f %ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), now() - start, usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
