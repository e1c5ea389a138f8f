#pragma once

/// Returns the number of times that this thread has asked for memory.
unsigned long allocation_count(void);
