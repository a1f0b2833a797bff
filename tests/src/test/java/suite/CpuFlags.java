package suite;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a guest's kernel found on its processor, in the words of /proc/cpuinfo.
 *
 * @param found the line of flags
 */
record CpuFlags(Set<String> found) {
    /** What every level has. */
    static final List<String> I686 = List.of("fpu", "tsc", "cx8", "pge", "cmov", "mmx", "fxsr");

    /** What x86-64 adds, as its ABI lists the levels ("x86-64-v1" and so on). */
    static final List<String> V1 = List.of("sse", "sse2", "lm", "syscall", "nx");

    static final List<String> V2 =
            List.of("cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3");

    static final List<String> V3 =
            List.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave");

    static CpuFlags of(Console console) throws IOException, InterruptedException {
        String line = console.run("grep -m1 ^flags /proc/cpuinfo", 20);
        return new CpuFlags(Set.of(line.substring(line.indexOf(':') + 1).trim().split(" +")));
    }

    /** Of these, what is not there. */
    @SafeVarargs
    final List<String> lacking(List<String>... expected) {
        return select(false, expected);
    }

    /** Of these, what is there. */
    @SafeVarargs
    final List<String> present(List<String>... unexpected) {
        return select(true, unexpected);
    }

    @SafeVarargs
    private List<String> select(boolean there, List<String>... lists) {
        List<String> selected = new ArrayList<>();
        for (List<String> list : lists) {
            for (String flag : list) {
                if (found.contains(flag) == there) {
                    selected.add(flag);
                }
            }
        }
        return selected;
    }
}
