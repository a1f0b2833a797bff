/** ACPI tables and the fixed hardware behind them. */
@NullMarked
package vmm.dev.acpi;

import org.jspecify.annotations.NullMarked;
