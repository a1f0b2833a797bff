/** The translator to JVM bytecode: blocks that are executed often; see {@code vmm.cpu.Regions}. */
@NullMarked
package vmm.cpu.jit;

import org.jspecify.annotations.NullMarked;
