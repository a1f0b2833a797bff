package vmd.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import vmd.proto.EngineChoice;
import vmd.proto.Outcome;

/**
 * Reads a configuration file into records. Nothing is registered anywhere; every error of the file
 * is found in one go, and one error is enough for there to be no configuration.
 */
public final class Parser {
    /** The file that may be missing without a word. */
    public static final Path DEFAULT_FILE = Path.of("/etc/vm.conf");

    private final ConfigFiles files;
    private final Macros macros;
    private final Diagnostics diagnostics;
    private final Lexer lexer;
    private final Tokens tokens;
    private final Owners owners;
    private final Map<String, VmConfig> vms = new LinkedHashMap<>();

    /** Those that took the file's engine, which may be named behind them. */
    private final Set<String> withoutEngine = new HashSet<>();

    private final Map<String, SwitchConfig> switches = new LinkedHashMap<>();
    private Owner socketOwner = Owner.ROOT_AND_WHEEL;
    private EngineChoice engine = EngineChoice.AUTO;
    private Prefix localPrefix = Prefix.LOCAL;
    private LocalInet6 localInet6 = LocalInet6.OFF;
    private @Nullable Agentx agentx;
    private @Nullable Staggered staggered;

    private Parser(
            String name,
            String text,
            ConfigFiles files,
            Macros macros,
            Diagnostics diagnostics,
            Accounts accounts) {
        this.files = files;
        this.macros = macros;
        this.diagnostics = diagnostics;
        this.lexer = new Lexer(name, text, macros, diagnostics);
        this.tokens = new Tokens(lexer, diagnostics);
        this.owners = new Owners(tokens, accounts);
    }

    /** As the other, with names relative to the working directory and this machine's accounts. */
    public static ParseResult parse(Path file, Map<String, String> definitions) {
        return parse(file, definitions, Path.of(""), Accounts.ofFiles());
    }

    /**
     * Parses a file.
     *
     * @param definitions macros of the command line, which the file cannot change
     * @param directory what relative names in the file are relative to
     */
    public static ParseResult parse(
            Path file, Map<String, String> definitions, Path directory, Accounts accounts) {
        Diagnostics diagnostics = new Diagnostics();
        ConfigFiles files = new ConfigFiles(directory);
        Macros macros = new Macros(definitions);
        String text;
        try {
            text = files.read(file.toString());
        } catch (ConfigFiles.Unusable e) {
            String message = "failed to open " + file + ": " + e.reason();
            if (!e.missing()) {
                diagnostics.error(null, message);
                return new ParseResult(null, diagnostics.errors(), List.of());
            }
            List<String> warnings = file.equals(DEFAULT_FILE) ? List.of() : List.of(message);
            return new ParseResult(Configuration.empty(), List.of(), warnings);
        }
        return new Parser(file.toString(), text, files, macros, diagnostics, accounts).parse();
    }

    /** Parses a text that is no file. */
    static ParseResult parseText(String name, String text, ConfigFiles files, Accounts accounts) {
        return new Parser(name, text, files, new Macros(Map.of()), new Diagnostics(), accounts)
                .parse();
    }

    private ParseResult parse() {
        while (tokens.peek().kind() != Token.Kind.END) {
            try {
                statement();
            } catch (Tokens.Abandoned _) {
                tokens.skipStatement(0);
                // A brace that closes nothing was part of what went wrong.
                tokens.accept('}');
            }
        }
        macros.warnUnused(diagnostics);
        if (!diagnostics.errors().isEmpty()) {
            return new ParseResult(null, diagnostics.errors(), diagnostics.warnings());
        }
        Configuration configuration =
                new Configuration(
                        machines(),
                        List.copyOf(switches.values()),
                        socketOwner,
                        engine,
                        localPrefix,
                        localInet6,
                        agentx,
                        staggered);
        return new ParseResult(configuration, List.of(), diagnostics.warnings());
    }

    private List<VmConfig> machines() {
        List<VmConfig> machines = new ArrayList<>();
        for (VmConfig vm : vms.values()) {
            machines.add(withoutEngine.contains(vm.name()) ? vm.withEngine(engine) : vm);
        }
        return machines;
    }

    private void statement() {
        Token first = tokens.peek();
        switch (first.kind()) {
            case NEWLINE -> {}
            case STRING -> word();
            case KEYWORD -> {
                tokens.take();
                keyword(first);
            }
            case NUMBER, SYMBOL, BROKEN, END -> throw tokens.syntaxError();
        }
        endOfStatement();
    }

    private void endOfStatement() {
        if (tokens.peek().kind() == Token.Kind.NEWLINE) {
            tokens.take();
        } else if (tokens.peek().kind() != Token.Kind.END) {
            throw tokens.syntaxError();
        }
    }

    private void keyword(Token keyword) {
        switch (keyword.text()) {
            case "vm" -> vm(keyword.position());
            case "include" -> include();
            case "socket" -> {
                tokens.expect("owner");
                Owner owner = owners.owner();
                socketOwner = owner.hasGroup() ? owner : new Owner(owner.uid(), 0);
            }
            case "switch" -> addSwitch(keyword.position());
            case "local" -> local();
            case "agentx" -> agentx = new AgentxParser(tokens).parse();
            case "staggered" -> staggered = staggered();
            default -> {
                diagnostics.error(keyword.position(), "syntax error");
                throw new Tokens.Abandoned();
            }
        }
    }

