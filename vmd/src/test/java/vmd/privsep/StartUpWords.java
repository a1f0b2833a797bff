package vmd.privsep;

import java.util.ArrayList;
import java.util.List;

/** The command line that {@link Spawner} makes, for tests that start a child of their own. */
public final class StartUpWords {
    private StartUpWords() {}

    public static List<String> commandLine(
            String classPath, Role role, String mainClass, List<String> arguments) {
        StartUp startUp = new StartUp(role.label(), ServiceAccount.own(), true, 0, arguments);
        List<String> words = new ArrayList<>();
        words.add(startUp.title());
        words.addAll(Installation.ofClassPath(classPath).commandLine(role));
        words.add(mainClass);
        words.addAll(startUp.words());
        return words;
    }

    /** Starts {@code mainClass} on this process's own class path, as {@link Spawner} does. */
    public static Spawner.Child start(Role role, StartUp startUp, String mainClass) {
        String classPath = System.getProperty("java.class.path");
        return new Spawner(Installation.ofClassPath(classPath)).start(role, startUp, mainClass);
    }
}
