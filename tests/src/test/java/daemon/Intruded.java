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
import java.util.LinkedHashMap;
import java.util.Map;
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
    private static final ClassDesc IMPOSTOR = ClassDesc.of("intruder.Impostor");

    private Intruded() {}

    /** Makes {@code home/lib}; the intruder goes on for {@code seconds}. */
    static Path in(Path home, int seconds) throws IOException {
        Installed.in(home);
        Path jar = home.resolve("lib/vmd.jar");
        Map<String, byte[]> changed = new LinkedHashMap<>();
        try (JarFile from = new JarFile(jar.toFile())) {
            byte[] sandbox = from.getInputStream(from.getJarEntry(SANDBOX)).readAllBytes();
            changed.put(SANDBOX, withCall(sandbox));
        }
        for (String name : new String[] {"Intruder.class", "Work.class"}) {
            changed.put("intruder/" + name, classFile(name));
        }
        byte[] duration = Integer.toString(seconds).getBytes(StandardCharsets.US_ASCII);
        changed.put("intruder/intruder.seconds", duration);
        rewrite(jar, changed);
        return home;
    }

    /**
     * Makes {@code home/lib}, in which an impostor stands in the place of a main class.
     *
     * @param module whose jar holds {@code mainClass}
     * @param offence what it sends, see {@code Impostor}
     */
    static Path impostor(Path home, String module, String mainClass, String offence)
            throws IOException {
        Installed.in(home);
        String entry = mainClass.replace('.', '/') + ".class";
        rewrite(home.resolve("lib/" + module + ".jar"), entry, standIn(mainClass));
        Path jar = home.resolve("lib/vmd.jar");
        Map<String, byte[]> added = new LinkedHashMap<>();
        added.put("intruder/Impostor.class", classFile("Impostor.class"));
        added.put("intruder/Impostor$1.class", classFile("Impostor$1.class"));
        added.put("intruder/impostor.offence", offence.getBytes(StandardCharsets.US_ASCII));
        rewrite(jar, added);
        return home;
    }

    private static void rewrite(Path jar, String entry, byte[] bytes) throws IOException {
        rewrite(jar, Map.of(entry, bytes));
    }

    /** Puts entries into a jar, in place of those of the same name. */
    private static void rewrite(Path jar, Map<String, byte[]> put) throws IOException {
        Path plain = jar.resolveSibling("plain");
        Files.move(jar, plain);
        try (JarFile from = new JarFile(plain.toFile());
                OutputStream file = Files.newOutputStream(jar);
                JarOutputStream to = new JarOutputStream(file)) {
            Enumeration<JarEntry> entries = from.entries();
            while (entries.hasMoreElements()) {
                JarEntry entry = entries.nextElement();
                if (!put.containsKey(entry.getName())) {
                    put(to, entry.getName(), from.getInputStream(entry).readAllBytes());
                }
            }
            for (Map.Entry<String, byte[]> entry : put.entrySet()) {
                put(to, entry.getKey(), entry.getValue());
            }
        }
        Files.delete(plain);
    }

    /** A main class that goes on in the impostor's. */
    private static byte[] standIn(String mainClass) {
        MethodTypeDesc main =
                MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String.arrayType());
        return ClassFile.of()
                .build(
                        ClassDesc.of(mainClass),
                        type ->
                                type.withFlags(ClassFile.ACC_PUBLIC)
                                        .withMethodBody(
                                                "main",
                                                main,
                                                ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
                                                code ->
                                                        code.aload(0)
                                                                .invokestatic(
                                                                        IMPOSTOR, "main", main)
                                                                .return_()));
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
