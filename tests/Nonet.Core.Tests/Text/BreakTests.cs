using CsCheck;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;
using Nonet.Tests.Goldens;
using Nonet.Text;
using Nonet.Text.Splits;

namespace Nonet.Tests.Text;

/// <summary>Places that no token crosses, so that a text can be encoded in parts: <see cref="Tokenizer.IsBreak"/>.</summary>
public class BreakTests
{
    static readonly string[] parts =
    [
        "\n", "\n\n", " \n", "\r\n", "\r", "\u2028", "/", "a", "A", "'s", "'", "'LL", "\u4E2D", "B", "1", "123456", " ", "  ", ".", "!?", "\u00E9", "e\u0301",
        "\uD83D\uDE00", "\uD83D", "\uDE00", "Answer:", "\nAnswer", "<|endoftext|>", "\t", "\u0301",
    ];

    public static TheoryData<string> Names => Golden.Names("tokenizers");

    static Tokenizer Load(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Add("tokenizer.json", Golden.Unpacked($"tokenizers/{name}/tokenizer.json.gz"));
        return Tokenizer.Load(folder.Path);
    }

    [Theory, MemberData(nameof(Names))]
    public void Whatever_follows_a_break_the_tokens_before_it_are_the_same(string name)
    {
        var tokenizer = Load(name);
        Gen.Int[0, parts.Length - 1].Array[2, 14].Select(Gen.Int[0, parts.Length - 1].Array[0, 4]).Sample((begun, followed) =>
        {
            var (text, more) = (string.Concat(begun.Select(i => parts[i])), string.Concat(followed.Select(i => parts[i])));
            for (var at = 0; at <= text.Length; at++)
            {
                if (!tokenizer.IsBreak(text, at))
                    continue;
                var before = tokenizer.EncodePlain(text)[..^tokenizer.EncodePlain(text[at..]).Length];
                Assert.Equal(tokenizer.EncodePlain(text + more), (int[])[.. before, .. tokenizer.EncodePlain(text[at..] + more)]);
            }
        });
    }

    public static TheoryData<string> Splits => ["gpt2", "cl100k", "qwen2", "o200k"];

    [Theory, MemberData(nameof(Splits))]
    public void Words_end_with_a_line(string name)
    {
        WordSplit split = name switch { "gpt2" => new Gpt2Split(), "cl100k" => new Cl100kSplit(3), "qwen2" => new Cl100kSplit(1), _ => new O200kSplit() };
        Assert.True(split.EndsWithLine);
        var places = 0;
        Gen.Int[0, parts.Length - 1].Array[2, 14].Select(Gen.Int[0, parts.Length - 1].Array[0, 4]).Sample((begun, followed) =>
        {
            var (text, more) = (string.Concat(begun.Select(i => parts[i])), string.Concat(followed.Select(i => parts[i])));
            for (var at = 1; at < text.Length; at++)
            {
                if (text[at - 1] != '\n' || text[at] == '/' || char.IsWhiteSpace(text[at]))
                    continue;
                Interlocked.Increment(ref places);
                var (all, before, after) = (Ends(split, text + more), Ends(split, text).TakeWhile(end => end <= at), Ends(split, (text + more)[at..]));
                Assert.Equal(all, [.. before, .. after.Select(end => at + end)]);
            }
        });
        Assert.True(places > 0);
    }

    static List<int> Ends(WordSplit split, string text)
    {
        var ends = new List<int>();
        split.Cut(text, ends);
        return ends;
    }

    [Theory, InlineData("bpe"), InlineData("bpe-o200k")]
    public void Lines_of_these_tokenizers_are_encoded_apart(string name)
    {
        var tokenizer = Load(name);
        Assert.True(tokenizer.IsBreak("One.\nTwo", 5));
        Assert.All(new[] { ("One.\n\nTwo", 5), ("One.\n/Two", 5), ("One. Two", 5), ("One.\n", 5), ("One", 0) }, text =>
            Assert.False(tokenizer.IsBreak(text.Item1, text.Item2)));
    }

    /// <summary>Vocabularies of whole words have no token for some continuations.</summary>
    public static TheoryData<string> OfPieces => [.. Names.Select(row => row.Data).Where(name => !name.StartsWith("words", StringComparison.Ordinal))];

    [Theory, MemberData(nameof(OfPieces))]
    public void Requests_are_those_of_the_whole_texts(string name)
    {
        var tokenizer = Load(name);
        var encoder = new RequestEncoder(tokenizer, 0, ChatMode.Off, null);
        Exemplar[][] shots = [[], [new Exemplar("Two and two?", " four")], [new Exemplar("2 + 2\nAnswer:", " 4"), new Exemplar("1 + 1\nAnswer:", " 2")]];
        foreach (var (exemplars, separator) in from s in shots from separator in new[] { "\n\n", "\n", " " } select (s, separator))
        {
            foreach (var question in new[] { "What is it?\nAnswer:", "Three and three?", "/x\nAnswer:", " x\n", "\nAnswer", "'s\n'" })
            {
                var prompt = new ModelPrompt("Add.", exemplars, question, separator);
                string[] continuations = [" A", "A", "\n\nB", "'s it", " \u4E2D"];
                var got = encoder.Encode(prompt, continuations);
                var before = tokenizer.EncodePlain(prompt.Text);
                for (var i = 0; i < got.Length; i++)
                {
                    var ids = tokenizer.EncodePlain(prompt.Text + continuations[i]);
                    var shared = before.AsSpan().CommonPrefixLength(ids);
                    Assert.Equal((int[])[0, .. ids[..shared]], got[i].Context);
                    Assert.Equal(ids[shared..], got[i].Continuation);
                }
            }
        }
    }
}
