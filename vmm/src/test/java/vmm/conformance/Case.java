package vmm.conformance;

import vmm.cpu.Insn;
import vmm.cpu.isa.Form;

/** What a slot holds: the instruction of one row, and how to name it when it fails. */
final class Case {
    final Insn insn = new Insn();
    byte[] code = {};
    Form form;
    long seed;

    Case(Form form) {
        this.form = form;
    }

    /** The bytes of the instruction, in hexadecimal. */
    String hex() {
        StringBuilder text = new StringBuilder();
        for (int k = 0; k < insn.length; k++) {
            text.append(String.format("%02x ", code[k]));
        }
        return text.toString().trim();
    }
}
