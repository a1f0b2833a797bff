package vmm.cpu.jit;

import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.exec.Hot;

/** Makes {@link Region}s as hidden classes. */
public final class RegionTranslator {
    private static final ClassDesc NAME = ClassDesc.of("vmm.cpu.jit.Translated");
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    /** HotSpot leaves longer methods to its interpreter (HugeMethodLimit). */
    private static final int MOST_BYTES = 8000;

    private static final MethodType VOID = MethodType.methodType(void.class);

    private static final ClassFile FORMAT =
            ClassFile.of(
                    ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofClassLoading(LOOKUP)));

    private RegionTranslator() {}

    /**
     * The region of {@code parts}, which is entered at the first one; or null if it would not be
     * faster than in the interpreter, or larger than what HotSpot compiles.
     */
    public static @Nullable Region translate(Cpu cpu, List<Part> parts) {
        RegionEmitter[] emitter = new RegionEmitter[1];
        boolean flat = cpu.mmu.flat();
        byte[] bytes =
                FORMAT.build(
                        NAME,
                        c ->
                                c.withSuperclass(Frame.REGION_CLASS)
                                        .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                                        .withMethodBody(
                                                INIT_NAME, MTD_void, 0, RegionTranslator::construct)
                                        .withMethodBody(
                                                "run",
                                                RegionEmitter.RUN,
                                                ClassFile.ACC_PUBLIC,
                                                code -> {
                                                    emitter[0] =
                                                            new RegionEmitter(code, parts, flat);
                                                    emitter[0].emit();
                                                }));
        boolean worthwhile = emitter[0].worthwhile() && codeLength(bytes) <= MOST_BYTES;
        return worthwhile ? define(cpu, bytes, emitter[0], parts.size() > 1) : null;
    }

    private static int codeLength(byte[] bytes) {
        return FORMAT.parse(bytes).methods().stream()
                .flatMap(m -> m.findAttribute(Attributes.code()).stream())
                .mapToInt(CodeAttribute::codeLength)
                .max()
                .orElse(0);
    }

    /**
     * Where control goes from the end of the block {@code insns} of {@code length} bytes, as far as
     * that is known beforehand: distances from its start.
     */
    public static List<Integer> successors(Insn[] insns, int length) {
        Insn last = insns[insns.length - 1];
        if (ArithmeticEmitter.fused(last)) {
            return List.of(length, length + last.immediate2);
        }
        int target = length + (int) last.immediate;
        return switch (last.op) {
            case Hot.JMP -> List.of(target);
            case Hot.JE, Hot.JNE, Hot.JB, Hot.JAE, Hot.JCC, Hot.CALL_64, Hot.CALL_32 ->
                    List.of(length, target);
            case Hot.RET_64, Hot.RET_32 -> List.of();
            default -> Hot.has(last) ? List.of(length) : List.of();
        };
    }

    private static void construct(CodeBuilder code) {
        code.aload(0).invokespecial(Frame.REGION_CLASS, INIT_NAME, MTD_void).return_();
    }

    private static Region define(Cpu cpu, byte[] bytes, RegionEmitter emitted, boolean several) {
        try {
            MethodHandles.Lookup made =
                    LOOKUP.defineHiddenClassWithClassData(
                            bytes, RegionConstants.of(cpu, emitted.insns()), true);
            Region region = (Region) made.findConstructor(made.lookupClass(), VOID).invoke();
            region.flat = emitted.flat;
            region.several = several;
            region.offsets = emitted.offsets();
            region.preceding = emitted.preceding();
            return region;
        } catch (Throwable e) {
            throw new AssertionError("a translated region that the JVM does not take", e);
        }
    }
}
