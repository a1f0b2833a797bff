/** The emulated x86 processor: its state and its run loop. */
@NullMarked
package vmm.cpu;

import org.jspecify.annotations.NullMarked;
