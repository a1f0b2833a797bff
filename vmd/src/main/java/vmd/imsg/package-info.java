/** Framing, authentication and descriptor passing of the messages between processes. */
@NullMarked
package vmd.imsg;

import org.jspecify.annotations.NullMarked;
