/** Network operations that need privilege, each with its validator. */
@NullMarked
package vmd.priv;

import org.jspecify.annotations.NullMarked;
