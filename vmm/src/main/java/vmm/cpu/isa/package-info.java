/** Opcode tables, one row per encoding, in the manual's operand codes. */
@NullMarked
package vmm.cpu.isa;

import org.jspecify.annotations.NullMarked;
