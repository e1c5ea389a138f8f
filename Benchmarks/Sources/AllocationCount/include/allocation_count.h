#pragma once

/// How often this thread has asked for memory.
unsigned long allocation_count(void);
