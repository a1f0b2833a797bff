/** The process of one machine, where the machine meets imsg. */
@NullMarked
package vmd.vm;

import org.jspecify.annotations.NullMarked;
