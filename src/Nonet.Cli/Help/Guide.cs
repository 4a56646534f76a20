namespace Nonet.Cli.Help;

/// <summary>The commands by task. The program shows them if it is started without arguments.</summary>
static class Guide
{
    static readonly (string Task, (string Line, string Does)[] Commands)[] groups =
    [
        ("start", [("quickstart", "train a small model on books, in minutes"), ("quickstart --data my-texts/", "the same on your own texts")]),
        ("tune",
        [
            ("tune MODEL DATA", "fine-tune a model on conversations or pairs; --lora 16 for adapters"),
            ("data show MODEL DATA", "show what a model would learn from each example"),
            ("tools annotate RECIPE.yaml", "insert calls of tools into texts where they help a model"),
            ("data mixture FILE.yaml", "show the shares and leaks of a mixture of tasks"),
        ]),
        ("rank", [("rank serve --model MODEL --prompts FILE", "let people rank answers in a browser; rank export writes a file")]),
        ("train",
        [
            ("recipes", "list the recipes; recipes NAME copies one"), ("train RECIPE.yaml", "train from a recipe; --resume continues a run"),
            ("runs", "list runs; runs compare A B"),
            ("tokenizer train TEXTS --out DIR", "train a tokenizer"),
            ("scaling sweep RECIPE.yaml", "train small models, then use scaling fit and scaling plan"),
        ]),
        ("use a model",
        [
            ("pull OWNER/NAME", "download a model"), ("generate MODEL \"It was\"", "continue a text"), ("chat MODEL", "chat with a model"),
            ("translate MODEL < in > out", "translate lines"),
            ("embed | classify | tag | answer | fill-mask MODEL", "use an encoder"),
            ("tools index TEXTS --out DIR", "make a search index; tools search DIR WORDS"),
        ]),
        ("measure", [("perplexity MODEL FILE", "how well a model predicts a text"),
            ("eval MODEL --tasks A,B", "few-shot tasks, chain of thought; eval --list lists tasks"), ("bleu OUT REFERENCE", "score translations"),
            ("winrate MODEL OTHER PROMPTS --reward R", "compare the answers of two models"),
            ("bench train | matmul", "benchmark this machine")]),
        ("convert",
        [
            ("info MODEL", "show the properties of a model"), ("convert MODEL OUT", "write GGUF, a Hugging Face folder or llama2.c"),
            ("quantize IN OUT TYPE", "write GGUF with 2 to 8 bits per weight"), ("merge MODEL ADAPTER OUT", "add a LoRA adapter to the weights"),
        ]),
    ];

    /// <summary>The command lines, without the program's name.</summary>
    public static IEnumerable<string> Lines => groups.SelectMany(g => g.Commands.Select(c => c.Line));

    public static void Write(TextWriter output)
    {
        output.WriteLine("nonet trains, evaluates and runs language models, in managed code.");
        var width = groups.Max(g => g.Commands.Max(c => c.Line.Length));
        foreach (var (task, commands) in groups)
        {
            output.WriteLine();
            output.WriteLine(task);
            foreach (var (line, does) in commands)
                output.WriteLine($"  {line.PadRight(width)}  {does}");
        }
        output.WriteLine();
        output.WriteLine($"MODEL is a Hugging Face folder, a .gguf file, a run folder, or owner/name of a pulled model.");
        output.WriteLine($"begin    {Invocation.Program} quickstart");
        output.WriteLine($"more     {Invocation.Program} --help, and {Invocation.Program} COMMAND --help with examples");
    }
}
