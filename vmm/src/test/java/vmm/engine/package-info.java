@NullMarked
package vmm.engine;

import org.jspecify.annotations.NullMarked;
