/** The control process: the socket that vmctl talks to. */
@NullMarked
package vmd.control;

import org.jspecify.annotations.NullMarked;
