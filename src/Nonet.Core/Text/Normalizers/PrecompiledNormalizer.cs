using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Text.Unicode;

namespace Nonet.Text.Normalizers;

/// <summary>SentencePiece's rules as tokenizers applies them: to clusters of fewer than six bytes, otherwise to characters.</summary>
sealed class PrecompiledNormalizer : Normalizer
{
    readonly CharsMap map;

    public PrecompiledNormalizer(JsonFields json)
    {
        var text = json.Text("precompiled_charsmap") ?? "";
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
            throw json.Wrong("precompiled_charsmap", "Base64");
        map = new CharsMap(bytes.AsSpan(0, length), json.File, "precompiled_charsmap");
    }

    public override void Apply(AlignedText text)
    {
        var (changes, changed) = (new List<Change>(text.Text.Length), false);
        for (var rest = text.Text.AsSpan(); !rest.IsEmpty;)
        {
            text.Expect(changes.Count);
            var cluster = rest[..StringInfo.GetNextTextElementLength(rest)];
            rest = rest[cluster.Length..];
            if (Encoding.UTF8.GetByteCount(cluster) < 6 && map.Replacement(cluster) is { } whole)
            {
                Replace(changes, cluster, whole);
                changed = true;
                continue;
            }
            while (!cluster.IsEmpty)
            {
                Rune.DecodeFromUtf16(cluster, out var rune, out var width);
                if (map.Replacement(cluster[..width]) is { } one)
                {
                    Replace(changes, cluster[..width], one);
                    changed = true;
                }
                else
                    changes.Add(new Change(rune, 0));
                cluster = cluster[width..];
            }
        }
        if (changed)
            text.Change(changes);
    }

    /// <summary>Additional characters are new ones at the end; missing characters belong to the last one.</summary>
    static void Replace(List<Change> changes, ReadOnlySpan<char> old, string with)
    {
        var more = 0;
        foreach (var rune in with.EnumerateRunes())
        {
            changes.Add(new Change(rune, 0));
            more++;
        }
        foreach (var _ in old.EnumerateRunes())
            more--;
        for (var i = 1; i <= more; i++)
            changes[^i] = changes[^i] with { By = 1 };
        if (more < 0 && changes.Count > 0)
            changes[^1] = changes[^1] with { By = changes[^1].By + more };
    }
}
