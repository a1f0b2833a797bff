package vmm.cpu.isa;

import java.util.ArrayList;
import java.util.List;

/** The rows of all families. Each defining class of this package adds its own. */
public final class Table {
    private final List<Row> rows = new ArrayList<>();

    /** Adds a row; see {@link Row} for the notation. {@code facts} are or-ed. */
    Table row(String encoding, int op, String operands, int... facts) {
        int all = 0;
        for (int fact : facts) {
            all |= fact;
        }
        rows.add(new Row(encoding, op, operands, all));
        return this;
    }

    /** All rows in the order of definition. */
    public List<Row> rows() {
        return List.copyOf(rows);
    }
}
