using System.Text.Json;
using Nonet.Files;

namespace Nonet.Text.Bpe;

/// <summary>Reads the merges of a BPE: each "left right", or ["left", "right"] as tokenizers writes since 0.20.</summary>
static class BpeRules
{
    public static IEnumerable<(int Left, int Right, int Result)> Read(JsonFields model, Dictionary<string, int> vocabulary, string prefix)
    {
        var number = 0;
        foreach (var merge in model.Array("merges"))
            yield return Ids(model.File, number++, merge, vocabulary, prefix);
    }

    /// <summary>The ids of a merge.</summary>
    public static (int Left, int Right, int Result) Ids(string file, int number, ReadOnlySpan<char> left, ReadOnlySpan<char> right,
        Dictionary<string, int> vocabulary, string prefix = "")
    {
        var tokens = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        if (right.Length >= prefix.Length && tokens.TryGetValue(left, out var l) && tokens.TryGetValue(right, out var r))
        {
            var length = left.Length + right.Length - prefix.Length;
            Span<char> both = length <= 256 ? stackalloc char[length] : new char[length];
            left.CopyTo(both);
            right[prefix.Length..].CopyTo(both[left.Length..]);
            if (tokens.TryGetValue(both, out var joined))
                return (l, r, joined);
        }
        throw new MalformedFileException(file, $"merge {number}: '{Shown(left)}' and '{Shown(right)}'", "two tokens of the vocabulary whose join is one");
    }

    static (int Left, int Right, int Result) Ids(string file, int number, JsonElement merge, Dictionary<string, int> vocabulary, string prefix)
    {
        if (merge.ValueKind == JsonValueKind.String)
        {
            var text = merge.GetString().AsSpan();
            if (text.IndexOf(' ') is >= 0 and var space && !text[(space + 1)..].Contains(' '))
                return Ids(file, number, text[..space], text[(space + 1)..], vocabulary, prefix);
        }
        else if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String
            && merge[1].ValueKind == JsonValueKind.String)
            return Ids(file, number, merge[0].GetString(), merge[1].GetString(), vocabulary, prefix);
        throw new MalformedFileException(file, $"merge {number}: {Shown(merge.GetRawText())}", "two tokens");
    }

    static string Shown(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..37]}...";
}
