/** Log lines to standard error or syslog. */
@NullMarked
package vmd.log;

import org.jspecify.annotations.NullMarked;
