/** The user's command: one table of commands, a class per command. */
@NullMarked
package vmctl;

import org.jspecify.annotations.NullMarked;
