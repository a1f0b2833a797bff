package vmm.kvm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table of numbers and layouts beside the kernel's own. {@code abi.txt} was recorded from
 * Debian 12's linux-libc-dev (Linux 6.1); to record it again, copy what the second test's compiler
 * prints.
 */
class AbiTest {
    private static String table() throws IllegalAccessException {
        TreeMap<String, Long> rows = new TreeMap<>();
        for (Field field : Abi.class.getDeclaredFields()) {
            CExpression expression = field.getAnnotation(CExpression.class);
            if (expression != null) {
                rows.put(expression.value(), ((Number) field.get(null)).longValue());
            }
        }
        StringBuilder text = new StringBuilder();
        rows.forEach((name, value) -> text.append(name).append(" = ").append(value).append('\n'));
        return text.toString();
    }

    @Test
    void tableIsAsRecorded() throws IOException, IllegalAccessException {
        try (InputStream recorded = AbiTest.class.getResourceAsStream("abi.txt")) {
            assertEquals(new String(recorded.readAllBytes(), UTF_8), table());
        }
    }

    @Test
    void tableIsTheHeaders(@TempDir Path folder) throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/include/linux/kvm.h")), "no linux-libc-dev here");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "no gcc here");
        StringBuilder program = new StringBuilder();
        program.append("#include <stddef.h>\n#include <stdio.h>\n#include <linux/kvm.h>\n");
        program.append("int main(void) {\n");
        String table = table();
        for (String row : table.split("\n")) {
            String expression = row.substring(0, row.lastIndexOf(" = "));
            program.append("printf(\"%s = %lld\\n\", \"").append(expression);
            program.append("\", (long long)(").append(expression).append("));\n");
        }
        program.append("return 0;\n}\n");
        Path source = folder.resolve("abi.c");
        Files.writeString(source, program);
        Path binary = folder.resolve("abi");
        run("/usr/bin/gcc", "-o", binary.toString(), source.toString());
        assertEquals(run(binary.toString()), table);
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return output;
    }
}
