package vmm.cpu.jit;

import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.util.List;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** The objects that a region works on, which are constants of its class. */
final class RegionConstants {
    static final DynamicConstantDesc<?> CPU = constant(0, "vmm.cpu.Cpu"),
            MMU = constant(1, "vmm.cpu.mmu.Mmu"),
            FLAT = constant(2, "vmm.cpu.mmu.FlatMemory"),
            GPR = constant(3, ConstantDescs.CD_long.arrayType()),
            INSNS = constant(4, ClassDesc.of("vmm.cpu.Insn").arrayType());

    private RegionConstants() {}

    /** What the class is defined with. */
    static List<Object> of(Cpu cpu, Insn[] insns) {
        return List.of(cpu, cpu.mmu, cpu.mmu.flatMemory(), cpu.gpr, insns);
    }

    private static DynamicConstantDesc<?> constant(int index, String type) {
        return constant(index, ClassDesc.of(type));
    }

    private static DynamicConstantDesc<?> constant(int index, ClassDesc type) {
        return DynamicConstantDesc.ofNamed(
                ConstantDescs.ofConstantBootstrap(
                        ClassDesc.of("java.lang.invoke.MethodHandles"),
                        "classDataAt",
                        ConstantDescs.CD_Object,
                        ConstantDescs.CD_int),
                ConstantDescs.DEFAULT_NAME,
                type,
                index);
    }
}
