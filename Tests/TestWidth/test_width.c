// Limits the tests that run at the same time to the number of cores.
//
// Swift Testing starts all of them at once otherwise, and those with sockets and processes miss their deadlines. It reads
// the variable when it starts, so it's set before that, unless someone has set it already.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void limit_test_width(void) {
  char width[24];
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  snprintf(width, sizeof width, "%ld", cores > 0 ? cores : 2);
  setenv("SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH", width, 0);
}
