/** Benchmarks, each beside a peer in the same run. */
@NullMarked
package bench;

import org.jspecify.annotations.NullMarked;
