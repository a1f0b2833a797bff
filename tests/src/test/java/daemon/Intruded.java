package daemon;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * An installation whose processes let an intruder in when their sandbox has closed: {@code vmd.jar}
 * is written anew with his classes in it, and a call of him at the end of {@code Sandbox.confine}.
 */
final class Intruded {
    private static final String SANDBOX = "vmd/sandbox/Sandbox.class";
    private static final ClassDesc INTRUDER = ClassDesc.of("intruder.Intruder");

    private Intruded() {}

    /** Makes {@code home/lib}; the intruder goes on for {@code seconds}. */
    static Path in(Path home, int seconds) throws IOException {
        Installed.in(home);
        Path jar = home.resolve("lib/vmd.jar");
        Path plain = home.resolve("plain.jar");
        Files.move(jar, plain);
        try (JarFile from = new JarFile(plain.toFile());
                OutputStream file = Files.newOutputStream(jar);
                JarOutputStream to = new JarOutputStream(file)) {
            Enumeration<JarEntry> entries = from.entries();
            while (entries.hasMoreElements()) {
                JarEntry entry = entries.nextElement();
                byte[] bytes = from.getInputStream(entry).readAllBytes();
                boolean sandbox = entry.getName().equals(SANDBOX);
                put(to, entry.getName(), sandbox ? withCall(bytes) : bytes);
            }
            for (String name : new String[] {"Intruder.class", "Work.class"}) {
                put(to, "intruder/" + name, classFile(name));
            }
            byte[] duration = Integer.toString(seconds).getBytes(StandardCharsets.US_ASCII);
            put(to, "intruder/intruder.seconds", duration);
        }
        Files.delete(plain);
        return home;
    }

    private static void put(JarOutputStream jar, String name, byte[] bytes) throws IOException {
        jar.putNextEntry(new JarEntry(name));
        jar.write(bytes);
    }

    private static byte[] classFile(String name) throws IOException {
        try (InputStream in = Intruded.class.getResourceAsStream("/intruder/" + name)) {
            if (in == null) {
                throw new IOException("no class file " + name);
            }
            return in.readAllBytes();
        }
    }

    private static byte[] withCall(byte[] bytes) {
        CodeTransform call =
                (code, element) -> {
                    if (element instanceof ReturnInstruction) {
                        code.invokestatic(
                                INTRUDER, "enter", MethodTypeDesc.of(ConstantDescs.CD_void));
                    }
                    code.with(element);
                };
        ClassFile file = ClassFile.of();
        return file.transformClass(
                file.parse(bytes),
                ClassTransform.transformingMethodBodies(Intruded::isConfine, call));
    }

    private static boolean isConfine(MethodModel method) {
        return method.methodName().equalsString("confine")
                && method.methodType().equalsString("()V");
    }
}
