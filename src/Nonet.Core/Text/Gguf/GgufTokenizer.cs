using System.Text.Json;
using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Text.Json;
using Nonet.Text.SentencePiece;
using Nonet.Text.Splits;

namespace Nonet.Text.Gguf;

/// <summary>Converts the tokenizer of a GGUF file to a tokenizer.json and back.</summary>
static class GgufTokenizer
{
    const string Prefix = "tokenizer.ggml.";
    const int Normal = 1, Control = 3, UserDefined = 4, Unused = 5;

    /// <summary>Names of the patterns that split text into words; null is GPT-2's pattern.</summary>
    static readonly (string Name, string? Pattern)[] patterns =
    [
        ("gpt-2", null), ("gpt2", null), ("default", null), ("phi-2", null), ("olmo", null), ("jais", null),
        ("llama-bpe", Cl100kSplit.Pattern), ("llama3", Cl100kSplit.Pattern), ("llama-v3", Cl100kSplit.Pattern), ("smaug-bpe", Cl100kSplit.Pattern),
        ("dbrx", Cl100kSplit.Pattern),
        ("smollm", DigitsThenGpt2), ("starcoder", DigitsThenGpt2), ("refact", DigitsThenGpt2), ("command-r", DigitsThenGpt2), ("codeshell", DigitsThenGpt2),
        ("roberta-bpe", null),
        ("qwen2", Cl100kSplit.Qwen2Pattern), ("deepseek-r1-qwen", Cl100kSplit.Qwen2Pattern), ("gpt-4o", O200kSplit.Pattern), ("llama4", O200kSplit.Pattern),
    ];

