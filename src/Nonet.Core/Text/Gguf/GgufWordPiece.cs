using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Text.Json;

namespace Nonet.Text.Gguf;

/// <summary>
/// BERT's vocabulary in a GGUF file, kind `bert`. U+2581 marks tokens that begin a word, and tokens that continue a word have no mark. Special tokens do not
/// change. llama.cpp, conversion/bert.py. The file does not say whether text is put in lower case; it is if no token has a capital letter.
/// </summary>
static class GgufWordPiece
{
    public const string Kind = "bert";

    const string Prefix = "tokenizer.ggml.", WordBegin = "\u2581", Inside = "##";
    const int Normal = 1, Control = 3, UserDefined = 4, Unused = 5;

    /// <summary>Special tokens: the key of their id, the id if the key is absent, and whether the token is required.</summary>
    static readonly (string Name, string Key, int Otherwise, bool Needed)[] marks =
    [
        ("unk_token", "unknown_token_id", 100, true), ("sep_token", "seperator_token_id", 102, true), ("pad_token", "padding_token_id", 0, false),
        ("cls_token", "cls_token_id", 101, true),
        ("mask_token", "mask_token_id", 103, false),
    ];

    public static Tokenizer Read(GgufFile file)
    {
        var m = file.Metadata;
        var (stored, types) = (m.Texts(Prefix + "tokens"), m.Numbers(Prefix + "token_type"));
        if (types.Count != 0 && types.Count != stored.Count)
            throw new MalformedFileException(file.FilePath, $"{types.Count} entries of '{Prefix}token_type'", $"one for each of {stored.Count} tokens");
        var ids = Array.ConvertAll(marks, Id);
        var (vocabulary, added) = (new Dictionary<string, int>(StringComparer.Ordinal), new List<AddedToken>());
        for (var id = 0; id < stored.Count; id++)
        {
            var type = types.Count > 0 ? types[id] : Normal;
            if (type == Unused)
                continue; // padding of the table
            var special = type == Control || ids.Contains(id);
            var token = special || IsMark(stored[id]) ? stored[id] : stored[id].StartsWith(WordBegin, StringComparison.Ordinal)
                ? stored[id][WordBegin.Length..] : Inside + stored[id];
            if (!vocabulary.TryAdd(token, id))
                throw new MalformedFileException(file.FilePath, $"the token '{token}' twice in '{Prefix}tokens'", "tokens that differ");
            if (special || type == UserDefined)
                added.Add(new AddedToken(id, token, special));
        }
        var names = ids.Select((id, i) => added.Find(a => a.Id == id).Content ?? (marks[i].Needed
            ? throw new MalformedFileException(file.FilePath, $"metadata '{Prefix}{marks[i].Key}' = {id}, which is no token", "the id of a token") : ""))
            .ToArray();
        var definition = WordPieceJson.Bert(
            vocabulary, added, names[0], KeyValuePair.Create(names[3], ids[3]), KeyValuePair.Create(names[1], ids[1]),
            new BertNormalization(IsUncased(vocabulary.Keys.Except(added.Select(a => a.Content)))));
        return new PipelineTokenizer(
            TokenizerJson.Parse(file.FilePath, definition,
            TokenizerConfig.Write(null, "BertTokenizer", [.. marks.Zip(names, (mark, name) => (mark.Name, name)).Where(m => m.name.Length > 0)])));

        int Id((string Name, string Key, int Otherwise, bool Needed) mark)
        {
            var key = mark.Name == "cls_token" && !m.Has(Prefix + mark.Key) ? Prefix + "bos_token_id" : Prefix + mark.Key;
            var otherwise = mark.Needed || (mark.Otherwise < stored.Count && IsMark(stored[mark.Otherwise])) ? mark.Otherwise : -1;
            return (int)m.Integer(key, otherwise, 0, stored.Count - 1);
        }
    }

