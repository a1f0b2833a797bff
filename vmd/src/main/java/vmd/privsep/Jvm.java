package vmd.privsep;

import java.util.List;

/** Flags for the Java virtual machines of the suite. */
final class Jvm {
    /**
     * For every role. Serial: least memory, fewest system calls. No performance data and no
     * attaching: both are files in /tmp that others can open. No container support: it would read
     * cgroup files for ever. A crash tells its story on standard error and leaves no core, which
     * would hold guest memory. Memory exhausted means exit: a peer notices and reports it.
     */
    static final List<String> COMMON =
            List.of(
                    "-XX:+UseSerialGC",
                    "-XX:-UsePerfData",
                    "-XX:+DisableAttachMechanism",
                    "-XX:-UseContainerSupport",
                    "-XX:-CreateCoredumpOnCrash",
                    "-XX:+ErrorFileToStderr",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-Xlog:disable",
                    "-Xlog:all=error,cds*=off,aot*=off:stderr",
                    "--enable-native-access=ALL-UNNAMED");

    /**
     * Processes that mostly wait: one compiler, small heap and code cache. The code cache is mapped
     * as a whole at the start, which takes no memory before it is used: later the sandbox lets
     * nothing executable be mapped.
     */
    static final List<String> DAEMON =
            List.of(
                    "-Xms8m",
                    "-Xmx64m",
                    "-Xss512k",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:ReservedCodeCacheSize=16m",
                    "-XX:InitialCodeCacheSize=16m");

    /**
     * The process that runs vCPUs: both compilers. Guest memory is outside the heap. The code cache
     * is one piece, because three segments of the default would limit the interpreter's own code.
     */
    static final List<String> MACHINE =
            List.of(
                    "-Xms32m",
                    "-Xmx192m",
                    "-XX:ReservedCodeCacheSize=64m",
                    "-XX:InitialCodeCacheSize=64m",
                    "-XX:-SegmentedCodeCache");

    private Jvm() {}
}
