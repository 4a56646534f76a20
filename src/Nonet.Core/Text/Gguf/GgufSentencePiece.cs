using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Text.SentencePiece;

namespace Nonet.Text.Gguf;

/// <summary>SentencePiece vocabularies in a GGUF file: tokenizer.ggml.model is llama for BPE, t5 for Unigram.</summary>
static class GgufSentencePiece
{
    public const string Bpe = "llama", Unigram = "t5";
    const string Prefix = "tokenizer.ggml.";

    public static Tokenizer Read(GgufFile file, bool unigram)
    {
        var m = file.Metadata;
        var (texts, scores, types) = (m.Texts(Prefix + "tokens"), m.Numbers(Prefix + "scores"), m.Numbers(Prefix + "token_type"));
        if (texts.Count == 0)
            throw new MalformedFileException(file.FilePath, $"no '{Prefix}tokens'", "a vocabulary");
        foreach (var (name, count) in new[] { ("scores", scores.Count), ("token_type", types.Count) })
        {
            if (count != texts.Count && !(count == 0 && name == "token_type"))
                throw new MalformedFileException(file.FilePath, $"{count} entries of '{Prefix}{name}'", $"one for each of {texts.Count} tokens");
        }
        var unknown = Mark("unknown", types.Contains((int)PieceType.Unknown) || !unigram ? 0 : 2);
        var pieces = new ScoredPiece[texts.Count];
        for (var id = 0; id < pieces.Length; id++)
        {
            var type = types.Count > 0 ? (PieceType)(int)types[id] : id == unknown ? PieceType.Unknown : PieceType.Normal;
            if (!Enum.IsDefined(type))
                throw new MalformedFileException(file.FilePath, $"'{Prefix}token_type' of token {id} = {(int)type}", "1 to 6");
            if (double.IsNaN(scores[id]))
                throw new MalformedFileException(file.FilePath, $"'{Prefix}scores' of token {id} is no number", "a score");
            pieces[id] = new ScoredPiece(texts[id], (float)scores[id], type);
        }
        return new SentencePieceTokenizer
        {
            Definition = new SentencePieceDefinition
            {
                Kind = unigram ? SentencePieceKind.Unigram : SentencePieceKind.Bpe,
                Pieces = pieces,
                Bos = Mark("bos", unigram ? -1 : 1),
                Eos = Mark("eos", unigram ? 1 : 2),
                Pad = Mark("padding", -1),
                ByteFallback = !unigram && pieces.Any(p => p.Type == PieceType.Byte),
                CharsMap = m.Numbers(Prefix + "precompiled_charsmap").Select(b => (byte)(int)b).ToArray(),
                DummyPrefix = m.Flag(Prefix + "add_space_prefix", true),
                RemoveExtraSpaces = m.Flag(Prefix + "remove_extra_whitespaces", false),
            },
            File = file.FilePath,
            AddBos = m.Flag(Prefix + "add_bos_token", !unigram),
            AddEos = m.Flag(Prefix + "add_eos_token", unigram),
        }.Build();

        int Mark(string name, int otherwise)
        {
            var key = $"{Prefix}{name}_token_id";
            return m.Has(key) ? (int)m.Integer(key, null, 0, texts.Count - 1) : otherwise < texts.Count ? otherwise : -1;
        }
    }

    /// <summary>Writes a vocabulary. Padding tokens fill the ids that the model has and the tokenizer lacks.</summary>
    public static void Write(GgufWriter writer, SentencePieceTokenizer tokenizer, int vocab)
    {
        var definition = tokenizer.Definition;
        var unigram = definition.Kind == SentencePieceKind.Unigram;
        if (Unfit(definition) is { } reason)
            throw new NotSupportedException($"{tokenizer.File}: a SentencePiece model {reason} cannot be kept in GGUF");
        var pieces = new ScoredPiece[vocab];
        for (var id = 0; id < vocab; id++)
            pieces[id] = new ScoredPiece($"[PAD{id}]", 0, PieceType.Unused);
        for (var id = 0; id < definition.Pieces.Count; id++)
            Set(id, definition.Pieces[id]);
        foreach (var token in tokenizer.Added.Where(a =>
            a.Id >= definition.Pieces.Count || definition.Pieces[a.Id].Type is PieceType.Normal or PieceType.UserDefined or PieceType.Control))
            Set(token.Id,
                new ScoredPiece(token.Content, token.Id < definition.Pieces.Count ? definition.Pieces[token.Id].Score : 0,
                token.Special ? PieceType.Control : PieceType.UserDefined));
        writer.Text(Prefix + "model", unigram ? Unigram : Bpe).Text(Prefix + "pre", "default").Texts(Prefix + "tokens", [.. pieces.Select(p => p.Text)])
            .F32s(Prefix + "scores", [.. pieces.Select(p => p.Score)]).I32s(Prefix + "token_type", [.. pieces.Select(p => (int)p.Type)]);
        foreach (var (name, id) in new[] { ("bos", definition.Bos), ("eos", definition.Eos), ("unknown", definition.Unknown), ("padding", definition.Pad) })
        {
            if (id >= 0)
                writer.U32($"{Prefix}{name}_token_id", (uint)id);
        }
        writer.Flag(Prefix + "add_bos_token", tokenizer.AddBos).Flag(Prefix + "add_eos_token", tokenizer.AddEos)
            .Flag(Prefix + "add_space_prefix", definition.DummyPrefix);
        if (unigram)
            writer.Flag(Prefix + "remove_extra_whitespaces", definition.RemoveExtraSpaces);
        if (!definition.CharsMap.IsEmpty)
            writer.U8s(Prefix + "precompiled_charsmap", definition.CharsMap.ToArray());

        void Set(int id, ScoredPiece piece) => pieces[id] = id < vocab ? piece
            : throw new ArgumentException(
                $"the tokenizer's token '{piece.Text}' has id {id}; the model's vocabulary ends at {vocab - 1}: they do not belong together");
    }

    /// <summary>A property of the model that llama.cpp does not support; null: none.</summary>
    static string? Unfit(SentencePieceDefinition definition) => definition.Kind switch
    {
        _ when definition.SpaceAsSuffix => "with spaces at the ends of words",
        _ when !definition.EscapeSpaces => "that keeps spaces as they are",
        SentencePieceKind.Unigram when definition.ByteFallback => "of kind unigram with byte fallback",
        SentencePieceKind.Unigram => null,
        SentencePieceKind.Bpe when !definition.ByteFallback && definition.Pieces.Any(p => p.Type == PieceType.Byte) =>
            "of kind BPE that has bytes and does not fall back to them",
        SentencePieceKind.Bpe when !definition.CharsMap.IsEmpty => "of kind BPE with rules of normalisation",
        SentencePieceKind.Bpe when definition.RemoveExtraSpaces => "of kind BPE that removes extra spaces",
        SentencePieceKind.Bpe => null,
        _ => $"of kind {definition.Kind}",
    };
}
