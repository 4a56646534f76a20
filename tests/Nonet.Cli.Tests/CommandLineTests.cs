namespace Nonet.Cli.Tests;

/// <summary>Help, usage errors and exit codes.</summary>
public class CommandLineTests
{
    public static TheoryData<string> Verbs =>
        ["quickstart", "train", "runs", "runs compare", "generate", "chat", "translate", "embed", "classify", "tag", "answer", "fill-mask", "convert",
        "average", "tokenize", "pull", "perplexity", "bleu", "logits", "attention", "info", "bench matmul", "bench train"];

    [Theory, MemberData(nameof(Verbs))]
    public async Task Every_verb_has_help_that_explains_each_option(string verb)
    {
        var help = await Program.Run([.. verb.Split(' '), "--help"]);
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.Contains($"nonet {verb}", help.Out, StringComparison.Ordinal);
        var options = help.Out.Split('\n').SkipWhile(line => line != "Options:").Skip(1).Where(line => line.TrimStart().StartsWith('-')).ToArray();
        Assert.Contains(options, line => line.Contains("--threads", StringComparison.Ordinal));
        Assert.All(options, line => Assert.Matches(@"^  \S.*?  +\S", line)); // a name, a gap, a description
    }

    [Fact]
    public async Task Help_lists_the_verbs()
    {
        var help = await Program.Run("--help");
        Assert.Equal(0, help.ExitCode);
        Assert.All(Verbs, verb => Assert.Contains($"  {verb.Data.Split(' ')[0]}", help.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_arguments_help_goes_to_standard_error()
    {
        var help = await Program.Run();
        Assert.Equal((2, ""), (help.ExitCode, help.Out));
        Assert.Contains("quickstart", help.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate", "unknown verb 'frobnicate': expected quickstart")]
    [InlineData("--froob", "unknown option '--froob'")]
    [InlineData("quickstart --step 3", "unknown option '--step': did you mean --steps? see ", "nonet.dll quickstart --help")]
    [InlineData("trian a.yaml", "unknown verb 'trian': did you mean train?")]
    [InlineData("sample a", "unknown verb 'sample': did you mean generate?")]
    [InlineData("generate a --max_tokens 3", "unknown option '--max_tokens': did you mean --max-tokens?")]
    [InlineData("generate a --max-new-tokens=3", "unknown option '--max-new-tokens=3': did you mean --max-tokens?")]
    [InlineData("generate a --tempreature 3", "unknown option '--tempreature': did you mean --temperature?")]
    [InlineData("generate a --thread 3", "unknown option '--thread': did you mean --threads?")]
    [InlineData("tokenizer trian a", "unknown verb 'trian': did you mean train?")]
    [InlineData("generate a --zzz 3", "unknown option '--zzz'; see ")]
    [InlineData("quickstart --steps 0", "--steps is '0'; expected a whole number from 1 to 2147483647")]
    [InlineData("quickstart --steps 99999999999", "--steps is '99999999999'; expected a whole number from 1 to 2147483647")]
    [InlineData("quickstart --steps 1e3", "--steps is '1e3'")]
    [InlineData("quickstart --seed -1", "--seed is '-1'; expected a whole number from 0 to 2^64 - 1")]
    [InlineData("quickstart --threads 0", "--threads is '0'; expected a whole number from 1 to 1024")]
    [InlineData("generate", "MODEL is missing")]
    [InlineData("generate a b c", "'c' is one argument too many")]
    [InlineData("generate a --temperature nan", "--temperature is 'nan'; expected a number of at least 0")]
    [InlineData("generate a --top-p 1.5", "--top-p is '1.5'; expected a number above 0 and at most 1")]
    [InlineData("generate a --top-k 0", "--top-k is '0'")]
    [InlineData("generate a --max-tokens -1", "--max-tokens is '-1'")]
    [InlineData("generate a --min-p 2", "--min-p is '2'; expected a number from 0 to 1")]
    [InlineData("generate a --repetition-penalty 0", "--repetition-penalty is '0'; expected a number above 0")]
    [InlineData("generate a --stop ", "--stop is empty; expected a text of at least one character")]
    [InlineData("translate a --beam 0", "--beam is '0'; expected a whole number from 1 to 1024")]
    [InlineData("translate a --alpha x", "--alpha is 'x'; expected a number")]
    [InlineData("translate a --n-best 5", "--n-best is 5; expected at most 4, the beam")]
    [InlineData("attention a b --out x.svg --head last", "--head is 'last'; expected the number of a head, or mean")]
    [InlineData("attention a b", "'--out' is required")]
    [InlineData("train", "RECIPE.yaml is missing")]
    [InlineData("runs compare a", "RUN")]
    [InlineData("perplexity a", "FILE is missing")]
    [InlineData("logits a --out x.npy", "'--ids' is required")]
    [InlineData("logits a --ids 1,x --out x.npy", "--ids is '1,x'; expected token ids separated by commas, such as 1,2,3")]
    [InlineData("bench", "bench needs one of matmul, train, tokenize")]
    [InlineData("bench train --model t5", "'t5'")]
    [InlineData("bench matmul --m 1.5", "--m is '1.5'")]
    public async Task Wrong_usage_is_named_on_one_line(string line, params string[] messages) =>
        (await Program.Run(line.Split(' '))).AssertRefused(2, [.. messages, "--help"]);

    [Theory]
    [InlineData("generate")]
    [InlineData("info")]
    [InlineData("logits", "--ids", "1", "--out", "never.npy")]
    public async Task A_model_that_is_none_is_named(string verb, params string[] rest)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["empty"]);
        folder.Add("model.gguf", "GGUF");
        folder.Add("weights", "x");
        Directory.CreateDirectory(folder["run/checkpoints"]);
        foreach (var (model, found) in new[]
        {
            ("missing", "found no such folder"), ("empty", "found neither config.json nor checkpoints/"), ("model.gguf", "a GGUF file, at least 24 bytes"),
            ("weights", "found a file"), ("run", "found no checkpoint"),
        })
            (await Program.Run([verb, folder[model], .. rest])).AssertRefused(1, folder[model], found);
        Assert.False(File.Exists("never.npy"));
    }

    [Fact]
    public async Task An_error_shows_where_it_came_from_when_asked()
    {
        var plain = await Program.Run("info", "missing");
        var verbose = await Program.Run("info", "missing", "--verbose");
        Assert.DoesNotContain("   at ", plain.Error, StringComparison.Ordinal);
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
    }
}
