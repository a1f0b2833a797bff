package vmm.cpu.exec;

import static vmm.cpu.isa.X87Rows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.X87;
import vmm.cpu.fpu.StatusWord;

/**
 * Family X87_CONTROL. The layouts of environment and state are in SDM volume 1 section 8.1.10; in
 * 64-bit mode the 32-bit ones are used.
 */
final class X87Control {
    private static final int REGISTER_BYTES = 10;

    /** Places in the environment, counted in its units of 2 or 4 bytes. */
    private static final int CONTROL = 0, STATUS = 1, TAGS = 2, IP = 3, CS = 4, DP = 5, DS = 6;

    private static final int PLACES = 7;

    private X87Control() {}

    static void execute(Cpu cpu, Insn i) {
        if (i.op == WAIT) {
            wait_(cpu);
            return;
        }
        X87Access.available(cpu);
        X87 x87 = cpu.x87;
        switch (i.op) {
            case FNINIT -> x87.initialise();
            case FNCLEX -> clear(x87);
            case FNSTCW -> store16(cpu, i, x87.control);
            case FNSTSW -> store16(cpu, i, x87.statusWord());
            case FNSTSW_AX -> cpu.gpr[Cpu.RAX] = cpu.gpr[Cpu.RAX] & ~0xffffL | x87.statusWord();
            case FNSTENV -> {
                long address = cpu.effectiveAddress(i);
                cpu.mmu.probe(i.segment, address, PLACES * unit(i), true);
                storeEnvironment(cpu, i, address);
                mask(x87);
            }
            case FNSAVE -> save(cpu, i);
            case FNDISI -> {}
            default -> waiting(cpu, i);
        }
    }

    private static void wait_(Cpu cpu) {
        if ((cpu.cr0 & (Cpu.CR0_MP | Cpu.CR0_TS)) == (Cpu.CR0_MP | Cpu.CR0_TS)) {
            throw cpu.fault(Cpu.NM, -1);
        }
        X87Access.pending(cpu);
    }

    private static void waiting(Cpu cpu, Insn i) {
        X87Access.pending(cpu);
        X87 x87 = cpu.x87;
        switch (i.op) {
            case FLDCW -> x87.control(cpu.mmu.load16(i.segment, cpu.effectiveAddress(i)));
            case FLDENV -> {
                long address = cpu.effectiveAddress(i);
                cpu.mmu.probe(i.segment, address, PLACES * unit(i), false);
                loadEnvironment(cpu, i, address);
            }
            case FRSTOR -> restore(cpu, i);
            default -> {
                X87Access.note(cpu, i);
                stack(x87, i);
            }
        }
    }

    private static void stack(X87 x87, Insn i) {
        switch (i.op) {
            case FFREE -> free(x87, i.rm & 7);
            case FFREEP -> {
                free(x87, i.rm & 7);
                x87.pop();
            }
            case FINCSTP -> {
                x87.conditions(StatusWord.C1, 0);
                x87.top = x87.top + 1 & 7;
            }
            case FDECSTP -> {
                x87.conditions(StatusWord.C1, 0);
                x87.top = x87.top - 1 & 7;
            }
            default -> {}
        }
    }

    private static void free(X87 x87, int rm) {
        x87.conditions(StatusWord.C1, 0);
        x87.occupied &= ~(1 << x87.register(rm));
    }

    private static void clear(X87 x87) {
        x87.status &= StatusWord.C3 | StatusWord.C2 | StatusWord.C1 | StatusWord.C0;
    }

    private static void mask(X87 x87) {
        x87.control |= 0x3f;
        x87.summarise();
    }

    private static void store16(Cpu cpu, Insn i, int value) {
        cpu.mmu.store16(i.segment, cpu.effectiveAddress(i), value);
    }

    // Environment and state

    /** Size of the environment's parts: 2 or 4 bytes. */
    private static int unit(Insn i) {
        return Math.min(i.size, 4);
    }

