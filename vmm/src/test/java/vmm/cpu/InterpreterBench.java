package vmm.cpu;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Speed of the interpreter, in millions of guest instructions per second. Without arguments it runs
 * two built-in loops; arguments name flat binaries that start at {@link FlatMachine#CODE} and end
 * with {@code cli; hlt}.
 */
final class InterpreterBench {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 6;

    /** mov ecx,20000000; add rax,rbx; xor rdx,rax; lea rsi,[rax+rdx*2]; sub rdi,3; dec ecx; jnz. */
    private static final String ALU = "b9002d3101 4801d8 4831c2 488d3450 4883ef03 ffc9 75ee faf4";

    /** The same length of loop with loads, stores, a call and its return. */
    private static final String MEMORY =
            "be00002000 b980969800 8b06 01d8 894608 e806000000 ffc9 75f0 faf4 55 5d c3";

    private InterpreterBench() {}

    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            run("alu", HexFormat.of().parseHex(ALU.replace(" ", "")));
            run("memory", HexFormat.of().parseHex(MEMORY.replace(" ", "")));
        }
        for (String arg : args) {
            run(arg, Files.readAllBytes(Path.of(arg)));
        }
    }

    private static void run(String name, byte[] code) {
        FlatMachine machine = new FlatMachine(64 << 20, new NoDevices());
        for (int round = 0; round < ROUNDS; round++) {
            machine.load(code);
            machine.cpu.halted = false;
            machine.interpreter.stateChanged();
            long before = machine.interpreter.instructions();
            long start = THREADS.getCurrentThreadCpuTime();
            var exit = machine.interpreter.run();
            long ns = THREADS.getCurrentThreadCpuTime() - start;
            long count = machine.interpreter.instructions() - before;
            System.out.printf(
                    "%s: %s, %d M instructions, %.1f M/s, rax %x%n",
                    name, exit, count / 1_000_000, count * 1e3 / ns, machine.cpu.gpr[Cpu.RAX]);
        }
    }
}
