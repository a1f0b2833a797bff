@NullMarked
package vmm.kvm;

import org.jspecify.annotations.NullMarked;
