/**
 * The translator to JVM bytecode. So far it translates loops of one block that are executed often;
 * everything else is the interpreter's.
 */
@NullMarked
package vmm.cpu.jit;

import org.jspecify.annotations.NullMarked;