    /// <summary>Writes BERT's tokenizer. Padding tokens fill the ids that the model has and the tokenizer lacks.</summary>
    /// <param name="writer">The file.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="json">Its tokenizer.json.</param>
    /// <param name="vocab">Number of the model's ids.</param>
    public static void Write(GgufWriter writer, Tokenizer tokenizer, JsonFields json, int vocab)
    {
        var model = json.Object("model")!;
        var (tokens, types) = (new string?[vocab], new int[vocab]);
        Array.Fill(types, Unused);
        var added = json.Objects("added_tokens").ToDictionary(t => t.Text("content")!, t => t.Flag("special", false), StringComparer.Ordinal);
        foreach (var token in model.Object("vocab")!.All)
        {
            var (name, id) = (token.Name, token.Value.GetInt32());
            if (id >= vocab)
                throw new ArgumentException(
                    $"the tokenizer's token '{name}' has id {id}; the model's vocabulary ends at {vocab - 1}: they do not belong together");
            var special = added.TryGetValue(name, out var isSpecial) && isSpecial;
            tokens[id] = special ? name : name.StartsWith(Inside, StringComparison.Ordinal) ? name[Inside.Length..] : WordBegin + name;
            types[id] = special ? Control : added.ContainsKey(name) ? UserDefined : Normal;
        }
        Check(json, model, IsUncased(model.Object("vocab")!.All.Select(t => t.Name).Except(added.Keys)));
        writer.Text(Prefix + "model", Kind).Text(Prefix + "pre", "default").U32(Prefix + "token_type_count", 2)
            .Texts(Prefix + "tokens", [.. tokens.Select((token, id) => token ?? $"[PAD{id}]")]).I32s(Prefix + "token_type", types);
        var (config, empty) = (JsonFields.Parse(Tokenizer.ConfigFileName, tokenizer.Config), tokenizer.Encode(""));
        if (empty.Length != 2)
            throw new NotSupportedException("a WordPiece tokenizer without one special token before a text and one after it cannot be kept in GGUF");
        foreach (var (name, key, _, _) in marks)
        {
            var id = name switch
            {
                "cls_token" => empty[0],
                "sep_token" => empty[1],
                "unk_token" => tokenizer.IdOf(model.Text("unk_token") ?? "[UNK]"),
                _ => tokenizer.IdOf(TokenizerConfig.Token(config, name) ?? $"[{name[..^6].ToUpperInvariant()}]"),
            };
            if (id is { } known)
                writer.U32(Prefix + key, (uint)known);
        }
        writer.U32(Prefix + "bos_token_id", (uint)empty[0]);
    }

    /// <summary>Throws if the tokenizer does something that readers of the file would not do.</summary>
    static void Check(JsonFields json, JsonFields model, bool uncased)
    {
        var normalizer = json.Object("normalizer");
        var (lower, isBert) = (normalizer?.Flag("lowercase", true) ?? false, normalizer?.Text("type") == "BertNormalizer");
        if (!isBert || lower != uncased || normalizer!.Flag("strip_accents", lower) != lower || !normalizer.Flag("clean_text", true)
            || !normalizer.Flag("handle_chinese_chars", true))
            throw new NotSupportedException(
                "this WordPiece tokenizer cannot be kept in GGUF; expected BERT's normalizer, which removes case and accents if no token has a capital "
                + "letter, and otherwise keeps both");
        if (json.Object("pre_tokenizer")?.Text("type") != "BertPreTokenizer" || (model.Text("continuing_subword_prefix") ?? Inside) != Inside)
            throw new NotSupportedException(
                "a WordPiece tokenizer that does not split words as BERT does, or has a prefix other than ## inside them, cannot be kept in GGUF");
    }

    /// <summary>Whether a token is [unused1] or similar. Old converters of llama.cpp left these tokens unchanged; newer ones mark them like words.</summary>
    static bool IsMark(string token) => token.StartsWith('[') && token.EndsWith(']') && token.Length > 2;

    static bool IsUncased(IEnumerable<string> tokens) => !tokens.Any(t => !IsMark(t) && t.Any(c => char.ToLowerInvariant(c) != c));
}
