// Shows what becomes of a program that writes into its area of restartable sequences what only the
// kernel may write there.
//
//	probe killed|repaired
//
// It prints what libc has registered. A child writes the number of a CPU that does not exist, and
// moves between CPUs. The kernel must kill it, or the child must find the right number there again.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRONG = 1000, ROUNDS = 100 };

static void move_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set)) {
		perror("probe: sched_setaffinity");
		_exit(2);
	}
}

// Ends by a signal, with 0 if the number was repaired, or with 1 if it was not.
static void write_and_move(void)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	volatile __u32 *cpu_id = &area->cpu_id;

	move_to(0);
	*cpu_id = WRONG;
	for (int round = 1; round < ROUNDS; round++)
		move_to(round % 2);
	_exit(*cpu_id == WRONG);
}

int main(int argc, char **argv)
{
	const char *fate = "kept";
	int status;
	pid_t child;

	printf("probe: __rseq_size %u, __rseq_offset %td\n", __rseq_size, __rseq_offset);
	fflush(NULL);
	child = fork();
	if (child == 0)
		write_and_move();
	if (child < 0 || waitpid(child, &status, 0) != child) {
		perror("probe");
		return 2;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
		fate = "killed";
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		fate = "repaired";
	printf("probe: a program that wrote cpu_id was %s\n", fate);
	return argc != 2 || strcmp(argv[1], fate);
}
