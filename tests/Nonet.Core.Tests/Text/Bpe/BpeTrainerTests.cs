using System.Text.Json;
using CsCheck;
using Nonet.Text;
using Nonet.Text.Bpe;
using Nonet.Text.Splits;

namespace Nonet.Tests.Text.Bpe;

public sealed class BpeTrainerTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    internal static PipelineTokenizer Train(IEnumerable<string> texts, BpeTrainerOptions options, int? threads = null) =>
        BpeTrainer.Train(texts, options, threads, stopping: TestContext.Current.CancellationToken);

    /// <summary>The merges in a file, each "left right".</summary>
    internal static IEnumerable<string> Merges(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return [.. json.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(m => m.GetString()!)];
    }

    string[] MergesOf(Tokenizer tokenizer)
    {
        tokenizer.Save(folder.Path);
        return [.. Merges(folder["tokenizer.json"])];
    }

    // words: aaab, and twice _ab (Ġ is the space). a b: 1 + 2. Then Ġ ab: 2; a a and a ab: 1 each, of which a a has the lower ids.
    [Theory]
    [InlineData(1, 261, new[] { "a b", "Ġ ab", "a a", "aa ab" })]
    [InlineData(2, 261, new[] { "a b", "Ġ ab" })]
    [InlineData(3, 261, new[] { "a b" })]
    [InlineData(1, 258, new[] { "a b" })]
    public void The_most_frequent_pair_is_merged_first(int minFrequency, int vocab, string[] merges)
    {
        var tokenizer = Train(["aaab ab", " ab"], new BpeTrainerOptions { Vocab = vocab, MinFrequency = minFrequency });
        Assert.Equal(merges, MergesOf(tokenizer));
        Assert.Equal(257 + merges.Length, tokenizer.Vocab);
        Assert.Equal((0, "<|endoftext|>"), (tokenizer.EndOfText, tokenizer.Decode([0])));
    }

    [Fact] // w, x, y, z are ids 87 to 90, the space is 221
    public void Of_equal_pairs_the_lower_ids_are_first() =>
        Assert.Equal(["x y", "z w", "Ġ zw"], MergesOf(Train(["xy zw"], new BpeTrainerOptions { Vocab = 300, MinFrequency = 1 })));

    [Fact] // aaaa: the pair a a occurs three times, and is merged twice
    public void Overlapping_pairs_merge_from_the_left()
    {
        var tokenizer = Train(["aaaaa"], new BpeTrainerOptions { Vocab = 300, MinFrequency = 1 });
        Assert.Equal(["a a", "aa a", "aa aaa"], MergesOf(tokenizer)); // aa aa a: of two equal pairs (aa, a) has the lower ids: 257 then 65
        Assert.Single(tokenizer.Encode("aaaaa"));
    }

    [Fact]
    public void Special_tokens_come_first_and_are_never_merged_into()
    {
        var tokenizer = Train(["<a> <a> <a>"], new BpeTrainerOptions { Vocab = 400, Special = ["<end>", "<a>"], MinFrequency = 1 });
        Assert.Equal([1, 1], tokenizer.Encode("<a><a>"));
        Assert.Equal("<a>", tokenizer.Decode(tokenizer.EncodePlain("<a>")));
        Assert.DoesNotContain(1, tokenizer.EncodePlain("<a> <a>"));
        Assert.Equal((0, "<end>"), (tokenizer.EndOfText, tokenizer.Decode([0])));
    }

    static string[] Books() =>
        [.. Enumerable.Range(0, 40)
            .Select(i => string.Join(' ',
            Enumerable.Range(0, 4000).Select(j => "it was the best of times 1859 don't\n".Substring((i * 7 + j * 5) % 20, 3 + (i + j) % 11))))];

    [Theory]
    [InlineData(SplitPattern.Gpt2), InlineData(SplitPattern.Cl100k), InlineData(SplitPattern.Qwen2)]
    public void Threads_and_cuts_change_no_byte(SplitPattern pattern)
    {
        var options = new BpeTrainerOptions { Vocab = 600, Pattern = pattern };
        var one = Train(Books(), options, threads: 1);
        Assert.All([2, 3], threads => Assert.Equal(one.Definition.ToArray(), Train(Books(), options, threads).Definition.ToArray()));
        WordSplit split = pattern == SplitPattern.Gpt2 ? new Gpt2Split() : new Cl100kSplit(pattern == SplitPattern.Qwen2 ? 1 : 3);
        var whole = string.Concat(Books());
        Assert.True(WordCounts.Pieces(whole).Count() > 1);
        Assert.Equal(Words(split, whole), WordCounts.Pieces(whole).SelectMany(p => Words(split, p.ToString())));
        Assert.Equal(whole, string.Concat(WordCounts.Pieces(whole).Select(p => p.ToString())));
    }

    [Fact]
    public void Any_text_comes_back()
    {
        var tokenizer = Train(Books(), new BpeTrainerOptions { Vocab = 500 });
        Gen.String.Where(t => !t.EnumerateRunes().Any(r => r.Value == 0xFFFD))
            .Sample(text => Assert.Equal(text, tokenizer.Decode(tokenizer.EncodePlain(text))), iter: 1000);
    }

    [Fact]
    public void A_text_that_cannot_be_read_ends_every_thread_with_its_own_error()
    {
        static IEnumerable<string> Broken()
        {
            yield return "some text";
            throw new InvalidDataException("line 7 of a file");
        }
        Assert.Equal("line 7 of a file", Assert.Throws<InvalidDataException>(() => Train(Broken(), new BpeTrainerOptions(), threads: 3)).Message);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => BpeTrainer.Train(["text"], new BpeTrainerOptions(), threads: 2, stopping: source.Token));
    }

    [Fact]
    public void Options_that_make_no_sense_are_named()
    {
        static string Refused(BpeTrainerOptions options, params string[] texts) => Assert.Throws<ArgumentException>(() => Train(texts, options)).Message;
        Assert.Contains("vocab is 256; expected 257", Refused(new() { Vocab = 256 }, "text"), StringComparison.Ordinal);
        Assert.Contains("min_frequency is 0", Refused(new() { MinFrequency = 0 }, "text"), StringComparison.Ordinal);
        Assert.Contains("'<a>' is given twice", Refused(new() { Special = ["<a>", "<a>"] }, "text"), StringComparison.Ordinal);
        Assert.Contains("'a' is one character", Refused(new() { Special = ["a"] }, "text"), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(new()), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(new(), "", ""), StringComparison.Ordinal);
    }

    internal static string[] Words(WordSplit split, string text)
    {
        var ends = new List<int>();
        split.Cut(text, ends);
        return [.. ends.Select((end, i) => text[(i == 0 ? 0 : ends[i - 1])..end])];
    }
}
