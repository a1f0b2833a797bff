package vmm.cpu.isa;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of all families, and how the decoder finds them: per opcode map and opcode byte a short
 * list of candidates, the most specific first.
 */
public final class Table {
    /** Opcode maps: one byte, {@code 0F}, {@code 0F 38}, {@code 0F 3A}; then the same under VEX. */
    public static final int MAP_1 = 0, MAP_0F = 1, MAP_0F38 = 2, MAP_0F3A = 3, VEX = 4;

    private static final Form[] NONE = {};

    private final List<Row> rows = new ArrayList<>();
    private final Form[][] forms = new Form[2 * VEX << 8][];
    private final CpuLevel level;

    /** A table without rows, which takes those of {@code level}. */
    public Table(CpuLevel level) {
        this.level = level;
        Arrays.fill(forms, NONE);
    }

    /** The table with all rows of this package. */
    public static Table standard() {
        return standard(CpuLevel.V3);
    }

    /** The rows that a processor of {@code level} has. */
    public static Table standard(CpuLevel level) {
        Table table = new Table(level);
        IntegerRows.define(table);
        SystemRows.define(table);
        SseRows.define(table);
        X87Rows.define(table);
        return table;
    }

    /** Adds a row; see {@link Row} for the notation. {@code facts} are or-ed. */
    Table row(String encoding, int op, String operands, int... facts) {
        int all = 0;
        for (int fact : facts) {
            all |= fact;
        }
        Row row = new Row(encoding, op, operands, all);
        if (!level.has(Levels.of(row))) {
            return this;
        }
        rows.add(row);
        Form form = Form.parse(row);
        for (int k = 0; k < form.opcodeCount; k++) {
            insert(form.map << 8 | form.opcode + k, form);
        }
        return this;
    }

    private void insert(int index, Form form) {
        Form[] old = forms[index];
        if (old.length > 0 && old[0].modRm != form.modRm) {
            throw new IllegalArgumentException(form.row + ": ModRM or not? " + old[0].row);
        }
        int at = 0;
        while (at < old.length && old[at].specificity >= form.specificity) {
            at++;
        }
        Form[] grown = new Form[old.length + 1];
        System.arraycopy(old, 0, grown, 0, at);
        grown[at] = form;
        System.arraycopy(old, at, grown, at + 1, old.length - at);
        forms[index] = grown;
    }

    /** The candidates for {@code opcode} of {@code map}; empty if the opcode is undefined. */
    public Form[] candidates(int map, int opcode) {
        return forms[map << 8 | opcode];
    }

    /** All rows in the order of definition. */
    public List<Row> rows() {
        return List.copyOf(rows);
    }
}
