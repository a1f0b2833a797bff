package vmm.cpu.jit;

import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.constant.ClassDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Makes {@link Loop}s as hidden classes. */
public final class LoopTranslator {
    private static final ClassDesc NAME = ClassDesc.of("vmm.cpu.jit.Translated");
    private static final ClassDesc LOOP = ClassDesc.of("vmm.cpu.jit.Loop");
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private static final MethodType VOID = MethodType.methodType(void.class);

    private static final ClassFile FORMAT =
            ClassFile.of(
                    ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofClassLoading(LOOKUP)));

    private LoopTranslator() {}

    /**
     * The loop of {@code insns}, a block of {@code length} bytes; or null if it is none or would
     * not be faster than in the interpreter.
     *
     * @param insns as the interpreter has them, with the frequent forms of {@link vmm.cpu.exec.Hot}
     * @param count guest instructions in an iteration: fused ones count as two
     * @param flat whether to rely on {@link vmm.cpu.mmu.Mmu#flat}
     */
    public static @Nullable Loop translate(
            Cpu cpu, Insn[] insns, int length, int count, boolean flat) {
        if (!LoopEmitter.loops(insns[insns.length - 1], length)) {
            return null;
        }
        LoopEmitter[] emitter = new LoopEmitter[1];
        byte[] bytes =
                FORMAT.build(
                        NAME,
                        c ->
                                c.withSuperclass(LOOP)
                                        .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                                        .withMethodBody(
                                                INIT_NAME,
                                                MTD_void,
                                                0,
                                                code ->
                                                        code.aload(0)
                                                                .invokespecial(
                                                                        LOOP, INIT_NAME, MTD_void)
                                                                .return_())
                                        .withMethodBody(
                                                "run",
                                                LoopEmitter.RUN,
                                                ClassFile.ACC_PUBLIC,
                                                code -> {
                                                    emitter[0] =
                                                            new LoopEmitter(
                                                                    code, insns, count, flat);
                                                    emitter[0].emit();
                                                }));
        if (emitter[0].general() * 4 > insns.length) {
            return null;
        }
        try {
            MethodHandles.Lookup made =
                    LOOKUP.defineHiddenClassWithClassData(
                            bytes, LoopConstants.of(cpu, insns.clone()), true);
            Loop loop = (Loop) made.findConstructor(made.lookupClass(), VOID).invoke();
            loop.flat = flat;
            return loop;
        } catch (Throwable e) {
            throw new AssertionError("a translated loop that the JVM does not take", e);
        }
    }
}
