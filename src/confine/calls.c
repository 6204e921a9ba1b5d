/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* O_TMPFILE holds O_DIRECTORY, which does no harm by itself. */
#define OPEN_TO_WRITE (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Memory, time, signals to oneself, and what is open. */
static const int always[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64),
    SCMP_SYS(fallocate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(uname),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static const int of_packets[] = {
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(_newselect),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(getsockopt),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(pause),
};

static const int of_interfaces[] = {SCMP_SYS(bind), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(eventfd2)};

static const int of_threads[] = {SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity)};

static const int of_serving[] = {
    SCMP_SYS(accept),      SCMP_SYS(accept4),     SCMP_SYS(poll),       SCMP_SYS(ppoll),      SCMP_SYS(select),
    SCMP_SYS(epoll_wait),  SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),  SCMP_SYS(recvfrom),   SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),     SCMP_SYS(sendfile),    SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(shutdown),    SCMP_SYS(fcntl),
};

static const unsigned long of_terminals[] = {TCSETS, TCSETSW, TCFLSH};

static const int of_reading_files[] = {SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),
				       SCMP_SYS(statx)};

static const int of_folders[] = {SCMP_SYS(getdents64), SCMP_SYS(access),   SCMP_SYS(faccessat),
				 SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat)};

/* Where is for Landlock to say. */
static const int of_writing_files[] = {SCMP_SYS(open),   SCMP_SYS(openat),   SCMP_SYS(rename),    SCMP_SYS(renameat),
				       SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(renameat2), SCMP_SYS(fchmod)};

struct filter {
	scmp_filter_ctx context;
	int error;
};

static void allow(struct filter *filter, const int *calls, size_t count)
{
	for (size_t i = 0; i < count && filter->error == 0; i++)
		filter->error = -seccomp_rule_add(filter->context, SCMP_ACT_ALLOW, calls[i], 0);
}

/* A call whose argument, of the bits in mask, has this value. */
static void allow_where(struct filter *filter, int call, unsigned argument, uint64_t mask, uint64_t value)
{
	if (filter->error == 0)
		filter->error = -seccomp_rule_add(filter->context, SCMP_ACT_ALLOW, call, 1,
						  SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value));
}

static void allow_memory(struct filter *filter)
{
	allow_where(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
	allow_where(filter, SCMP_SYS(mmap2), 2, PROT_EXEC, 0);
	allow_where(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
}

/* Of what is open, and of this process. */
static void allow_own(struct filter *filter)
{
	static const int commands[] = {F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW};

	allow_where(filter, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
	allow_where(filter, SCMP_SYS(fstatat64), 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
	allow_where(filter, SCMP_SYS(statx), 2, AT_EMPTY_PATH, AT_EMPTY_PATH);
	allow_where(filter, SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS);
	allow_where(filter, SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ);
	for (size_t i = 0; i < COUNT(commands); i++) {
		allow_where(filter, SCMP_SYS(fcntl), 1, UINT32_MAX, (uint64_t)commands[i]);
		allow_where(filter, SCMP_SYS(fcntl64), 1, UINT32_MAX, (uint64_t)commands[i]);
	}
	/* abort() */
	allow_where(filter, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid());
	/* Limits may be looked at. */
	allow_where(filter, SCMP_SYS(prlimit64), 2, UINT64_MAX, 0);
}

static void allow_files(struct filter *filter, const struct confine_plan *plan)
{
	bool folders = plan->read_folder_count > 0 || plan->write_folder_count > 0;

	if (plan->file_count > 0 || plan->more_file_count > 0 || folders) {
		allow(filter, of_reading_files, COUNT(of_reading_files));
		allow_where(filter, SCMP_SYS(open), 1, OPEN_TO_WRITE, O_RDONLY);
		allow_where(filter, SCMP_SYS(openat), 2, OPEN_TO_WRITE, O_RDONLY);
	}
	if (folders)
		allow(filter, of_folders, COUNT(of_folders));
	if (plan->write_folder_count > 0)
		allow(filter, of_writing_files, COUNT(of_writing_files));
}

/* What libpcap does to open one. An AF_INET socket that can't be connected is only there to be asked of interfaces. */
static void allow_interfaces(struct filter *filter)
{
	static const unsigned long questions[] = {SIOCGIFFLAGS, SIOCGIFINDEX, SIOCGIFHWADDR,
						  SIOCGIFMTU,   SIOCGIFNAME,  SIOCETHTOOL};

	allow(filter, of_interfaces, COUNT(of_interfaces));
	/* So that nobody waits for its packets alone. */
	allow_where(filter, SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL);
	allow_where(filter, SCMP_SYS(socket), 0, UINT32_MAX, AF_PACKET);
	if (filter->error == 0)
		filter->error = -seccomp_rule_add(
		    filter->context, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
		    SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, UINT32_MAX, AF_INET),
		    SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, UINT32_MAX & ~(uint64_t)SOCK_CLOEXEC, SOCK_DGRAM));
	for (size_t i = 0; i < COUNT(questions); i++)
		allow_where(filter, SCMP_SYS(ioctl), 1, UINT32_MAX, questions[i]);
}

/* What clone3 does stands in memory, where no filter can look: without it the C library takes clone. */
static void allow_threads(struct filter *filter)
{
	allow(filter, of_threads, COUNT(of_threads));
	allow_where(filter, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
	if (filter->error == 0)
		filter->error = -seccomp_rule_add(filter->context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

int calls_limit(const struct confine_plan *plan)
{
	struct filter filter = {.context = seccomp_init(SCMP_ACT_ERRNO(EPERM))};

	if (filter.context == NULL)
		return ENOMEM;
	allow(&filter, always, COUNT(always));
	allow_memory(&filter);
	allow_own(&filter);
	allow_files(&filter, plan);
	if (plan->packets) {
		allow(&filter, of_packets, COUNT(of_packets));
		/* Why an interface has no packets any more. */
		allow_where(&filter, SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFFLAGS);
	}
	if (plan->interfaces)
		allow_interfaces(&filter);
	/* Without an address it goes where the socket is connected. */
	if (plan->sends)
		allow_where(&filter, SCMP_SYS(sendto), 4, UINT64_MAX, 0);
	if (plan->threads)
		allow_threads(&filter);
	if (plan->serves)
		allow(&filter, of_serving, COUNT(of_serving));
	/* But nothing can be typed into it (TIOCSTI). */
	for (size_t i = 0; plan->terminal && i < COUNT(of_terminals); i++)
		allow_where(&filter, SCMP_SYS(ioctl), 1, UINT32_MAX, of_terminals[i]);
	if (filter.error == 0)
		filter.error = -seccomp_load(filter.context);
	seccomp_release(filter.context);
	return filter.error;
}
