package vmd.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import vmd.posix.Errno;
import vmd.posix.Processes;
import vmd.privsep.Role;

class PolicyTest {
    private static final int SELF = 4711;

    /** CLONE_VM|SIGHAND|THREAD and what the C library adds for a thread. */
    private static final long THREAD = 0x3d0f00;

    private static Policy policy(String text) {
        return PolicyReader.read(
                "test", SELF, name -> name.equals("loop.policy") ? "include loop" : text);
    }

    private static Policy of(Role role) {
        return PolicyReader.read(role.label(), SELF);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void noRuleOfARoleIsHiddenByAnEarlierOne(Role role) {
        Set<String> settled = new HashSet<>();
        for (Rule rule : of(role).rules()) {
            assertFalse(settled.contains(rule.syscall()), role + " repeats " + rule.syscall());
            if (rule.conditions().isEmpty()) {
                settled.add(rule.syscall());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void everyRoleIsRefusedWhatNoneNeeds(Role role) {
        Policy policy = of(role);
        List<String> needless =
                List.of(
                        "ptrace",
                        "mount",
                        "umount2",
                        "init_module",
                        "finit_module",
                        "kexec_load",
                        "bpf",
                        "perf_event_open",
                        "userfaultfd",
                        "io_uring_setup",
                        "io_uring_enter",
                        "keyctl",
                        "add_key",
                        "setresuid",
                        "setuid",
                        "setgroups",
                        "chroot",
                        "unshare",
                        "setns",
                        "process_vm_readv",
                        "pidfd_getfd",
                        "open_by_handle_at",
                        "mknodat",
                        "shmget",
                        "msgget",
                        "mq_open",
                        "modify_ldt",
                        "personality",
                        "reboot",
                        "io_setup",
                        "splice",
                        "vmsplice",
                        "execveat",
                        "pkey_mprotect",
                        "bind",
                        "listen",
                        "renameat2",
                        "linkat",
                        "symlinkat",
                        "mkdirat",
                        "inotify_init1");
        for (String call : needless) {
            assertFalse(policy.allows(call), role + " allows " + call);
        }
        assertFalse(policy.allows("clone", 0x1000_0000 | THREAD), "user name space");
        assertFalse(policy.allows("socket", 17), "packet socket");
        assertTrue(policy.allows("clone", THREAD), "thread");
        boolean starts = role == Role.VMM;
        assertEquals(starts, policy.allows("execve"), role.label());
        assertEquals(starts, policy.allows("clone", 0x4111), "process");
        boolean opens = starts || role == Role.PARENT;
        boolean reads = opens || role == Role.VMCTL;
        assertEquals(reads, policy.allows("openat", 0, 0, 0), role.label());
        assertEquals(role == Role.PARENT, policy.allows("openat", 0, 0, 0102), role.label());
        assertEquals(opens, policy.allows("mprotect", 0, 0, 7), "code");
        assertEquals(opens, policy.allows("kill", 1, 9), role.label());
    }

    /** A machine's process is born under its supervisor's policy: that has to allow all of it. */
    @Test
    void supervisorAllowsWhatMachinesMay() {
        Policy vmm = of(Role.VMM);
        for (Rule rule : of(Role.VM).rules()) {
            assertTrue(
                    vmm.rules().contains(rule) || vmm.allows(rule.syscall()),
                    "vmm refuses " + rule);
        }
        assertTrue(of(Role.VMM).limits().getOrDefault(Processes.RLIMIT_NOFILE, 0L) >= 256);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void everyRoleHasItsLimits(Role role) {
        Map<Integer, Long> limits = of(role).limits();
        assertEquals(0, limits.get(Processes.RLIMIT_CORE));
        assertTrue(limits.getOrDefault(Processes.RLIMIT_NOFILE, 0L) >= 256, limits.toString());
    }

    @Test
    void ruleIsReadWithItsErrorConditionsAndReason() {
        assertEquals(
                List.of(new Rule("clone3", 435, Errno.ENOSYS, List.of(), "x")),
                policy("# text\n\ndeny clone3 with ENOSYS ; x").rules());
        Policy policy =
                policy(
                        "constant A 0x10 ; h\n"
                                + "allow socket bind when arg0 is not A, 16 and arg5 has none A|1 ; y");
        List<Rule.Condition> conditions =
                List.of(
                        new Rule.Condition(0, Rule.Test.IS_NOT, List.of(16, 16)),
                        new Rule.Condition(5, Rule.Test.HAS_NONE, List.of(17)));
        assertEquals(
                List.of(
                        new Rule("socket", 41, 0, conditions, "y"),
                        new Rule("bind", 49, 0, conditions, "y")),
                policy.rules());
        assertEquals(
                List.of(new Rule.Condition(0, Rule.Test.IS, List.of(SELF))),
                policy("allow tgkill when arg0 is SELF ; z").rules().getFirst().conditions());
    }

    @Test
    void restOfAPolicyIsRead() {
        Policy policy =
                policy(
                        """
                        path rx /lib ; a
                        path r $LIB ; b
                        private NETWORK, IPC ; c
                        keep NET_ADMIN ; d
                        limit NOFILE 16 ; e
                        """);
        assertEquals(
                List.of(
                        new Policy.PathRule("rx", "/lib", "a"),
                        new Policy.PathRule("r", "$LIB", "b")),
                policy.paths());
        assertFalse(policy.anyPath());
        assertEquals(Set.of(Policy.Space.NETWORK, Policy.Space.IPC), policy.spaces());
        assertEquals(Set.of(Policy.Capability.NET_ADMIN), policy.capabilities());
        assertEquals(Map.of(Processes.RLIMIT_NOFILE, 16L), policy.limits());
        assertTrue(policy("anypath ; x").anyPath());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "allow ptrace ! a rule needs its reason after a semicolon",
                "allow ptrace ; ! a rule needs its reason after a semicolon",
                "permit ptrace ; x ! unknown word permit",
                "allow nosuchcall ; x ! unknown system call nosuchcall",
                "deny ptrace ; x ! deny names its error: with ERROR",
                "deny ptrace with EWHAT ; x ! unknown error EWHAT",
                "deny with EPERM ; x ! no system call is named",
                "allow ; x ! no system call is named",
                "allow socket when arg9 is 1 ; x ! a condition starts with arg0 to arg5",
                "allow socket when arg0 ; x ! a condition starts with arg0 to arg5",
                "allow socket when arg0 likes 1 ; x ! unknown condition likes 1",
                "allow socket when arg0 has some 1 ; x ! unknown condition has some",
                "allow socket when arg0 is not ; x ! a condition has no value",
                "allow socket when arg0 is AF_WHAT ; x ! unknown constant AF_WHAT",
                "constant A ; x ! 2 words are wanted",
                "path q /x ; x ! unknown permissions q",
                "path r x ; x ! path x is not absolute",
                "private THINGS ; x ! unknown word THINGS",
                "keep SYS_ADMIN ; x ! unknown word SYS_ADMIN",
                "limit HEAPS 1 ; x ! unknown limit HEAPS",
                "include loop ! includes are too deep",
            })
    void mistakeIsReportedWithItsPlace(String text, String message) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> policy("\n" + text));
        assertTrue(String.valueOf(e.getMessage()).endsWith(": " + message), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(".policy:"), e.getMessage());
    }
}
