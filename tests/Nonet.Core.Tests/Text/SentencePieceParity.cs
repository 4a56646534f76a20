using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text;

namespace Nonet.Tests.Text;

/// <summary>A SentencePiece model beside what the sentencepiece library told of the same file: see peer_sentencepiece.py.</summary>
static class SentencePieceParity
{
    /// <returns>What differs, a line each.</returns>
    public static List<string> Failures(Tokenizer tokenizer, IReadOnlyList<string> strings, JsonNode expected, string name)
    {
        var failures = new List<string>();
        for (var i = 0; i < strings.Count; i++)
        {
            var ids = PipelineParity.Ints(expected["ids"]![i]!);
            Same("ids", i, ids, tokenizer.EncodePlain(strings[i]));
            Same("again", i, ids, tokenizer.EncodePlain(strings[i])); // from memory
            if (!tokenizer.Encode(strings[i], marks: false).SequenceEqual(ids))
                continue; // it has a mark spelled out
            var encoded = tokenizer.EncodeFull(strings[i], null, new EncodeOptions { Marks = false });
            Same("full ids", i, ids, encoded.Ids);
            // what becomes several belongs to the last of them there, to all here
            if (strings[i].All(char.IsAscii) && !name.Contains("suffix", StringComparison.Ordinal) && !name.Contains("bytes", StringComparison.Ordinal))
                Same("ends", i, [.. expected["spans"]![i]!.AsArray().Select(s => s![1]!.GetValue<int>())], Ends(strings[i], encoded));
            if (tokenizer.Decode(ids) is var text && text != expected["decoded"]![i]!.GetValue<string>())
                failures.Add($"decoded: expected {expected["decoded"]![i]!.ToJsonString()}, is {JsonSerializer.Serialize(text)}");
            var stream = tokenizer.CreateDecoder();
            if (string.Concat(ids.Select(stream.Add).Append(stream.Finish())) is var streamed && streamed != text
                && !text.Contains('\uFFFD', StringComparison.Ordinal))
                failures.Add($"streamed: expected {JsonSerializer.Serialize(text)}, is {JsonSerializer.Serialize(streamed)}");
        }
        return failures;

        void Same(string what, int i, int[] expected, int[] actual)
        {
            var at = expected.AsSpan().CommonPrefixLength(actual);
            if (at < Math.Max(expected.Length, actual.Length))
                failures.Add($"{what} {at}: expected {string.Join(',', expected.Skip(at).Take(8))}, is {string.Join(',', actual.Skip(at).Take(8))}, of "
                    + $"{JsonSerializer.Serialize(strings[i][..Math.Min(200, strings[i].Length)])}");
        }
    }

    /// <summary>Where tokens end, in code points, as Python counts.</summary>
    static int[] Ends(string text, Encoded encoded)
    {
        var at = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
            at[i + 1] = at[i] + (char.IsLowSurrogate(text[i]) ? 0 : 1);
        return [.. encoded.Tokens.Select(t => at[t.End])];
    }
}
