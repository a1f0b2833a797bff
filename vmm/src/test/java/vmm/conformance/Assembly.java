package vmm.conformance;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Machine code with labels, for the few programs of these tests. */
final class Assembly {
    private record Fixup(int at, String label, int bytes, boolean relative) {}

    private final long linear;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Fixup> fixups = new ArrayList<>();

    /** Code that will lie at address {@code linear}. */
    Assembly(long linear) {
        this.linear = linear;
    }

    Assembly bytes(int... values) {
        for (int value : values) {
            out.write(value);
        }
        return this;
    }

    Assembly imm32(int value) {
        return number(value, 4);
    }

    Assembly imm64(long value) {
        return number(value, 8);
    }

    Assembly syscall() {
        return bytes(0x0f, 0x05);
    }

    Assembly label(String name) {
        return labelAt(name, 0);
    }

    /** A label {@code ahead} bytes behind the present end. */
    Assembly labelAt(String name, int ahead) {
        labels.put(name, out.size() + ahead);
        return this;
    }

    Assembly align(int boundary) {
        while ((linear + out.size()) % boundary != 0) {
            out.write(0x90);
        }
        return this;
    }

    Assembly abs32(String label) {
        return fixup(label, 4, false);
    }

    Assembly abs64(String label) {
        return fixup(label, 8, false);
    }

    /** A short jump with opcode {@code opcode}. */
    Assembly jump(int opcode, String label) {
        return bytes(opcode).fixup(label, 1, true);
    }

    byte[] assemble() {
        byte[] code = out.toByteArray();
        for (Fixup fixup : fixups) {
            Integer target = labels.get(fixup.label);
            if (target == null) {
                throw new IllegalStateException("no label " + fixup.label);
            }
            long value = fixup.relative ? target - (fixup.at + fixup.bytes) : linear + target;
            if (fixup.relative && value != (byte) value) {
                throw new IllegalStateException("jump too far: " + fixup.label);
            }
            for (int k = 0; k < fixup.bytes; k++) {
                code[fixup.at + k] = (byte) (value >> (8 * k));
            }
        }
        return code;
    }

    private Assembly number(long value, int bytes) {
        for (int k = 0; k < bytes; k++) {
            out.write((int) (value >> (8 * k)));
        }
        return this;
    }

    private Assembly fixup(String label, int bytes, boolean relative) {
        fixups.add(new Fixup(out.size(), label, bytes, relative));
        return number(0, bytes);
    }
}
