/**
 * Roles, the spawning of children with their channel on descriptor 3, identity, order of shutdown.
 */
@NullMarked
package vmd.privsep;

import org.jspecify.annotations.NullMarked;
