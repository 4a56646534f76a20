namespace Nonet.Cli.Tests;

/// <summary>tokenizer train, tokenize, bench tokenize.</summary>
public sealed class TokenizerVerbTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TokenizerVerbTests() => TextFiles.Write(folder["texts"]);

    public void Dispose() => folder.Dispose();

    Task<Outcome> Train(params string[] more) => Program.Run(["tokenizer", "train", folder["texts"], "--out", folder["tokenizer"], .. more]);

    [Fact]
    public async Task A_tokenizer_is_trained_and_used()
    {
        var json = (await Train("--vocab", "280", "--special", "<|end|>", "--special", "<tool>", "--json")).Json;
        Assert.Equal(280, json.GetProperty("vocab").GetInt32());
        var ids = await Program.Run("tokenize", folder["tokenizer"], "the whale<tool>", "--ids");
        Assert.Equal(0, ids.ExitCode);
        Assert.EndsWith(",1\n", ids.Out, StringComparison.Ordinal);
        Assert.Equal(ids.Out,
            (await Program.RunWith("the whale<tool>", TestContext.Current.CancellationToken, "tokenize", folder["tokenizer"], "-", "--ids")).Out);
        Assert.DoesNotContain(",1\n", (await Program.Run("tokenize", folder["tokenizer"], "the whale<tool>", "--ids", "--no-special")).Out,
            StringComparison.Ordinal);
        Assert.Contains("20  ", (await Program.Run("tokenize", folder["tokenizer"], " x")).Out, StringComparison.Ordinal);
        var bench = (await Program.Run("bench", "tokenize", "--model", folder["tokenizer"], "--file", folder["texts/0.txt"], "--json")).Json;
        Assert.True(bench.GetProperty("mb_per_s").GetDouble() > 0);
        Assert.InRange(bench.GetProperty("tokens").GetInt32(), 400, 3000);
    }

    [Fact]
    public async Task Pieces_are_shown_with_escapes()
    {
        await Train("--vocab", "257");
        var shown = await Program.Run("tokenize", folder["tokenizer"], "\"\t\nä");
        Assert.Equal(["\"\\\"\"", "\"\\t\"", "\"\\n\"", "\"\\xc3\"", "\"\\xa4\""],
            shown.Out.TrimEnd('\n').Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]));
    }

    [Fact]
    public async Task Too_little_text_for_the_vocabulary_is_said()
    {
        var small = await Train("--vocab", "8192");
        Assert.Equal(0, small.ExitCode);
        Assert.Contains("fewer than the 8,192 requested", small.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Word_pieces_are_trained_with_their_options()
    {
        var json = (await Train("--model", "wordpiece", "--vocab", "60", "--special", "[TOOL]", "--cased", "--limit-alphabet", "60", "--json")).Json;
        Assert.Equal(60, json.GetProperty("vocab").GetInt32());
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[TOOL]"], File.ReadLines(folder["tokenizer/vocab.txt"]).Take(6));
        var ids = (await Program.Run("tokenize", folder["tokenizer"], "whale[TOOL]", "--ids")).Out.Trim().Split(',');
        Assert.Equal(("2", "5", "3"), (ids[0], ids[^2], ids[^1]));
    }

    [Fact]
    public async Task A_unigram_model_is_trained_with_its_options()
    {
        var json = (await Train("--model", "unigram", "--vocab", "38", "--no-byte-fallback", "--normalization", "nfkc", "--special", "<pad>", "--user-defined",
            "whale oil", "--character-coverage", "1",
            "--max-piece-length", "8", "--json")).Json;
        Assert.Equal(38, json.GetProperty("vocab").GetInt32());
        Assert.Equal("4\n", (await Program.Run("tokenize", folder["tokenizer"], "whale oil", "--ids")).Out);
        Assert.Equal("3\n", (await Program.Run("tokenize", folder["tokenizer"], "<pad>", "--ids")).Out);
        var more = await Program.Run("tokenizer", "train", folder["texts"], "--model", "unigram", "--vocab", "8192", "--out", folder["more"]);
        Assert.Contains("fewer than the 8,192 requested: no other piece", more.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unigram", "--pattern", "gpt2", "--pattern has no effect for --model unigram: it is an option of bpe")]
    [InlineData("unigram", "--min-frequency", "2", "--min-frequency has no effect for --model unigram: it is an option of bpe and wordpiece")]
    [InlineData("wordpiece", "--character-coverage", "1", "--character-coverage has no effect for --model wordpiece")]
    [InlineData("wordpiece", "--no-byte-fallback", null, "--no-byte-fallback has no effect for --model wordpiece")]
    [InlineData("wordpiece", "--user-defined", "ab", "--user-defined has no effect for --model wordpiece")]
    [InlineData("bpe", "--cased", null, "--cased has no effect for --model bpe: it is an option of wordpiece")]
    [InlineData("bpe", "--limit-alphabet", "9", "--limit-alphabet has no effect for --model bpe")]
    [InlineData("bpe", "--normalization", "none", "--normalization has no effect for --model bpe")]
    [InlineData("bpe", "--max-piece-length", "9", "--max-piece-length has no effect for --model bpe")]
    [InlineData("bpe", "--special", "a", "--special: 'a' is one character")]
    [InlineData("wordpiece", "--special", "[CLS]", "--special: '[CLS]' is given twice")]
    [InlineData("unigram", "--vocab", "100", "--vocab is 100; expected 260 (special and user-defined tokens, 256 bytes, and a piece)")]
    [InlineData("unigram", "--character-coverage", "2", "--character-coverage is '2'")]
    [InlineData("t5", "--vocab", "300", "'t5'")]
    public async Task Options_that_make_no_sense_for_a_model_are_refused_by_name(string model, string option, string? value, string message)
    {
        (await Train(["--model", model, option, .. value is null ? Array.Empty<string>() : [value]])).AssertRefused(2, message);
        Assert.False(Directory.Exists(folder["tokenizer"]));
    }

    [Fact]
    public async Task What_cannot_be_done_is_named_and_writes_nothing()
    {
        folder.Add("latin.txt", [.. "caf"u8, 0xE9]);
        (await Program.Run("tokenizer", "train", folder["latin.txt"], "--out", folder["never"])).AssertRefused(1, "latin.txt", "byte 0xE9 at offset 3");
        (await Program.Run("tokenizer", "train", folder["missing"], "--out", folder["never"])).AssertRefused(1, "missing", "found no such file or folder");
        (await Program.Run("tokenizer", "train", folder["texts"], "--vocab", "100", "--out", folder["never"]))
            .AssertRefused(2, "--vocab is 100; expected 257 (256 bytes and the special tokens)");
        (await Program.Run("tokenizer", "train", folder["texts"], "--pattern", "bert", "--out", folder["never"])).AssertRefused(2, "'bert'");
        (await Program.Run("tokenizer", "train", "--out", folder["never"])).AssertRefused(2, "PATH");
        (await Program.Run("tokenizer")).AssertRefused(2, "tokenizer needs one of train");
        Assert.False(Directory.Exists(folder["never"]));
        await Train("--vocab", "260");
        (await Train("--vocab", "260")).AssertRefused(1, folder["tokenizer"], "exists already");
        (await Program.Run("tokenize", folder["texts"], "a")).AssertRefused(1, folder["texts"]);
    }
}
