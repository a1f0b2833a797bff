/** The meaning of every instruction. */
@NullMarked
package vmm.cpu.exec;

import org.jspecify.annotations.NullMarked;
