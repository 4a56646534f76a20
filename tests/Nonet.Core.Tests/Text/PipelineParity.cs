using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>A tokenizer beside what Hugging Face's tokenizers told of the same file: see peer_pipelines.py.</summary>
static class PipelineParity
{
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="strings">What was encoded.</param>
    /// <param name="expected">What they gave: ids, offsets and decoded text of all strings; pairs, cuts and windows of some.</param>
    /// <param name="some">Which.</param>
    /// <param name="streams">Whether ids one by one give the text that they give together.</param>
    /// <returns>What differs, a line each.</returns>
    public static List<string> Failures(PipelineTokenizer tokenizer, IReadOnlyList<string> strings, JsonNode expected, Range some, bool streams)
    {
        var failures = new List<string>();
        var padded = new EncodeOptions { Truncation = new Truncation(8), Padding = new Padding(3, MultipleOf: 4) };
        var i = 0;
        for (; i < strings.Count; i++)
        {
            var (text, ids) = (strings[i], Ints(expected["ids"]![i]!));
            Same("ids", ids, tokenizer.Encode(text));
            var encoded = tokenizer.EncodeFull(text);
            Same("full ids", ids, encoded.Ids);
            Same("offsets", [.. expected["offsets"]![i]!.AsArray().SelectMany(o => Ints(o!))], Characters(text, encoded));
            var decoded = tokenizer.Decode(ids);
            if (decoded != expected["decoded"]![i]!.GetValue<string>())
                Fail("decoded", expected["decoded"]![i]!.ToJsonString(), JsonSerializer.Serialize(decoded));
            var stream = tokenizer.CreateDecoder();
            var streamed = string.Concat(ids.Select(stream.Add).Append(stream.Finish()));
            if (streamed != decoded && !decoded.Contains('\uFFFD', StringComparison.Ordinal) && streams)
                Fail("streamed", JsonSerializer.Serialize(decoded), JsonSerializer.Serialize(streamed));
            if (i < some.Start.Value || i >= some.End.Value)
                continue;
            Same("plain", Ints(expected["plain"]![i]!), tokenizer.Encode(text, marks: false));
            var (pair, at) = (tokenizer.EncodeFull(text, strings[i + 1]), i - some.Start.Value);
            var theirs = expected["pairs"]![at]!;
            Same("pair ids", Ints(theirs[0]!), pair.Ids);
            Same("pair types", Ints(theirs[1]!), pair.Types);
            Same("pair mask", Ints(theirs[2]!), pair.SpecialMask);
            var cut = tokenizer.EncodeFull(text, null, padded);
            Same("cut", [.. expected["cut"]![at]!.AsArray().SelectMany(p => Ints(p!))], [.. cut.Ids, .. cut.AttentionMask]);
            var windows = tokenizer.EncodeFull(text, null, new EncodeOptions { Marks = false, Truncation = new Truncation(8, 2) });
            Same("windows", [.. expected["windows"]![at]!.AsArray().SelectMany(p => Ints(p!))], [.. windows.Overflow.Prepend(windows).SelectMany(p => p.Ids)]);
        }
        return failures;

        void Same(string what, int[] expected, int[] actual)
        {
            var at = expected.AsSpan().CommonPrefixLength(actual);
            if (at < Math.Max(expected.Length, actual.Length))
                Fail($"{what}[{at}]", $"{string.Join(',', expected.Skip(at).Take(8))}", $"{string.Join(',', actual.Skip(at).Take(8))}");
        }

        void Fail(string what, string expected, string actual) =>
            failures.Add($"{what}: expected {expected}, is {actual}, of {JsonSerializer.Serialize(strings[i])}");
    }

    public static int[] Ints(JsonNode node) => [.. node.AsArray().Select(n => n!.GetValue<int>())];

    /// <summary>Offsets in code points, as Python counts.</summary>
    static int[] Characters(string text, Encoded encoded)
    {
        var at = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
            at[i + 1] = at[i] + (char.IsLowSurrogate(text[i]) ? 0 : 1);
        return [.. encoded.Tokens.SelectMany(t => new[] { at[t.Start], at[t.End] })];
    }
}
