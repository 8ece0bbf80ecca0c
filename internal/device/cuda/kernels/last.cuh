// The last of several blocks continues with what all of them have written. Which block that is varies from run to
// run; the result does not, because it adds in the order of the blocks' numbers.
#pragma once
#include "cuda.cuh"

// last_of reports to all threads of a block whether it is the last of so many blocks that come here with this
// counter; it may then read what the others wrote before. The counter is 0 before and, when all have come, after.
DEVICE bool last_of(unsigned *counter, int blocks) {
  static __shared__ unsigned before[1];
  barrier();
  // wraps to 0; releases what this block wrote, acquires what the others did (PTX memory model, sm_70)
  if (thread() == 0)
    asm volatile("atom.acq_rel.gpu.inc.u32 %0, [%1], %2;" : "=r"(before[0]) : "l"(counter), "r"(blocks - 1) : "memory");
  barrier();
  return before[0] == blocks - 1;
}
