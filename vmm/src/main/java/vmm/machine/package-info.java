/** The machine: one list of wiring, and the run loop. */
@NullMarked
package vmm.machine;

import org.jspecify.annotations.NullMarked;
