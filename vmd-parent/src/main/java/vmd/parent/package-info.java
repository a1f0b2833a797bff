/** The parent: registry of machines, opens files and passes descriptors. */
@NullMarked
package vmd.parent;

import org.jspecify.annotations.NullMarked;
