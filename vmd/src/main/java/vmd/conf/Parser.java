package vmd.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vmd.proto.EngineChoice;

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
    private final Map<String, VmStatement> vms = new LinkedHashMap<>();
    private Owner socketOwner = Owner.ROOT_AND_WHEEL;
    private EngineChoice engine = EngineChoice.AUTO;

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
        List<VmConfig> machines = new ArrayList<>();
        vms.values().forEach(vm -> machines.add(vm.toConfig(engine)));
        Configuration configuration = new Configuration(machines, socketOwner, engine);
        return new ParseResult(configuration, List.of(), diagnostics.warnings());
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
            case "switch", "local", "agentx", "staggered" ->
                    new LaterStatements(tokens).statement(keyword);
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
        String text;
        try {
            text = files.read(name.text());
        } catch (ConfigFiles.Unusable e) {
            String what = "failed to include file " + name.text() + ": " + e.reason();
            throw tokens.error(name.position(), what);
        }
        if (!lexer.include(name.text(), text)) {
            String what = "failed to include file " + name.text() + ": nested too deeply";
            throw tokens.error(name.position(), what);
        }
    }

    private void vm(Position position) {
        VmStatement vm = new VmParser(tokens, diagnostics, files, owners).parse(position);
        VmStatement first = vms.putIfAbsent(vm.name, vm);
        if (first != null) {
            diagnostics.warning(
                    position
                            + ": vm \""
                            + vm.name
                            + "\" skipped (already exists at "
                            + first.position
                            + ")");
        }
    }
}
