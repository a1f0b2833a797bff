package vmd.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmd.privsep.Role;

class FilterTest {
    private static final int ALLOW = 0x7fff0000;
    private static final int EPERM = 0x50001;
    private static final int ENOSYS = 0x50026;
    private static final int KILL = 0x80000000;

    private static long[] compile(String policy) {
        return Filter.compile(Policy.read("test", name -> policy));
    }

    private static int run(long[] program, int number, long... arguments) {
        return BpfMachine.run(program, BpfMachine.X86_64, number, arguments);
    }

    @Test
    void programTextOfASmallPolicy() {
        String expected =
                """
                0: ld [0x4]
                1: jeq 0xc000003e, 3, 2
                2: ret 0x80000000
                3: ld [0x0]
                4: jge 0x40000000, 5, 6
                5: ret 0x50026
                6: jeq 0x65, 7, 8
                7: ret 0x50001
                8: jeq 0x29, 9, 14
                9: ld [0x10]
                10: jeq 0x1, 13, 11
                11: jeq 0x2, 13, 12
                12: ret 0x50001
                13: ld [0x0]
                14: jeq 0x38, 15, 20
                15: ld [0x10]
                16: and 0x10100
                17: jeq 0x10100, 19, 18
                18: ret 0x50001
                19: ld [0x0]
                20: jeq 0x1b3, 21, 22
                21: ret 0x50026
                22: ret 0x7fff0000
                """;
        long[] program =
                compile(
                        """
                        deny ptrace ; a
                        deny socket when arg0 is not AF_UNIX, AF_INET ; b
                        deny clone when arg0 lacks CLONE_VM|CLONE_THREAD ; c
                        deny clone3 with ENOSYS ; d
                        """);
        assertEquals(expected, Filter.listing(program));
    }

    @Test
    void conditionsDecideByTheLowHalfOfTheArgument() {
        long[] program =
                compile(
                        """
                        deny socket when arg0 is not AF_UNIX, AF_INET ; b
                        deny openat when arg2 has O_RDWR|O_CREAT ; c
                        deny clone when arg0 lacks CLONE_VM|CLONE_THREAD ; d
                        deny ioctl when arg1 is 5, 6, 7 ; e
                        """);
        assertEquals(ALLOW, run(program, 41, 1));
        assertEquals(ALLOW, run(program, 41, 2));
        assertEquals(EPERM, run(program, 41, 10));
        assertEquals(ALLOW, run(program, 41, 0xdead_0000_0001L)); // the kernel takes an int
        assertEquals(ALLOW, run(program, 257, 0, 0, 0x80000));
        assertEquals(EPERM, run(program, 257, 0, 0, 0x80002));
        assertEquals(EPERM, run(program, 257, 0, 0, 0100));
        assertEquals(ALLOW, run(program, 56, 0x10900));
        assertEquals(EPERM, run(program, 56, 0x11));
        assertEquals(EPERM, run(program, 56, 0x100));
        for (int value = 4; value <= 8; value++) {
            int expected = value >= 5 && value <= 7 ? EPERM : ALLOW;
            assertEquals(expected, run(program, 16, 0, value), "ioctl " + value);
        }
    }

    @Test
    void otherEntriesOfTheKernelAreClosed() {
        long[] program = compile("deny ptrace ; a");
        assertEquals(KILL, BpfMachine.run(program, 0x40000003, 11)); // execve of i386
        assertEquals(ENOSYS, run(program, 0x40000000 | 520)); // execve of x32
        assertEquals(ENOSYS, run(program, -1));
        assertEquals(ALLOW, run(program, 0));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void programDoesWhatThePolicySaysForEveryCall(Role role) {
        Policy policy = Policy.of(role);
        long[] program = Filter.compile(policy);
        assertTrue(program.length < 4096, "BPF_MAXINSNS");
        Map<Integer, Rule> unconditional = new HashMap<>();
        Map<Integer, Rule> conditional = new HashMap<>();
        for (Rule rule : policy.rules()) {
            (rule.condition() == null ? unconditional : conditional)
                    .putIfAbsent(rule.number(), rule);
        }
        for (int number = 0; number < 600; number++) {
            if (conditional.containsKey(number)) {
                continue; // see above
            }
            Rule rule = unconditional.get(number);
            int expected = rule == null ? ALLOW : 0x50000 | rule.errno();
            assertEquals(expected, run(program, number), role + " call " + number);
        }
    }

    /** Shows in a review what a change of a policy does to the program; -Dgolden.update writes. */
    @Test
    void programTextOfTheMachineRole() throws IOException {
        String listing = Filter.listing(Filter.compile(Policy.of(Role.VM)));
        String file = "vmd/src/test/resources/golden/sandbox/vm.bpf";
        Path golden = Path.of(System.getProperty("project.root"), file);
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(golden, listing);
        }
        List<String> expected = Files.readAllLines(golden);
        assertEquals(expected, listing.lines().toList(), "run with -Dgolden.update=true if meant");
    }
}
