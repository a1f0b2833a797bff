/** Rules about the structure of the whole suite, checked on its class files. */
@NullMarked
package architecture;

import org.jspecify.annotations.NullMarked;
