/** Bytes to decoded instructions and blocks of them. */
@NullMarked
package vmm.cpu.decode;

import org.jspecify.annotations.NullMarked;
