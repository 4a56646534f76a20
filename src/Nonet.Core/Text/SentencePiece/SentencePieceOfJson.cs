using System.Text.Json;
using Nonet.Files;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Recovers the SentencePiece model from which a tokenizer.json was made: a BPE with byte fallback, or a Unigram, over text with U+2581 for
/// spaces.
/// </summary>
static class SentencePieceOfJson
{
    const string Space = "\u2581";

    /// <param name="tokenizer">A tokenizer with a tokenizer.json.</param>
    /// <returns>Null if the tokenizer is of another kind, or does more than a model can express.</returns>
    public static SentencePieceTokenizer? Read(Tokenizer tokenizer)
    {
        var json = JsonFields.Parse(Tokenizer.FileName, tokenizer.Definition);
        var model = json.Object("model") ?? throw json.Missing("model", "a model");
        var (normalizers, cuts) = (Parts(json.Object("normalizer"), "normalizers"), Parts(json.Object("pre_tokenizer"), "pretokenizers"));
        var unigram = model.Text("type") == "Unigram";
        if ((!unigram && !(model.Text("type") == "BPE" && model.Flag("byte_fallback", false))) || !normalizers.TrueForAll(IsKnownChange)
            || !cuts.TrueForAll(IsKnownCut))
            return null;
        var spaces = cuts.Find(c => c.Text("type") == "Metaspace");
        var pieces = unigram ? Unigrams(model) : Merged(model);
        var unknown = unigram ? (model.Has("unk_id") ? (int)model.Number("unk_id", 0, 0, int.MaxValue) : -1) : model.Text("unk_token") is { } name
            ? tokenizer.IdOf(name) ?? -1 : -1;
        for (var id = 0; id < pieces.Length; id++)
        {
            var type = id == unknown ? PieceType.Unknown : model.Flag("byte_fallback", false) && Decoders.TokenDecoder.ByteOf(pieces[id].Text) is not null
                ? PieceType.Byte
                : pieces[id].Text is null ? PieceType.Unused : PieceType.Normal;
            pieces[id] = new ScoredPiece(pieces[id].Text ?? $"[PAD{id}]", pieces[id].Score, type);
        }
        var added = AddedToken.Read(json);
        foreach (var token in added.Where(a => a.Id < pieces.Length && a.Id != unknown))
            pieces[token.Id] = pieces[token.Id] with { Type = token.Special ? PieceType.Control : PieceType.UserDefined };
        var marks = tokenizer.Encode("");
        var end = tokenizer.HasEndOfText ? tokenizer.EndOfText : -1;
        return new SentencePieceTokenizer
        {
            Definition = new SentencePieceDefinition
            {
                Kind = unigram ? SentencePieceKind.Unigram : SentencePieceKind.Bpe,
                Pieces = pieces,
                Bos = marks.Length > 0 && marks[0] != end ? marks[0] : -1,
                Eos = end,
                ByteFallback = model.Flag("byte_fallback", false),
                CharsMap = normalizers.Find(n => n.Text("type") == "Precompiled")?.Text("precompiled_charsmap") is { } map ? Convert.FromBase64String(map)
                    : default,
                DummyPrefix = spaces is not null ? PreTokenizers.Metaspace.Scheme(spaces) != "never" : normalizers.Exists(n => n.Text("type") == "Prepend"),
                RemoveExtraSpaces = cuts.Exists(c => c.Text("type") == "WhitespaceSplit")
                    || normalizers.Exists(n => n.Text("type") is "Strip" || n.Object("pattern")?.Has("Regex") is true),
            },
            File = Tokenizer.FileName,
            PrefixOnlyFirst = spaces is not null && PreTokenizers.Metaspace.Scheme(spaces) == "first",
            AddBos = marks.Length > 0 && marks[0] != end,
            AddEos = marks.Length > 0 && marks[^1] == end,
            Added = added,
        };
    }

    static List<JsonFields> Parts(JsonFields? json, string name) => json is null ? [] : json.Text("type") == "Sequence" ? [.. json.Objects(name)] : [json];

    static bool IsKnownChange(JsonFields normalizer) => normalizer.Text("type") switch
    {
        "Precompiled" or "Strip" => true,
        "Prepend" => normalizer.Text("prepend") == Space,
        "Replace" => normalizer.Object("pattern") is { } pattern && (pattern.Text("String") == " " || pattern.Text("Regex") == " {2,}")
            && normalizer.Text("content") is Space or " ",
        _ => false,
    };

    static bool IsKnownCut(JsonFields cut) => cut.Text("type") switch
    {
        "Metaspace" => PreTokenizers.Metaspace.Replacement(cut) == Space,
        "WhitespaceSplit" => true,
        "Split" => cut.Object("pattern")?.Text("String") == " ", // Gemma's; it has no effect, because the normalizer has replaced all spaces
        _ => false,
    };

    static ScoredPiece[] Unigrams(JsonFields model) =>
        [.. model.Array("vocab").Select(pair => new ScoredPiece(pair[0].GetString()!, (float)pair[1].GetDouble()))];

    /// <summary>Scores by the first merge that creates a token. Tokens without a merge are never joined.</summary>
    static ScoredPiece[] Merged(JsonFields model)
    {
        var ids = model.Object("vocab")!.All.ToDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal);
        var pieces = new ScoredPiece[ids.Values.DefaultIfEmpty(-1).Max() + 1];
        foreach (var (text, id) in ids)
            pieces[id] = new ScoredPiece(text, -1e9f);
        var rank = 0;
        foreach (var merge in model.Array("merges"))
        {
            var text = merge.ValueKind == JsonValueKind.Array ? merge[0].GetString() + merge[1].GetString()
                : merge.GetString()!.Replace(" ", "", StringComparison.Ordinal);
            if (ids.TryGetValue(text, out var id) && pieces[id].Score == -1e9f)
                pieces[id] = pieces[id] with { Score = -rank };
            rank++;
        }
        return pieces;
    }
}