    private static void put(Cpu cpu, Insn i, long address, int place, int value) {
        int unit = unit(i);
        cpu.mmu.store(i.segment, address + place * unit, unit, value);
    }

    private static int take(Cpu cpu, Insn i, long address, int place) {
        int unit = unit(i);
        return (int) cpu.mmu.load(i.segment, address + place * unit, unit);
    }

    private static void storeEnvironment(Cpu cpu, Insn i, long address) {
        X87 x87 = cpu.x87;
        int unused = 0xffff_0000;
        put(cpu, i, address, CONTROL, x87.control | unused);
        put(cpu, i, address, STATUS, x87.statusWord() | unused);
        put(cpu, i, address, TAGS, x87.tagWord() | unused);
        int ip = (int) x87.instructionPointer;
        int dp = (int) x87.dataPointer;
        if (cpu.protectedMode()) {
            put(cpu, i, address, IP, ip);
            put(cpu, i, address, CS, x87.instructionSelector | x87.opcode << 16);
            put(cpu, i, address, DP, dp);
            put(cpu, i, address, DS, x87.dataSelector | unused);
            return;
        }
        ip += x87.instructionSelector << 4;
        dp += x87.dataSelector << 4;
        boolean wide = unit(i) == 4;
        put(cpu, i, address, IP, wide ? ip & 0xffff | unused : ip);
        put(cpu, i, address, CS, ip >>> 16 << 12 | x87.opcode);
        put(cpu, i, address, DP, wide ? dp & 0xffff | unused : dp);
        put(cpu, i, address, DS, dp >>> 16 << 12);
    }

    private static void loadEnvironment(Cpu cpu, Insn i, long address) {
        X87 x87 = cpu.x87;
        int control = take(cpu, i, address, CONTROL);
        int status = take(cpu, i, address, STATUS);
        int tags = take(cpu, i, address, TAGS);
        int ip = take(cpu, i, address, IP);
        int cs = take(cpu, i, address, CS);
        int dp = take(cpu, i, address, DP);
        int ds = take(cpu, i, address, DS);
        x87.control(control & 0xffff);
        x87.statusWord(status & 0xffff);
        x87.tagWord(tags);
        if (cpu.protectedMode()) {
            x87.instructionPointer = ip & 0xffff_ffffL;
            x87.instructionSelector = cs & 0xffff;
            x87.opcode = unit(i) == 4 ? cs >>> 16 & 0x7ff : x87.opcode;
            x87.dataPointer = dp & 0xffff_ffffL;
            x87.dataSelector = ds & 0xffff;
        } else {
            x87.instructionPointer = ip & 0xffff | (cs >>> 12 & 0xffffL) << 16;
            x87.opcode = cs & 0x7ff;
            x87.dataPointer = dp & 0xffff | (ds >>> 12 & 0xffffL) << 16;
            x87.instructionSelector = 0;
            x87.dataSelector = 0;
        }
    }

    private static void save(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        long address = cpu.effectiveAddress(i);
        int environment = PLACES * unit(i);
        cpu.mmu.probe(i.segment, address, environment + 8 * REGISTER_BYTES, true);
        storeEnvironment(cpu, i, address);
        for (int k = 0; k < 8; k++) {
            int r = x87.register(k);
            long at = address + environment + k * REGISTER_BYTES;
            cpu.mmu.store64(i.segment, at, x87.significand[r]);
            cpu.mmu.store16(i.segment, at + 8, x87.signExponent[r]);
        }
        x87.initialise();
    }

    private static void restore(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        long address = cpu.effectiveAddress(i);
        int environment = PLACES * unit(i);
        cpu.mmu.probe(i.segment, address, environment + 8 * REGISTER_BYTES, false);
        loadEnvironment(cpu, i, address);
        for (int k = 0; k < 8; k++) {
            int r = x87.register(k);
            long at = address + environment + k * REGISTER_BYTES;
            x87.significand[r] = cpu.mmu.load64(i.segment, at);
            x87.signExponent[r] = cpu.mmu.load16(i.segment, at + 8);
        }
    }
}
