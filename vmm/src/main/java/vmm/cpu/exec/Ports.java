package vmm.cpu.exec;

import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Port input and output. */
public final class Ports {
    private Ports() {}

    /** Executes an operation of the family PORT. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case IN_IMM -> in(cpu, i, (int) i.immediate & 0xff);
            case IN_DX -> in(cpu, i, dx(cpu));
            case OUT_IMM -> out(cpu, i, (int) i.immediate & 0xff);
            case OUT_DX -> out(cpu, i, dx(cpu));
            case INS, OUTS -> string(cpu, i);
            default -> throw cpu.undefined();
        }
    }

    private static int dx(Cpu cpu) {
        return (int) cpu.gpr[Cpu.RDX] & 0xffff;
    }

    /** There are no 64-bit ports: with REX.W these still move 32 bits. */
    private static int size(Insn i) {
        return Math.min(i.size, 4);
    }

    /** Without I/O privilege, the task's bitmap decides. */
    private static void check(Cpu cpu, int port, int size) {
        boolean privileged =
                !cpu.virtual8086()
                        && ((cpu.cr0 & Cpu.CR0_PE) == 0 || cpu.cpl <= Flags.ioPrivilege(cpu));
        if (!privileged && !TaskState.allowsPort(cpu, port, size)) {
            throw cpu.protection();
        }
        if (cpu.breakpoints.armed) {
            cpu.breakpoints.port(port, size);
        }
    }

    private static void in(Cpu cpu, Insn i, int port) {
        check(cpu, port, size(i));
        long value = cpu.platform.portRead(port, size(i));
        Operands.setRegister(cpu, i, Cpu.RAX, size(i), value);
    }

    private static void out(Cpu cpu, Insn i, int port) {
        check(cpu, port, size(i));
        cpu.platform.portWrite(port, size(i), (int) cpu.gpr[Cpu.RAX]);
    }

    private static void string(Cpu cpu, Insn i) {
        check(cpu, dx(cpu), size(i));
        if (i.repeat == 0) {
            one(cpu, i);
            return;
        }
        long count = Operands.address(cpu, i, Cpu.RCX);
        int budget = Strings.budget(cpu);
        while (count != 0) {
            one(cpu, i);
            Operands.setAddress(cpu, i, Cpu.RCX, --count);
            if (--budget == 0 && count != 0) {
                cpu.rip = Strings.again(cpu, i);
                return;
            }
        }
    }

    private static void one(Cpu cpu, Insn i) {
        int size = size(i);
        if (i.op == INS) {
            long at = Operands.address(cpu, i, Cpu.RDI);
            cpu.mmu.probe(Cpu.ES, at, size, true); // the port is read once, whatever happens
            int value = cpu.platform.portRead(dx(cpu), size);
            cpu.mmu.store(Cpu.ES, at, size, value);
            advance(cpu, i, Cpu.RDI, size);
        } else {
            long at = Operands.address(cpu, i, Cpu.RSI);
            long value = cpu.mmu.load(i.segment, at, size);
            cpu.platform.portWrite(dx(cpu), size, (int) value);
            advance(cpu, i, Cpu.RSI, size);
        }
    }

    private static void advance(Cpu cpu, Insn i, int register, int size) {
        int step = (cpu.rflags & Cpu.FLAG_DF) == 0 ? size : -size;
        Operands.setAddress(cpu, i, register, cpu.gpr[register] + step);
    }
}
