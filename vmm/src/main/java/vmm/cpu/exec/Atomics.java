package vmm.cpu.exec;

import static vmm.cpu.exec.Operands.reg;
import static vmm.cpu.exec.Operands.setReg;
import static vmm.cpu.exec.Operands.setRm;
import static vmm.cpu.exec.Operands.update;
import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.CpuLevel;

/** Exchange and compare-and-exchange. */
public final class Atomics {
    private Atomics() {}

    /** Executes an operation of the family ATOMIC. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case XCHG -> xchg(cpu, i);
            case XCHG_RAX -> xchgRax(cpu, i);
            case XADD -> xadd(cpu, i);
            case CMPXCHG -> cmpxchg(cpu, i);
            case CMPXCHG8B -> {
                if (i.size == 8 && !cpu.level.has(CpuLevel.V2)) {
                    throw cpu.undefined(); // CMPXCHG16B
                }
                cmpxchg8b(cpu, i);
            }
            default -> throw cpu.undefined();
        }
    }

    private static void xchg(Cpu cpu, Insn i) {
        long old = update(cpu, i);
        setRm(cpu, i, reg(cpu, i));
        setReg(cpu, i, old);
    }

    /** With RAX itself this is NOP, which does not even clear the upper half. */
    private static void xchgRax(Cpu cpu, Insn i) {
        if (i.reg != Cpu.RAX) {
            long old = reg(cpu, i);
            setReg(cpu, i, cpu.gpr[Cpu.RAX]);
            Operands.setRegister(cpu, i, Cpu.RAX, i.size, old);
        }
    }

    private static void xadd(Cpu cpu, Insn i) {
        long old = update(cpu, i);
        long add = reg(cpu, i);
        if (i.memory) {
            setRm(cpu, i, old + add);
            setReg(cpu, i, old);
        } else {
            setReg(cpu, i, old);
            setRm(cpu, i, old + add); // wins if both are the same register
        }
        Alu.add(cpu, old, add, i.size);
    }

    /** The destination is written in either case. */
    private static void cmpxchg(Cpu cpu, Insn i) {
        long old = update(cpu, i);
        long expected = Operands.register(cpu, i, Cpu.RAX, i.size);
        if (old == expected) {
            setRm(cpu, i, reg(cpu, i));
        } else {
            if (i.memory) {
                setRm(cpu, i, old);
            }
            Operands.setRegister(cpu, i, Cpu.RAX, i.size, old);
        }
        Alu.sub(cpu, expected, old, i.size);
    }

    /** CMPXCHG8B and CMPXCHG16B; {@code i.size} is half of the operand. */
    private static void cmpxchg8b(Cpu cpu, Insn i) {
        long at = cpu.effectiveAddress(i);
        int size = i.size;
        if (size == 8 && (cpu.segmentBase[i.segment] + at & 15) != 0) {
            throw cpu.protection();
        }
        cpu.mmu.probe(i.segment, at, 2 * size, true);
        long second = at + size & i.addressMask;
        long low = cpu.mmu.loadForUpdate(i.segment, at, size);
        long high = cpu.mmu.loadForUpdate(i.segment, second, size);
        boolean equal =
                low == Operands.register(cpu, i, Cpu.RAX, size)
                        && high == Operands.register(cpu, i, Cpu.RDX, size);
        if (equal) {
            cpu.mmu.store(i.segment, at, size, cpu.gpr[Cpu.RBX]);
            cpu.mmu.store(i.segment, second, size, cpu.gpr[Cpu.RCX]);
        } else {
            Operands.setRegister(cpu, i, Cpu.RAX, size, low);
            Operands.setRegister(cpu, i, Cpu.RDX, size, high);
        }
        long others = cpu.flags() & ~(long) Cpu.FLAG_ZF;
        cpu.arithmeticFlags(equal ? others | Cpu.FLAG_ZF : others);
    }
}
