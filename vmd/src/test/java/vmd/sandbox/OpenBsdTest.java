package vmd.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmd.privsep.Role;

class OpenBsdTest {
    private static Policy of(Role role) {
        return PolicyReader.read(role.label(), 1);
    }

    @ParameterizedTest
    @CsvSource({
        "CONTROL, recvfd sendfd stdio unix",
        "PRIV, inet recvfd sendfd stdio",
        "VM, recvfd sendfd stdio vmm",
        "VMM, exec proc prot_exec recvfd rpath sendfd stdio unix vmm wpath",
        "PARENT, chown cpath fattr flock proc prot_exec recvfd rpath sendfd stdio tty unix wpath",
        "VMCTL, flock recvfd rpath sendfd stdio tty unix wpath",
    })
    void promisesAreThoseOfTheRole(Role role, String words) {
        assertEquals(words, String.join(" ", OpenBsd.promises(of(role))));
    }

    @Test
    void pathsAreUnveiledWithTheirPermissions() {
        List<String> unveils = OpenBsd.unveils(of(Role.VM));
        assertTrue(unveils.contains("$JAVA_HOME rx"), unveils.toString());
        assertTrue(unveils.contains("/dev/null rw"), unveils.toString());
        assertFalse(unveils.stream().anyMatch(line -> line.startsWith("/proc")));
        assertEquals(List.of(), OpenBsd.unveils(of(Role.PARENT)));
    }

    @Test
    void promiseFollowsTheRuleThatStandsForIt() {
        String text = "allow socket when arg0 is 2 ; a\nallow openat when arg2 has none 0103 ; b";
        Policy policy = PolicyReader.read("test", 1, name -> text);
        assertEquals("[inet, rpath, stdio]", OpenBsd.promises(policy).toString());
    }
}
