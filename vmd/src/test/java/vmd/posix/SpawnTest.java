package vmd.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // closing early is what some of these tests are about
class SpawnTest {
    private static String channelOutput(Fd parent) {
        SocketMessage message = new SocketMessage(4096);
        StringBuilder all = new StringBuilder();
        for (int n; (n = message.receive(parent, true)) > 0; ) {
            byte[] bytes = message.data().asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
            all.append(new String(bytes, StandardCharsets.UTF_8));
        }
        return all.toString();
    }

    private static String run(Spawn.Output output, String script) {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_STREAM);
        try (Fd parent = pair.first();
                Fd child = pair.second();
                Fd leak = FileIo.open("/dev/null", FileIo.O_RDONLY)) {
            List<String> argv = List.of("title: x", "-c", script);
            int pid = Spawn.start("/bin/sh", argv, List.of("ONLY=this"), child, output);
            child.close();
            String text = channelOutput(parent);
            Processes.Exit exit = Processes.await(pid);
            assertTrue(exit.normal(), exit + " " + text);
            assertTrue(leak.isOpen());
            return text;
        }
    }

    @Test
    void childHoldsItsChannelAndNothingElse() {
        assertEquals(
                "0\n1\n2\n3\n",
                run(
                        Spawn.Output.NULL,
                        "(for f in /proc/$$/fd/*; do [ -e $f ] && echo ${f##*/}; done) >&3"));
        assertEquals(
                "/dev/null\n/dev/null\n/dev/null\n",
                run(
                        Spawn.Output.NULL,
                        "x=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo \"$x\" >&3"));
    }

    @Test
    void childStartsWithFreshSignalsSessionFolderAndEnvironment() {
        String status =
                run(
                        Spawn.Output.INHERIT,
                        "while read l; do case $l in SigBlk*|SigIgn*) echo \"$l\";; esac; done </proc/$$/status >&3");
        assertEquals("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", status);
        String own =
                run(
                        Spawn.Output.NULL,
                        "read p c s pp pg sid r < /proc/$$/stat; [ $sid = $$ ] && pwd >&3");
        assertEquals("/\n", own);
        assertEquals("this", run(Spawn.Output.NULL, "printf %s \"$ONLY$HOME$PATH_X\" >&3"));
        assertEquals(
                "title: x",
                run(
                        Spawn.Output.NULL,
                        "tr '\\0' '\\n' </proc/$$/cmdline | head -1 | tr -d '\\n' >&3"));
    }

    @Test
    void missingProgramIsReportedToTheCaller() {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_STREAM);
        try (Fd parent = pair.first();
                Fd child = pair.second()) {
            PosixException e =
                    assertThrows(
                            PosixException.class,
                            () ->
                                    Spawn.start(
                                            "/nonexistent/x",
                                            List.of("x"),
                                            List.of(),
                                            child,
                                            Spawn.Output.NULL));
            assertEquals(Errno.ENOENT, e.errno());
            assertTrue(parent.isOpen());
        }
    }

    @Test
    void endOfAChildIsSeenWithItsReason() {
        Sockets.Pair pair = Sockets.pair(Sockets.SOCK_STREAM);
        try (Fd parent = pair.first();
                Fd child = pair.second()) {
            List<String> argv = List.of("sh", "-c", "read x <&3; exit 7");
            int pid = Spawn.start("/bin/sh", argv, List.of(), child, Spawn.Output.NULL);
            int second = Spawn.start("/bin/sh", argv, List.of(), child, Spawn.Output.NULL);
            child.close();
            try (Fd pidfd = Processes.pidfd(pid)) {
                assertNull(Processes.poll(pid));
                assertTrue(Processes.kill(pid, Processes.SIGKILL));
                Poll poll = new Poll(1);
                poll.add(pidfd, Poll.IN);
                assertEquals(1, poll.await(-1));
                assertEquals(new Processes.Exit(pid, -1, Processes.SIGKILL), Processes.poll(pid));
            }
            assertFalse(Processes.kill(pid, Processes.SIGTERM));
            Sockets.shutdown(parent);
            assertEquals(new Processes.Exit(second, 7, 0), Processes.await(second));
        }
    }

    @Test
    void groupsOfProcessesAreNeverSignalled() {
        assertThrows(PosixException.class, () -> Processes.kill(-1, Processes.SIGTERM));
        assertThrows(PosixException.class, () -> Processes.kill(0, Processes.SIGTERM));
    }
}
