package architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * HotSpot never compiles a method of 8,000 bytes or more ({@code HugeMethodLimit}): such a method
 * runs about ten times slower.
 */
class MethodSizeTest {
    private static final int HUGE_METHOD_LIMIT = 8000;
    private static final int FILE_LINE_LIMIT = 1000;

    @Test
    void everyMethodCanBeCompiled() throws IOException {
        List<String> huge = new ArrayList<>();
        for (Path file : ProjectClasses.classFiles()) {
            ClassModel model = ClassFile.of().parse(Files.readAllBytes(file));
            for (MethodModel method : model.methods()) {
                int size =
                        method.code()
                                .map(code ->
                                        code instanceof CodeAttribute attribute
                                                ? attribute.codeLength()
                                                : 0)
                                .orElse(0);
                // A table that is built once at start is not worth compiling.
                boolean table =
                        method.methodName().equalsString("define")
                                || method.methodName().equalsString("<clinit>");
                if (size >= HUGE_METHOD_LIMIT && !table) {
                    huge.add(
                            model.thisClass().asInternalName()
                                    + "."
                                    + method.methodName().stringValue()
                                    + ": "
                                    + size);
                }
            }
        }
        assertEquals(List.of(), huge);
    }

    @Test
    void everyFileCanBeRead() throws IOException {
        List<String> large = new ArrayList<>();
        for (Path source : ProjectClasses.sources()) {
            long lines;
            try (var read = Files.lines(source)) {
                lines = read.count();
            }
            if (lines > FILE_LINE_LIMIT && !source.toString().contains("/isa/")) {
                large.add(ProjectClasses.ROOT.relativize(source) + ": " + lines);
            }
        }
        assertEquals(List.of(), large);
    }
}
