using System.Text.Json;
using Nonet.Text.Json;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Writes a SentencePiece model as a tokenizer.json, for programs that cannot read models. Its parts are those that transformers creates.
/// With normalisation rules the ids may differ from the model's for unusual strings, because tokenizers applies rules to complete
/// characters.
/// </summary>
static class SentencePieceJsonWriter
{
    const string Space = "\u2581";

    /// <summary>Returns null if no tokenizer.json has the same effect as the model.</summary>
    public static byte[]? Write(SentencePieceTokenizer tokenizer)
    {
        var definition = tokenizer.Definition;
        if (tokenizer.Mapped is not null || definition.SpaceAsSuffix || !definition.EscapeSpaces
            || definition.Kind is not (SentencePieceKind.Bpe or SentencePieceKind.Unigram))
            return null;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAdded(json, tokenizer);
            WriteNormalizer(json, tokenizer);
            if (definition.Kind == SentencePieceKind.Bpe && !Cuts(tokenizer))
                json.WriteNull("pre_tokenizer");
            else
                WritePart(json, "pre_tokenizer", "Metaspace", () => WriteMetaspace(json, tokenizer));
            WriteMarks(json, tokenizer);
            WriteDecoder(json, tokenizer);
            json.WriteStartObject("model");
            if (definition.Kind == SentencePieceKind.Bpe)
                WriteBpe(json, definition);
            else
                WriteUnigram(json, definition);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    static void WriteAdded(Utf8JsonWriter json, SentencePieceTokenizer tokenizer)
    {
        var pieces = tokenizer.Definition.Pieces;
        json.WriteStartArray("added_tokens");
        var own = tokenizer.Added.ToDictionary(a => a.Id);
        for (var id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Type is PieceType.Control or PieceType.Unknown or PieceType.UserDefined)
                own.TryAdd(id, new AddedToken(id, pieces[id].Text, Special: pieces[id].Type != PieceType.UserDefined));
        }
        foreach (var token in own.Values.OrderBy(t => t.Id))
            TokenizerJsonWriter.Added(token).WriteTo(json);
        json.WriteEndArray();
    }

    /// <summary>
    /// Whether Metaspace adds the space only before the first text. A normalizer cannot do this, because it sees every text after a special
    /// token.
    /// </summary>
    static bool Cuts(SentencePieceTokenizer tokenizer) => tokenizer.PrefixOnlyFirst && tokenizer.Definition.DummyPrefix;

    static void WriteNormalizer(Utf8JsonWriter json, SentencePieceTokenizer tokenizer)
    {
        var definition = tokenizer.Definition;
        json.WriteStartObject("normalizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        if (!definition.CharsMap.IsEmpty)
            WritePart(json, null, "Precompiled", () => json.WriteBase64String("precompiled_charsmap", definition.CharsMap.Span));
        if (definition.RemoveExtraSpaces)
        {
            WritePart(json, null, "Strip", () =>
            {
                json.WriteBoolean("strip_left", true);
                json.WriteBoolean("strip_right", true);
            });
            WritePart(json, null, "Replace", () => WriteReplace(json, "Regex", " {2,}", " "));
        }
        if (definition.Kind == SentencePieceKind.Bpe && !Cuts(tokenizer))
        {
            if (definition.DummyPrefix)
                WritePart(json, null, "Prepend", () => json.WriteString("prepend", Space));
            WritePart(json, null, "Replace", () => WriteReplace(json, "String", " ", Space));
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteReplace(Utf8JsonWriter json, string kind, string pattern, string content)
    {
        json.WriteStartObject("pattern");
        json.WriteString(kind, pattern);
        json.WriteEndObject();
        json.WriteString("content", content);
    }

    static void WriteMetaspace(Utf8JsonWriter json, SentencePieceTokenizer tokenizer)
    {
        json.WriteString("replacement", Space);
        json.WriteString("prepend_scheme", !tokenizer.Definition.DummyPrefix ? "never" : tokenizer.PrefixOnlyFirst ? "first" : "always");
        json.WriteBoolean("split", false);
    }

    static void WriteMarks(Utf8JsonWriter json, SentencePieceTokenizer tokenizer)
    {
        var (bos, eos) = (Mark(tokenizer.AddBos, tokenizer.Definition.Bos), Mark(tokenizer.AddEos, tokenizer.Definition.Eos));
        if (bos is null && eos is null)
        {
            json.WriteNull("post_processor");
            return;
        }
        json.WriteStartObject("post_processor");
        TokenizerJsonWriter.WriteTemplate(json, bos, eos);
        json.WriteEndObject();

        KeyValuePair<string, int>? Mark(bool added, int id) => added && id >= 0 ? KeyValuePair.Create(tokenizer.Definition.Pieces[id].Text, id) : null;
    }

    static void WriteDecoder(Utf8JsonWriter json, SentencePieceTokenizer tokenizer)
    {
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        WritePart(json, null, "Replace", () => WriteReplace(json, "String", Space, " "));
        WritePart(json, null, "ByteFallback", () => { });
        WritePart(json, null, "Fuse", () => { });
        if (tokenizer.Definition.DummyPrefix)
        {
            WritePart(json, null, "Strip", () =>
            {
                json.WriteString("content", " ");
                json.WriteNumber("start", 1);
                json.WriteNumber("stop", 0);
            });
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteBpe(Utf8JsonWriter json, SentencePieceDefinition definition)
    {
        json.WriteString("type", "BPE");
        foreach (var name in new[] { "dropout", "continuing_subword_prefix", "end_of_word_suffix" })
            json.WriteNull(name);
        WriteUnknown(json, "unk_token", definition);
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", definition.ByteFallback);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        for (var id = 0; id < definition.Pieces.Count; id++)
            json.WriteNumber(definition.Pieces[id].Text, id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in SentencePieceBpe.Merges(definition))
        {
            json.WriteStartArray();
            json.WriteStringValue(definition.Pieces[left].Text);
            json.WriteStringValue(definition.Pieces[right].Text);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    static void WriteUnigram(Utf8JsonWriter json, SentencePieceDefinition definition)
    {
        json.WriteString("type", "Unigram");
        if (definition.Unknown >= 0)
            json.WriteNumber("unk_id", definition.Unknown);
        json.WriteBoolean("byte_fallback", definition.ByteFallback);
        json.WriteStartArray("vocab");
        foreach (var piece in definition.Pieces)
        {
            json.WriteStartArray();
            json.WriteStringValue(piece.Text);
            json.WriteNumberValue(piece.Score);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    static void WriteUnknown(Utf8JsonWriter json, string name, SentencePieceDefinition definition)
    {
        if (definition.Unknown >= 0)
            json.WriteString(name, definition.Pieces[definition.Unknown].Text);
        else
            json.WriteNull(name);
    }

    static void WritePart(Utf8JsonWriter json, string? name, string type, Action fields)
    {
        if (name is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(name);
        json.WriteString("type", type);
        fields();
        json.WriteEndObject();
    }
}