    /** A macro, or a word that is no keyword so that files may use it as a name. */
    private void word() {
        Token name = tokens.take();
        if (tokens.accept('=')) {
            macro(name);
        } else if (name.isWord("engine")) {
            engine = EngineWord.parse(tokens);
        } else {
            diagnostics.error(name.position(), "syntax error");
            throw new Tokens.Abandoned();
        }
    }

    private void macro(Token name) {
        if (!tokens.atString()) {
            throw tokens.syntaxError();
        }
        Token value = tokens.take();
        for (int i = 0; i < name.text().length(); i++) {
            if (name.text().charAt(i) <= ' ') {
                throw tokens.error(name.position(), "macro name cannot contain whitespace");
            }
        }
        macros.set(name.text(), value.text());
    }

    private void include() {
        Token name = tokens.string();
        if (tokens.peek().kind() != Token.Kind.NEWLINE) {
            throw tokens.syntaxError();
        }
        String why;
        try {
            if (lexer.include(name.text(), files.read(name.text()))) {
                return;
            }
            why = "Too many levels of includes";
        } catch (ConfigFiles.Unusable e) {
            why = e.reason();
        }
        diagnostics.error(null, "failed to open " + name.text() + ": " + why);
        throw tokens.error(name.position(), "failed to include file " + name.text());
    }

    private void local() {
        if (tokens.accept("inet6")) {
            localInet6 = new LocalInet6(true, tokens.accept("prefix") ? prefix6() : null);
            return;
        }
        tokens.expect("prefix");
        Token text = tokens.string();
        try {
            localPrefix = Prefix.parse4(text.text());
        } catch (Prefix.Invalid e) {
            throw tokens.error(text.position(), "invalid local prefix: " + e.reason());
        }
    }

    private Prefix prefix6() {
        Token text = tokens.string();
        try {
            return Prefix.parse6(text.text());
        } catch (Prefix.Invalid e) {
            throw tokens.error(text.position(), "invalid local inet6 prefix: " + e.reason());
        }
    }

    private Staggered staggered() {
        tokens.expect("start");
        tokens.expect("parallel");
        int parallel = count(1, "parallel");
        tokens.expect("delay");
        return new Staggered(parallel, count(0, "delay"));
    }

    private int count(int min, String what) {
        Token number = tokens.number();
        if (number.number() < min || number.number() > Integer.MAX_VALUE) {
            String message = "invalid " + what + ": " + number.number();
            throw tokens.error(number.position(), message);
        }
        return (int) number.number();
    }

    private void addSwitch(Position position) {
        SwitchConfig one = new SwitchParser(tokens).parse(position);
        SwitchConfig first = switches.putIfAbsent(one.name(), one);
        if (first != null) {
            skipped(position, "switch", one.name(), first.position());
        }
    }

    private void vm(Position position) {
        VmParser.Statement read = new VmParser(tokens, diagnostics, files, owners).parse(position);
        VmOptions options = read.options();
        VmConfig known = vms.get(options.name);
        if (!VmLimits.validName(options.name)) {
            throw failed(options, "invalid VM name", Outcome.of(Outcome.EINVAL));
        }
        VmConfig vm;
        if (read.template() != null) {
            vm = instance(options, read.template(), known != null);
        } else if (known != null) {
            skipped(position, "vm", options.name, known.position());
            return;
        } else {
            vm = options.toConfig(engine);
        }
        check(options, vm, read.template() != null);
        vms.put(vm.name(), vm);
        boolean inherited = withoutEngine.contains(String.valueOf(read.template()));
        if (options.engine == null && (read.template() == null || inherited)) {
            withoutEngine.add(vm.name());
        }
    }

    private VmConfig instance(VmOptions options, String template, boolean known) {
        try {
            return Instances.make(vms.get(template), known, options, Instances.Requester.ROOT);
        } catch (Instances.Refused e) {
            throw failed(options, e.outcome().text(), Outcome.of(e.outcome().code()));
        }
    }

    private void check(VmOptions options, VmConfig vm, boolean instance) {
        String why = null;
        if (!instance && options.nothingNamed()) {
            why = "invalid configuration, no devices";
        } else if (vm.boot() == null && (vm.initrd() != null || vm.cmdline() != null)) {
            why = (vm.initrd() != null ? "initrd" : "cmdline") + " without boot";
        } else if (!vm.bootable()) {
            why = VmLimits.NOTHING_TO_BOOT;
        }
        if (why != null) {
            throw failed(options, why, Outcome.of(Outcome.EINVAL));
        }
    }

    private Tokens.Abandoned failed(VmOptions vm, String why, Outcome outcome) {
        if (!why.isEmpty()) {
            diagnostics.error(null, why);
        }
        diagnostics.error(vm.position, "vm \"" + vm.name + "\" failed: " + outcome.message());
        return new Tokens.Abandoned();
    }

    private void skipped(Position position, String kind, String name, Position first) {
        String what = kind + " \"" + name + "\" skipped (already exists at " + first + ")";
        diagnostics.warning(position + ": " + what);
    }
}
