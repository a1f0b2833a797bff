/** The supervisor: starts, watches and reaps machine processes. */
@NullMarked
package vmd.vmm;

import org.jspecify.annotations.NullMarked;
