package vmd.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import vmd.posix.Errno;
import vmd.privsep.Role;

class PolicyTest {
    private static Policy policy(String text) {
        return Policy.read("test", name -> name.equals("loop") ? "include loop" : text);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void noRuleOfARoleIsHiddenByAnEarlierOne(Role role) {
        Set<String> settled = new HashSet<>();
        for (Rule rule : Policy.of(role).rules()) {
            assertFalse(settled.contains(rule.syscall()), role + " repeats " + rule.syscall());
            if (rule.condition() == null) {
                settled.add(rule.syscall());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void everyRoleIsRefusedWhatNoneNeeds(Role role) {
        Set<String> denied = new HashSet<>();
        for (Rule rule : Policy.of(role).rules()) {
            if (rule.condition() == null) {
                denied.add(rule.syscall());
            }
        }
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
                        "keyctl",
                        "setresuid",
                        "setuid",
                        "chroot",
                        "unshare",
                        "setns",
                        "process_vm_readv",
                        "pidfd_getfd",
                        "open_by_handle_at");
        for (String call : needless) {
            assertTrue(denied.contains(call), role + " allows " + call);
        }
        boolean starts = role == Role.VMM;
        assertEquals(!starts, denied.contains("execve"), role.label());
        assertEquals(role == Role.VM, denied.contains("openat"), role.label());
    }

    @Test
    void ruleIsReadWithItsErrorConditionAndReason() {
        Policy policy = policy("# text\n\ndeny a_ with ENOSYS ; x".replace("a_", "clone3"));
        assertEquals(List.of(new Rule("clone3", 435, Errno.ENOSYS, null, "x")), policy.rules());
        policy = policy("deny socket when arg0 is not AF_UNIX, 16 ; y");
        assertEquals(
                new Rule.Condition(0, Rule.Test.IS_NOT, List.of(1, 16)),
                policy.rules().getFirst().condition());
        policy = policy("deny openat when arg2 has O_RDWR|O_CREAT ; z");
        assertEquals(
                new Rule.Condition(2, Rule.Test.HAS, List.of(0102)),
                policy.rules().getFirst().condition());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "deny ptrace ! a rule needs its reason after a semicolon",
                "deny ptrace ; ! a rule needs its reason after a semicolon",
                "allow ptrace ; x ! unknown word allow",
                "deny nosuchcall ; x ! unknown system call nosuchcall",
                "deny ptrace with EWHAT ; x ! unknown error EWHAT",
                "deny with EPERM ; x ! no system call is named",
                "deny socket when arg9 is 1 ; x ! a condition starts with arg0 to arg5",
                "deny socket when arg0 likes 1 ; x ! unknown condition likes 1",
                "deny socket when arg0 is AF_WHAT ; x ! unknown constant AF_WHAT",
                "include loop ! includes are too deep",
            })
    void mistakeIsReportedWithItsPlace(String text, String message) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> policy("\n" + text));
        assertTrue(String.valueOf(e.getMessage()).endsWith(": " + message), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(".policy:"), e.getMessage());
    }
}
