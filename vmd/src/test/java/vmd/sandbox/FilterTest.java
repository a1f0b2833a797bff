package vmd.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmd.privsep.Role;

class FilterTest {
    private static final int ALLOW = 0x7fff0000;
    private static final int EPERM = 0x50001;
    private static final int ENOSYS = 0x50026;
    private static final int KILL = 0x80000000;
    private static final int SELF = 4711;

    private static long[] compile(String policy) {
        return Filter.compile(PolicyReader.read("test", SELF, name -> policy).rules());
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
                4: jeq 0xca, 5, 6
                5: ret 0x7fff0000
                6: jeq 0x1b3, 7, 8
                7: ret 0x50026
                8: jeq 0x29, 9, 13
                9: ld [0x10]
                10: jeq 0x1, 12, 11
                11: jeq 0x2, 12, 13
                12: ret 0x7fff0000
                13: ld [0x0]
                14: jeq 0x38, 15, 21
                15: ld [0x10]
                16: and 0x10100
                17: jeq 0x10100, 18, 21
                18: ld [0x10]
                19: jset 0x20000, 21, 20
                20: ret 0x7fff0000
                21: ld [0x0]
                22: ret 0x50001
                """;
        long[] program =
                compile(
                        """
                        allow futex ; a
                        deny clone3 with ENOSYS ; b
                        allow socket when arg0 is 1, 2 ; c
                        allow clone when arg0 has all 0x10000|0x100 and arg0 has none 0x20000 ; d
                        """);
        assertEquals(expected, Filter.listing(program));
    }

    @Test
    void conditionsDecideByTheLowHalfOfTheArgument() {
        long[] program =
                compile(
                        """
                        allow socket when arg0 is 1, 2 ; a
                        allow openat when arg2 has none 0x43 ; b
                        allow clone when arg0 has all 0x10000|0x100 ; c
                        deny ioctl with ENOSYS when arg1 is 6 ; d
                        allow ioctl when arg1 is not 5, 7 ; e
                        allow ioctl when arg0 has any 3 and arg1 is 5 ; f
                        allow tgkill when arg0 is SELF ; g
                        """);
        assertEquals(ALLOW, run(program, 41, 1));
        assertEquals(ALLOW, run(program, 41, 2));
        assertEquals(EPERM, run(program, 41, 10));
        assertEquals(ALLOW, run(program, 41, 0xdead_0000_0001L)); // the kernel takes an int
        assertEquals(ALLOW, run(program, 257, 0, 0, 0x80000));
        assertEquals(EPERM, run(program, 257, 0, 0, 0x80002));
        assertEquals(EPERM, run(program, 257, 0, 0, 0x40));
        assertEquals(ALLOW, run(program, 56, 0x10900));
        assertEquals(EPERM, run(program, 56, 0x11));
        assertEquals(EPERM, run(program, 56, 0x100));
        assertEquals(ALLOW, run(program, 16, 0, 4));
        assertEquals(ENOSYS, run(program, 16, 0, 6));
        assertEquals(EPERM, run(program, 16, 4, 5));
        assertEquals(ALLOW, run(program, 16, 2, 5));
        assertEquals(EPERM, run(program, 16, 2, 7));
        assertEquals(ALLOW, run(program, 234, SELF));
        assertEquals(EPERM, run(program, 234, SELF + 1));
    }

    @Test
    void otherEntriesOfTheKernelAreClosed() {
        long[] program = compile("allow execve ; a");
        assertEquals(KILL, BpfMachine.run(program, 0x40000003, 11)); // execve of i386
        assertEquals(EPERM, run(program, 0x40000000 | 520)); // execve of x32
        assertEquals(EPERM, run(program, 0x40000000 | 59));
        assertEquals(EPERM, run(program, -1));
        assertEquals(ALLOW, run(program, 59));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void programDoesWhatThePolicySaysForEveryCall(Role role) {
        Policy policy = PolicyReader.read(role.label(), SELF);
        long[] program = Filter.compile(policy.rules());
        long[] values = {
            0,
            1,
            2,
            3,
            4,
            5,
            7,
            9,
            10,
            15,
            16,
            0x11,
            0x4111,
            0x3d0f00,
            0x20003d0f00L,
            SELF,
            0xae80,
            0x1000ae80,
            0x5401,
            0x5412,
            0102,
            1030,
            0x53564d41,
            -1
        };
        for (int number = 0; number < 600; number++) {
            for (int argument = 0; argument < 3; argument++) {
                for (long value : values) {
                    long[] arguments = new long[3];
                    arguments[argument] = value;
                    assertEquals(
                            expected(policy, number, arguments),
                            run(program, number, arguments),
                            role + " call " + number + " arg" + argument + " " + value);
                }
            }
        }
    }

    private static int expected(Policy policy, int number, long[] arguments) {
        for (Rule rule : policy.rules()) {
            if (rule.number() == number && rule.holds(arguments)) {
                return rule.allows() ? ALLOW : 0x50000 | rule.errno();
            }
        }
        return EPERM;
    }

    /** Shows in a review what a change of a policy does to the program; -Dgolden.update writes. */
    @Test
    void programTextOfTheMachineRole() throws IOException {
        String listing = Filter.listing(Filter.compile(PolicyReader.read("vm", SELF).rules()));
        String file = "vmd/src/test/resources/golden/sandbox/vm.bpf";
        Path golden = Path.of(System.getProperty("project.root"), file);
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(golden, listing);
        }
        List<String> expected = Files.readAllLines(golden);
        assertEquals(expected, listing.lines().toList(), "run with -Dgolden.update=true if meant");
    }
}
