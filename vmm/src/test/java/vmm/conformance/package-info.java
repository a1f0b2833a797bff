/**
 * The emulated processor held against the one we run on: the same instruction with the same
 * registers and memory on both, everything compared.
 */
@NullMarked
package vmm.conformance;

import org.jspecify.annotations.NullMarked;