    /// <summary>
    /// Splits off single digits, and applies GPT-2's pattern between them: SmolLM's pre-tokenizers Digits and ByteLevel as one pattern. GPT-2's pattern sees
    /// the spaces before a digit as the end of the text.
    /// </summary>
    const string DigitsThenGpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?=\p{N})|\s+(?!\S)|\s+";

    /// <summary>Patterns with ignore_merges, where a word that is a token is not split: llama.cpp, llama-vocab.cpp.</summary>
    static readonly string[] wholeWords = ["llama-bpe", "llama3", "llama-v3"];

    /// <summary>Value of tokenizer.ggml.model for a file without a tokenizer; llama.cpp requires the field.</summary>
    public const string None = "no_vocab";

    public static bool IsIn(GgufFile file) =>
        file.Metadata.Has(Prefix + "model") && !(file.Metadata.IsText(Prefix + "model") && file.Metadata.Text(Prefix + "model") == None);

    public static Tokenizer Read(GgufFile file)
    {
        var m = file.Metadata;
        var kind = m.Text(Prefix + "model") ?? throw new MalformedFileException(file.FilePath, $"no metadata '{Prefix}model'", "gpt2");
        if (kind is GgufSentencePiece.Bpe or GgufSentencePiece.Unigram)
            return GgufSentencePiece.Read(file, unigram: kind == GgufSentencePiece.Unigram);
        if (kind == GgufWordPiece.Kind)
            return GgufWordPiece.Read(file);
        if (kind != "gpt2")
            throw new MalformedFileException(file.FilePath, $"metadata '{Prefix}model' = '{kind}'",
                $"gpt2 (byte-level BPE), {GgufSentencePiece.Bpe} or {GgufSentencePiece.Unigram} (SentencePiece) or {GgufWordPiece.Kind} (WordPiece)");
        var pre = m.Text(Prefix + "pre") ?? "default";
        var known = Array.FindIndex(patterns, p => p.Name == pre);
        if (known < 0)
            throw new MalformedFileException(file.FilePath, $"metadata '{Prefix}pre' = '{pre}'", $"one of {string.Join(", ", patterns.Select(p => p.Name))}");
        var (tokens, merges) = (m.Texts(Prefix + "tokens"), m.Texts(Prefix + "merges"));
        var types = m.Numbers(Prefix + "token_type");
        if (types.Count != 0 && types.Count != tokens.Count)
            throw new MalformedFileException(file.FilePath, $"{types.Count} entries of '{Prefix}token_type'", $"one for each of {tokens.Count} tokens");
        var vocabulary = new List<KeyValuePair<string, int>>();
        var special = new List<AddedToken>();
        for (var id = 0; id < tokens.Count; id++)
        {
            if (types.Count > 0 && types[id] == Unused)
                continue; // padding of the table
            if (types.Count > 0 && types[id] is Control or UserDefined)
                special.Add(new AddedToken(id, tokens[id], Special: types[id] == Control));
            else
                vocabulary.Add(KeyValuePair.Create(tokens[id], id));
        }
        var end = m.Has(Prefix + "eos_token_id") ? tokens[(int)m.Integer(Prefix + "eos_token_id", null, 0, tokens.Count - 1)] : "";
        var begin = m.Flag(Prefix + "add_bos_token", false) ? (int)m.Integer(Prefix + "bos_token_id", null, 0, tokens.Count - 1) : -1;
        if (begin >= 0 && !special.Exists(s => s.Id == begin))
            special.Add(new AddedToken(begin, tokens[begin], Special: true));
        var (last, normal) = (vocabulary.Select(t => t.Value).DefaultIfEmpty(-1).Max(), vocabulary.Select(t => t.Value).ToHashSet());
        // tokenizers keeps an added token's id only if the token is in the vocabulary or its id follows all others
        vocabulary.AddRange(special.Where(s => s.Id < last && !normal.Contains(s.Id)).Select(s => KeyValuePair.Create(s.Content, s.Id)));
        var pattern = merges.Count == 0 ? "" : patterns[known].Pattern; // without merges, the split makes no difference
        var definition = TokenizerJsonWriter.ByteLevelBpe(vocabulary, merges, special, pattern, wholeWords.Contains(pre),
            begin: begin < 0 ? null : tokens[begin]);
        return ByteTokenizer.Is(definition) ? new ByteTokenizer()
            : new PipelineTokenizer(
            TokenizerJson.Parse(file.FilePath, definition,
            TokenizerJsonWriter.Config(end,
            m.Has(Prefix + "bos_token_id") ? tokens[(int)m.Integer(Prefix + "bos_token_id", null, 0, tokens.Count - 1)] : null)));
    }

    /// <summary>
    /// Writes a byte-level BPE, a SentencePiece model or BERT's WordPiece. Padding tokens fill the ids that the model has and the tokenizer lacks.
    /// </summary>
    public static void Write(GgufWriter writer, Tokenizer tokenizer, int vocab)
    {
        if (((tokenizer as PipelineTokenizer)?.SentencePiece ?? SentencePieceOfJson.Read(tokenizer)) is { } pieces)
        {
            GgufSentencePiece.Write(writer, pieces, vocab);
            return;
        }
        var json = JsonFields.Parse(Tokenizer.FileName, tokenizer.Definition);
        var model = json.Object("model") ?? throw json.Missing("model", "a model");
        if (model.Text("type") == "WordPiece")
        {
            GgufWordPiece.Write(writer, tokenizer, json, vocab);
            return;
        }
        if (model.Text("type") != "BPE" || Pattern(json) is not { } split)
            throw new NotSupportedException("a tokenizer that is neither a byte-level BPE nor like SentencePiece's cannot be kept in GGUF");
        var merges = model.Array("merges")
            .Select(merge => merge.ValueKind == JsonValueKind.Array ? $"{merge[0].GetString()} {merge[1].GetString()}" : merge.GetString()!).ToArray();
        var tokens = new string?[vocab];
        var types = new int[vocab];
        Array.Fill(types, Unused);
        foreach (var token in model.Object("vocab")!.All)
            Set(token.Name, token.Value.GetInt32(), Normal);
        foreach (var token in json.Objects("added_tokens"))
            Set(token.Text("content")!, (int)token.Number("id", 0, 0, int.MaxValue), token.Flag("special", false) ? Control : UserDefined);
        var name = merges.Length == 0 ? patterns[0].Name // only bytes: the split makes no difference
            : Array.Find(patterns, p => (p.Pattern ?? Gpt2Split.Pattern) == split).Name
            ?? throw new NotSupportedException(
                $"a tokenizer that splits words by '{split}' cannot be kept in GGUF; expected the pattern of one of "
                    + $"{string.Join(", ", patterns.Select(p => p.Name))}");
        var empty = tokenizer.Encode("");
        writer.Text(Prefix + "model", "gpt2").Text(Prefix + "pre", name)
            .Texts(Prefix + "tokens", [.. tokens.Select((token, id) => token ?? $"[PAD{id}]")]).I32s(Prefix + "token_type", types)
            .Texts(Prefix + "merges", merges);
        if (empty.Length > 0)
            writer.U32(Prefix + "bos_token_id", (uint)empty[0]);
        writer.Flag(Prefix + "add_bos_token", empty.Length > 0);

        void Set(string token, int id, int type)
        {
            if (id >= vocab)
                throw new ArgumentException(
                    $"the tokenizer's token '{token}' has id {id}; the model's vocabulary ends at {vocab - 1}: they do not belong together");
            (tokens[id], types[id]) = (token, type);
        }
    }

    /// <summary>The regular expression with which a byte-level BPE splits words; empty for no split; null for any other pre-tokenizer.</summary>
    static string? Pattern(JsonFields json)
    {
        JsonFields[] parts = json.Object("pre_tokenizer") is not { } pre ? [] : pre.Text("type") == "Sequence" ? [.. pre.Objects("pretokenizers")] : [pre];
        return parts switch
        {
            [var bytes] when bytes.Text("type") == "ByteLevel" && !bytes.Flag("add_prefix_space", true) =>
                bytes.Flag("use_regex", true) ? Gpt2Split.Pattern : "",
            [var digits, var bytes] when digits.Text("type") == "Digits" && digits.Flag("individual_digits", false) && bytes.Text("type") == "ByteLevel"
                && !bytes.Flag("add_prefix_space", true) && bytes.Flag("use_regex", true) =>
                DigitsThenGpt2,
            [var cut, var bytes] when cut.Text("type") == "Split" && bytes.Text("type") == "ByteLevel" && !bytes.Flag("use_regex", true) =>
                cut.Object("pattern")?.Text("Regex"),
            _ => null,
        };
    }
}
