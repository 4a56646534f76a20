using System.Text.Json;
using Nonet.Formats;

namespace Nonet.Text.Segmentation;

/// <summary>Reads the merges of a BPE: each "left right", or ["left", "right"] as tokenizers writes since 0.20.</summary>
static class BpeRules
{
    public static IEnumerable<(int Left, int Right, int Result)> Read(JsonFields model, Dictionary<string, int> vocabulary, string prefix)
    {
        var number = 0;
        foreach (var merge in model.Array("merges"))
        {
            var (left, right) = Sides(merge) ?? throw new MalformedFileException(model.File, $"merge {number}: {Shown(merge.GetRawText())}", "two tokens");
            yield return Ids(model.File, number++, left, right, vocabulary, prefix);
        }
    }

    /// <summary>The ids of a merge.</summary>
    public static (int Left, int Right, int Result) Ids(string file, int number, string left, string right, Dictionary<string, int> vocabulary, string prefix = "")
    {
        if (right.Length >= prefix.Length && vocabulary.TryGetValue(left, out var l) && vocabulary.TryGetValue(right, out var r) && vocabulary.TryGetValue(left + right[prefix.Length..], out var joined))
            return (l, r, joined);
        throw new MalformedFileException(file, $"merge {number}: '{Shown(left)}' and '{Shown(right)}'", "two tokens of the vocabulary whose join is one");
    }

    static (string, string)? Sides(JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String))
            return (merge[0].GetString()!, merge[1].GetString()!);
        var text = merge.ValueKind == JsonValueKind.String ? merge.GetString()! : "";
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space >= 0 && text.IndexOf(' ', space + 1) < 0 ? (text[..space], text[(space + 1)..]) : null;
    }

    static string Shown(string text) => text.Length <= 40 ? text : text[..37] + "...";
}
